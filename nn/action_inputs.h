// Actions as rows of floats: discrete ones one-hot, bounded ones scaled to [-1, 1], others as they are.
#pragma once

#include <cstdint>
#include <span>

#include "core/config.h"
#include "core/tensor.h"
#include "nn/inputs.h"

namespace rove::nn {

class ActionInputs {
 public:
  ActionInputs(const Config& config, const TensorSpec& spec);

  std::int64_t size() const { return inputs_.size(); }
  std::int64_t choices() const { return spec_.num_choices(); }  // of a discrete scalar action, else 0

  // Row rows[k] of action, [any, ...], to out + k * stride, size() floats.
  void Fill(ConstTensorView action, std::span<const std::int32_t> rows, float* out, std::int64_t stride) const;

 private:
  TensorSpec spec_;
  Inputs inputs_;
};

}  // namespace rove::nn
