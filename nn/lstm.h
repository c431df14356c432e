// LSTM over sequences (Hochreiter & Schmidhuber 1997, with forget gates; the gates of PyTorch's nn.LSTM with one bias):
//
//   i, f, o = sigmoid(.), g = tanh(.) of x W + h_prev U + b      c = f c_prev + i g      h = o tanh(c)
//
// h_prev and c_prev are 0 in a row that starts an episode, also in the middle of a sequence. A layer over all rows of all
// sequences is one node of the autograd graph: two large matrix products and one small one a step. tests/nn/lstm_test.cc compares
// it with LibTorch's own and with finite differences.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nn/flat_params.h"

namespace rove::nn {

// What a recurrent call needs beside its rows.
struct Memory {
  at::Tensor state;                  // [batch, state_size] f32 before the first row of each sequence
  at::Tensor first;                  // [steps * batch] u8, 1 where an episode starts; undefined: nowhere
  at::Tensor* next_state = nullptr;  // if not null, gets the state after the last row, [batch, state_size], without gradient
};

class Lstm {
 public:
  // Layers feed each other. Adds its parameters: for each layer W [inputs, 4 units] and U [units, 4 units], columns i, f, o, g,
  // uniform in +-1/sqrt(units) as in PyTorch, and b [4 units], 0.
  Lstm(const std::string& name, std::int64_t inputs, std::int64_t units, int layers, ParamLayout* layout);

  std::int64_t outputs() const { return units_; }
  std::int64_t state_size() const { return 2 * units_ * static_cast<std::int64_t>(layers_.size()); }  // h, c of each layer

  // x: [steps * batch, inputs], row t * batch + j is step t of sequence j. Returns h of the last layer, [steps * batch, units].
  // No gradient flows into the state.
  at::Tensor Forward(const Params& params, at::Tensor x, const Memory& memory) const;

 private:
  struct Layer {
    int input, recurrent, bias;
  };
  std::int64_t units_;
  std::vector<Layer> layers_;
};

}  // namespace rove::nn
