// Encoder, then an actor head and a critic head, each one hidden layer (or none) and a linear output: the network of policy
// gradient agents with discrete actions. Architecture only, immutable, for any number of threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "core/config.h"
#include "core/spec.h"
#include "nn/encoder.h"
#include "nn/flat_params.h"
#include "nn/mlp.h"

namespace rove::nn {

class ActorCritic {
 public:
  // Reads the keys `encoder`, `head` (hidden units of each head, 0: none) and `head_activation` of an agent's config. values:
  // number of value outputs. Output weights start orthogonal with gain 0.01 (logits) and 1 (values).
  ActorCritic(const Config& agent, const EnvSpec& env, std::int64_t actions, std::int64_t values);

  struct Output {
    at::Tensor logits, values;  // [B, actions], [B, values]
  };
  Output Forward(const Params& params, const at::Tensor& x) const;  // x: as filled by encoder()

  const Encoder& encoder() const { return *encoder_; }
  const ParamLayout& layout() const { return layout_; }
  std::int64_t actions() const { return actions_; }
  std::int64_t values() const { return values_; }

 private:
  struct Head {
    std::unique_ptr<Mlp> hidden;
    int weight = 0, bias = 0;
    at::Tensor Forward(const Params& params, const at::Tensor& features) const;
  };
  Head MakeHead(const std::string& name, std::int64_t width, Activation activation, std::int64_t outputs, float gain);

  ParamLayout layout_;
  std::unique_ptr<Encoder> encoder_;
  std::int64_t actions_, values_;
  Head actor_, critic_;
};

}  // namespace rove::nn
