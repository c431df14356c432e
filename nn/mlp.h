// A stack of Linear layers with one activation: an encoder's own, or its tail.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nn/flat_params.h"
#include "nn/ops.h"

namespace rove::nn {

class Mlp {
 public:
  // Adds its parameters to `layout`, weights orthogonal with gain sqrt(2). hidden: widths, may be empty (then the identity).
  Mlp(const std::string& name, std::int64_t inputs, const std::vector<std::int64_t>& hidden, Activation activation,
      ParamLayout* layout);
  at::Tensor Forward(const Params& params, at::Tensor x) const;  // [B, inputs] to [B, outputs()]
  std::int64_t outputs() const { return outputs_; }

 private:
  struct Layer {
    int weight, bias;
  };
  std::vector<Layer> layers_;
  std::int64_t outputs_;
  Activation activation_;
};

}  // namespace rove::nn
