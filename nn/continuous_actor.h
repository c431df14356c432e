// A policy of bounded continuous actions: a network from observations to a squashed Gaussian, and the box its actions are scaled
// to.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/spec.h"
#include "nn/dense_net.h"
#include "nn/inputs.h"
#include "nn/squashed_gaussian.h"

namespace rove::nn {

// A bounded box of actions as (-1, 1)^A and back: action = middle + half * unit.
class ActionBox {
 public:
  // Refuses, at config, an action that is not continuous (f32 or f64) or not bounded on both sides.
  ActionBox(const Config& config, const TensorSpec& action);
  std::int64_t size() const { return static_cast<std::int64_t>(half_.size()); }
  // Row `row` of actions, [any, A], from unit, and to unit. Rounding may leave a bound; ToAction stays inside.
  void ToAction(std::span<const float> unit, TensorView actions, std::int64_t row) const;
  void ToUnit(ConstTensorView actions, std::int64_t row, std::span<float> unit) const;

 private:
  std::vector<double> low_, high_, middle_, half_;
};

// Architecture only, immutable, for any number of threads.
struct ContinuousActor {
  Inputs inputs;
  ActionBox box;
  SquashedGaussian gaussian;
  ParamLayout layout;
  DenseNet net;  // [B, inputs] to [B, 2 A]

  // Reads the keys inputs, log_std_min, log_std_max; hidden: widths.
  ContinuousActor(const Config& config, const EnvSpec& env, const std::vector<std::int64_t>& hidden);
};

}  // namespace rove::nn
