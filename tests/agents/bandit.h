// A contextual bandit for tests of agents: one of four contexts is seen, the action of the same number pays 1, the other two pay
// 0. Every episode is one step long, so that every second row is dead. Env i starts one row later than env i - 1.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "agents/agent.h"
#include "core/archive.h"

namespace rove::testing {

inline constexpr int kContexts = 4;

inline const EnvSpec& BanditSpec() {
  static const EnvSpec spec{
      .obs = {{.name = "context", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {kContexts - 1}, .role = Role::kPolicy},
              {.name = "noise", .dtype = DType::kF32, .shape = {3}, .low = {}, .high = {}, .role = Role::kPolicy}},
      .action = {.name = "action", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {kContexts - 1}, .role = Role::kPolicy},
      .max_steps = 0,
      .success_return = {}};
  return spec;
}

struct BanditOptions {
  int T = 16, n = 10, act_block = 4;
  std::optional<ReturnStream> intrinsic_head = {};
  std::int64_t total_frames = 1000;
};

inline std::unique_ptr<Agent> MakeBanditAgent(const std::string& yaml, const BanditOptions& options = {}, Seed seed = 1) {
  return Agents().Create(Config::Parse(yaml, "x.yaml"), AgentDeps{.env = BanditSpec(),
                                                                  .num_envs = options.n,
                                                                  .rollout_length = options.T,
                                                                  .act_block = options.act_block,
                                                                  .seed = seed,
                                                                  .total_frames = options.total_frames,
                                                                  .intrinsic_head = options.intrinsic_head});
}

// Collects rollout number k: acts with the agent's present parameters, block by block. reward_sign multiplies what is learned.
inline RolloutSlot Collect(const Agent& agent, int k, const BanditOptions& options = {}, float reward_sign = 1) {
  RolloutSlot slot({.T = options.T, .n = options.n}, BanditSpec().obs, BanditSpec().action, agent.extra_spec(), {});
  const RolloutView view = slot.view();
  const auto policy = agent.MakePolicy(ActMode::kExplore);
  policy->Sync(*agent.Snapshot(0));
  const Noise world(5, "bandit"), act(5, "act");
  Tensor last(DType::kI32, {options.n});
  const auto context = view.obs[0].As<std::int32_t>();
  const auto features = view.obs[1].As<float>();
  for (int t = 0; t <= options.T; ++t) {
    const std::int64_t step = static_cast<std::int64_t>(k) * options.T + t;
    for (int i = 0; i < options.n; ++i) {
      NoiseStream noise = world.At(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(step));
      context[view.index(t, i)] = static_cast<std::int32_t>(noise.Below(kContexts));
      for (std::size_t f = 0; f < 3; ++f) features[3 * view.index(t, i) + f] = noise.Uniform();
      view.step_type[view.index(t, i)] = (t + i) % 2 == 0 ? StepType::kFirst : StepType::kLast;
    }
    const TensorView action = t < options.T ? slot.action_at(t) : last.view();
    for (int begin = 0; begin < options.n; begin += options.act_block) {
      const int m = std::min(options.act_block, options.n - begin);
      const std::vector<ConstTensorView> obs{slot.obs_at(t)[0].Rows(begin, m), slot.obs_at(t)[1].Rows(begin, m)};
      std::vector<TensorView> extra;
      for (const TensorView& column : slot.extra_at(t)) extra.push_back(column.Rows(begin, m));
      const auto b = static_cast<std::size_t>(begin), rows = static_cast<std::size_t>(m);
      policy->Act({obs, view.step_type.subspan(view.index(t, begin), rows), {}, view.env_id.subspan(b, rows), step, &act},
                  {action.Rows(begin, m), extra, {}});
    }
    for (int i = 0; t < options.T && i < options.n; ++i) {
      const std::size_t row = view.index(t, i);
      const bool dead = view.step_type[row] == StepType::kLast;
      view.discount[row] = dead ? 1 : 0;
      view.end[row] = dead ? 0 : kTerminated;
      view.reward[row] = !dead && view.action.As<std::int32_t>()[row] == context[row] ? 1 : 0;
      view.total[row] = reward_sign * view.reward[row];
    }
  }
  return slot;
}

// Mean reward of the live rows.
inline double MeanReward(RolloutSlot& slot) {
  const RolloutView view = slot.view();
  double sum = 0, live = 0;
  for (std::size_t row = 0; row < view.rows(); ++row) {
    sum += static_cast<double>(view.reward[row]);
    live += view.step_type[row] != StepType::kLast;
  }
  return sum / live;
}

// Collects and learns `rollouts` rollouts. Returns the mean reward of the last.
inline double Train(Agent& agent, int rollouts, float reward_sign) {
  double mean = 0;
  for (int k = 0; k < rollouts; ++k) {
    RolloutSlot slot = Collect(agent, k, {}, reward_sign);
    mean = MeanReward(slot);
    agent.Learn(AsBatch(slot.view()), 0);
  }
  return mean;
}

// Whether one Learn when the run has `env_steps` of its 1000 frames changes what the agent thinks.
inline bool Moves(const std::string& yaml, std::int64_t env_steps) {
  const auto agent = MakeBanditAgent(yaml);
  RolloutSlot before = Collect(*agent, 0);
  agent->Learn(AsBatch(before.view()), env_steps);
  RolloutSlot after = Collect(*agent, 0);
  return !std::ranges::equal(before.view().extra[1].As<float>(), after.view().extra[1].As<float>());
}

inline std::string Saved(Agent& agent) {
  Archive ar;
  agent.Serialize(ar);
  return ar.bytes();
}

}  // namespace rove::testing
