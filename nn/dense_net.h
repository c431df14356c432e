// A stack of linear layers, ReLU between them and a linear output, with its backward pass called by hand: for agents whose losses
// have closed-form gradients, need those of some networks and not of others, and repeat one batch size thousands of times a
// minute. Nothing is allocated and no graph is recorded; tests/nn/dense_net_test.cc compares it with autograd.
//
// Architecture only, immutable, for any number of threads; a Tape belongs to one caller.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nn/flat_params.h"

namespace rove::nn {

class DenseNet {
 public:
  // Adds its parameters to `layout`: weights orthogonal with gain sqrt(2), those of the output with `output_gain`. hidden:
  // widths.
  DenseNet(const std::string& name, std::int64_t inputs, const std::vector<std::int64_t>& hidden, std::int64_t outputs,
           float output_gain, ParamLayout* layout);

  // What Forward leaves for Backward, for one number of rows B.
  class Tape {
   public:
    Tape(const DenseNet& net, std::int64_t rows);

   private:
    friend class DenseNet;
    std::vector<at::Tensor> y, dy;  // of layer l: output and its gradient, [B, width of l]
    at::Tensor ones;                // [B]
  };

  // x: [B, inputs], rows may be any distance apart. Returns [B, outputs], which lives in the tape until its next Forward.
  const at::Tensor& Forward(const Params& params, const at::Tensor& x, Tape* tape) const;

  const at::Tensor& Output(const Tape& tape) const { return tape.y.back(); }  // what Forward returned last

  // After Forward with the same params, x and tape; once. dout: [B, outputs], the loss gradient of the output. Adds the loss
  // gradients of the parameters to their .grad.
  void Backward(const Params& params, const at::Tensor& x, Tape* tape, const at::Tensor& dout) const;

  // The same for the inputs alone: writes the loss gradient of x's columns [first, first + dx.size(1)) to dx, [B, columns].
  void BackwardToInput(const Params& params, Tape* tape, const at::Tensor& dout, std::int64_t first, at::Tensor* dx) const;

  std::int64_t inputs() const { return widths_.front(); }
  std::int64_t outputs() const { return widths_.back(); }

 private:
  // dy of layer l from that of layer l + 1 (l the last: dout), through l's ReLU.
  const at::Tensor& LayerGradient(const Params& params, std::size_t l, Tape* tape, const at::Tensor& dout) const;

  std::vector<std::int64_t> widths_;  // inputs, hidden, outputs
  std::vector<int> weight_, bias_;    // of layer l, in the layout
};

}  // namespace rove::nn
