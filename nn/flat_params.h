// Parameters of a network as one flat float buffer.
//
// A network is architecture only: it adds its parameters to a ParamLayout when it is built and, in Forward, is handed a Params:
// tensors that view somebody's flat buffer. So one network serves the learner's shards (which share values but have their own
// gradient buffers), actors and snapshots; optimisers, reducers and checkpoints see plain spans of floats.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/rng.h"

namespace rove::nn {

// Names, shapes and places of all parameters of a network, in the order they were added.
class ParamLayout {
 public:
  // A weight [rows, cols] for x @ W, x: [B, rows]; starts as an orthogonal matrix times gain (Saxe et al. 2014; columns are
  // orthonormal if rows >= cols, else rows are). Returns its index.
  int AddWeight(const std::string& name, std::int64_t rows, std::int64_t cols, float gain);
  // The same, starting uniform in [-bound, bound).
  int AddUniform(const std::string& name, std::int64_t rows, std::int64_t cols, float bound);
  // A vector [size] that starts at zero.
  int AddBias(const std::string& name, std::int64_t size);

  std::int64_t size() const { return size_; }  // floats in the flat buffer = number of parameters

  // Start values, [size()]: a function of (seed, order of adding, shapes) alone.
  std::vector<float> Initial(Seed seed) const;

 private:
  friend class Params;
  struct Entry {
    std::string name;
    std::int64_t offset, rows, cols;  // rows 0: a vector [cols]
    float gain;
    bool uniform = false;  // of bound `gain`; else orthogonal
  };
  int Add(Entry entry, std::int64_t count);
  std::vector<Entry> entries_;
  std::int64_t size_ = 0;
};

// One view of all parameters as tensors. Borrows the buffers, each [layout.size()], which must outlive it.
class Params {
 public:
  // For inference: values only.
  Params(const ParamLayout& layout, std::span<float> values);
  // For training: leaf tensors whose .grad views `grads`; backward adds to it.
  Params(const ParamLayout& layout, std::span<float> values, std::span<float> grads);

  const at::Tensor& operator[](int index) const { return tensors_[static_cast<std::size_t>(index)]; }

 private:
  std::vector<at::Tensor> tensors_;
};

}  // namespace rove::nn
