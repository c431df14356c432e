// Rollouts of a continuous world for tests of bonuses from states: three numbers, the last one a thousand times the others, and
// two bounded actions.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/archive.h"
#include "rewards/reward_module.h"

namespace rove::testing {

inline constexpr int kPointSize = 3;

inline const EnvSpec& PointSpec() {
  static const EnvSpec spec{
      .obs = {{.name = "state", .dtype = DType::kF32, .shape = {kPointSize}, .low = {}, .high = {}, .role = Role::kPolicy},
              {.name = "state_key", .dtype = DType::kI64, .shape = {}, .low = {}, .high = {}, .role = Role::kPrivileged}},
      .action = {.name = "action", .dtype = DType::kF32, .shape = {2}, .low = {-1, 0}, .high = {1, 10}, .role = Role::kPolicy},
      .max_steps = 0,
      .success_return = {}};
  return spec;
}

// Normal states, uniform actions; with dead_every k, every k-th row of a column is dead.
inline RolloutSlot PointRollout(Seed seed, int T, int n, int dead_every = 7) {
  RolloutSlot slot({.T = T, .n = n}, PointSpec().obs, PointSpec().action, {}, {});
  const RolloutView view = slot.view();
  NoiseStream stream = Noise(seed, "rollout").At(0, 0);
  const auto states = view.obs[0].As<float>(), actions = view.action.As<float>();
  for (std::size_t k = 0; k < states.size(); ++k) states[k] = stream.Normal() * (k % kPointSize == 2 ? 1000.0f : 1.0f);
  for (std::size_t k = 0; k < actions.size(); ++k) actions[k] = k % 2 == 0 ? 2 * stream.Uniform() - 1 : 10 * stream.Uniform();
  for (std::int64_t& key : view.obs[1].As<std::int64_t>()) key = stream.Below(5);
  for (int t = 0; t <= T; ++t) {
    for (int i = 0; i < n; ++i) {
      const int phase = (t + i) % dead_every;
      view.step_type[view.index(t, i)] = phase == 0                ? StepType::kFirst
                                         : phase == dead_every - 1 ? StepType::kLast
                                                                   : StepType::kMid;
    }
  }
  return slot;
}

// obs[t] of column i, whitened by the two-pass mean and variance of the next states of all live rows of steps below `seen`.
inline std::vector<float> WhitenedPoint(const RolloutView& view, int t, int i, int seen) {
  std::vector<float> out;
  for (std::size_t e = 0; e < kPointSize; ++e) {
    const auto value = [&](std::size_t row) { return static_cast<double>(view.obs[0].As<float>()[row * kPointSize + e]); };
    double count = 0, mean = 0, variance = 0;
    for (int pass = 0; pass < 2; ++pass) {
      for (int s = 0; s < seen; ++s) {
        for (int j = 0; j < view.n; ++j) {
          if (view.dead(s, j)) continue;
          const double x = value(view.index(s + 1, j));
          (pass == 0 ? mean : variance) += pass == 0 ? x : std::pow(x - mean, 2);
          count += pass == 0;
        }
      }
      (pass == 0 ? mean : variance) /= std::max(1.0, count);
    }
    const double x = value(view.index(t, i));
    out.push_back(static_cast<float>(std::clamp(count == 0 ? x : (x - mean) / std::sqrt(variance + 1e-8), -5.0, 5.0)));
  }
  return out;
}

inline std::vector<float> WhitenedPoint(const RolloutView& view, int t, int i) { return WhitenedPoint(view, t, i, t); }

inline std::unique_ptr<RewardModule> MakePointReward(const std::string& yaml, int num_envs = 4, Seed seed = 1) {
  return Rewards().Create(Config::Parse(yaml), {.env = PointSpec(), .num_envs = num_envs, .slot_rows = 1, .seed = seed});
}

inline std::vector<float> Fresh(RewardModule& module, RolloutSlot& slot, std::uint64_t update = 0) {
  std::vector<float> out(slot.view().rows(), -1.0f);
  module.ScoreFresh(slot.view(), Noise(1, "test").Sub(update), out);
  return out;
}

inline std::vector<float> Replayed(const RewardModule& module, RolloutSlot& slot, std::uint64_t update = 0) {
  std::vector<float> out(slot.view().rows(), -1.0f);
  module.ScoreReplayed(AsBatch(slot.view()), Noise(1, "test").Sub(update), out);
  return out;
}

// What the engine does with a sampled batch.
inline std::vector<float> Relabel(RewardModule& module, RolloutSlot& slot, std::uint64_t update) {
  module.Observe(AsBatch(slot.view()), Noise(1, "test").Sub(update));
  const std::vector<float> out = Replayed(module, slot, update);
  module.Train(AsBatch(slot.view()), Noise(1, "train").Sub(update));
  return out;
}

inline std::string Saved(RewardModule& module) {
  Archive ar;
  module.Serialize(ar);
  return ar.bytes();
}

inline void Restore(const std::string& bytes, RewardModule& module) {
  Archive ar(bytes, "test");
  module.Serialize(ar);
  ar.ExpectEnd();
}

}  // namespace rove::testing
