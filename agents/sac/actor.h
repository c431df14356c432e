// The acting half of SAC: the actor network from observations to a squashed Gaussian, the action space it is scaled to, the
// policy of a worker.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "agents/agent.h"
#include "agents/sac/squashed_gaussian.h"
#include "nn/dense_net.h"
#include "nn/inputs.h"

namespace rove {

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

// What acting and learning share; immutable.
struct SacActor {
  nn::Inputs inputs;
  ActionBox box;
  SquashedGaussian gaussian;
  nn::ParamLayout layout;
  nn::DenseNet net;  // [B, inputs] to [B, 2 A]

  // Reads the keys inputs, log_std_min, log_std_max; hidden: widths.
  SacActor(const Config& config, const EnvSpec& env, const std::vector<std::int64_t>& hidden);
};

struct SacSnapshot final : ParamSnapshot {
  SacSnapshot(std::int64_t version, std::span<const float> from) : ParamSnapshot(version), values(from.begin(), from.end()) {}
  std::vector<float> values;  // of the actor
};

// block: rows of one network call.
std::unique_ptr<Policy> MakeSacPolicy(std::shared_ptr<const SacActor> actor, ActMode mode, int block);

}  // namespace rove
