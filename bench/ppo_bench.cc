// PPO's and IMPALA's network calls without an environment: rows a second when acting and when training.
//   build/bench/rove_bench --benchmark_filter='Ppo|Impala'
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "agents/agent.h"
#include "core/parallel.h"

namespace rove {
namespace {

const EnvSpec& GridSpec() {
  static const EnvSpec spec{
      .obs = {{.name = "image", .dtype = DType::kU8, .shape = {7, 7, 3}, .low = {0}, .high = {10}, .role = Role::kPolicy}},
      .action = {.name = "action", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {6}, .role = Role::kPolicy},
      .max_steps = 0,
      .success_return = {}};
  return spec;
}

// The 19,384-parameter network of the comparison in docs/benchmarks.md, and the 48,088 of configs/base/ppo.yaml.
constexpr const char* kNets[] = {"encoder: {type: minigrid_cnn, channels: [16, 32, 64]}, head: 64",
                                 "encoder: {type: minigrid_cnn, pool: false, channels: [16, 32, 32], hidden: [64]}, head: 64"};

std::unique_ptr<Agent> MakeAgent(int net, int n, int T, int block, const std::string& options, const std::string& type = "ppo") {
  const Config config = Config::Parse("{type: " + type + ", " + std::string(kNets[net]) + ", " + options + "}");
  return Agents().Create(config, AgentDeps{.env = GridSpec(),
                                           .num_envs = n,
                                           .rollout_length = T,
                                           .act_block = block,
                                           .seed = 1,
                                           .total_frames = 1,
                                           .intrinsic_head = {}});
}

void FillRandom(const RolloutView& view) {
  NoiseStream noise = Noise(1, "bench").At(0, 0);
  for (std::uint8_t& code : view.obs[0].As<std::uint8_t>()) code = static_cast<std::uint8_t>(noise.Below(6));
  for (std::int32_t& action : view.action.As<std::int32_t>()) action = static_cast<std::int32_t>(noise.Below(7));
  for (float& log_prob : view.extra[0].As<float>()) log_prob = -1.9f;
  for (float& total : view.total) total = noise.Uniform();
  std::ranges::fill(view.discount, 1.0f);
  std::ranges::fill(view.step_type, StepType::kMid);
}

// Arguments: network, rows of one call.
void BM_PpoAct(benchmark::State& state) {
  SetThreads(1);
  const int m = static_cast<int>(state.range(1));
  const auto agent = MakeAgent(static_cast<int>(state.range(0)), m, 1, m, "minibatches: 1");
  RolloutSlot slot({.T = 1, .n = m}, GridSpec().obs, GridSpec().action, agent->extra_spec(), {});
  FillRandom(slot.view());
  const auto policy = agent->MakePolicy(ActMode::kExplore);
  policy->Sync(*agent->Snapshot(0));
  const ConstTensorView obs[] = {slot.obs_at(0)[0]};
  const std::vector<StepType> step_type(static_cast<std::size_t>(m), StepType::kMid);
  const Noise noise(1, "act");
  ActInput in{.obs = obs, .step_type = step_type, .state = {}, .env_id = slot.view().env_id, .step = 0, .noise = &noise};
  for (auto _ : state) {
    policy->Act(in, {slot.action_at(0), slot.extra_at(0), {}});
    ++in.step;
  }
  state.SetItemsProcessed(state.iterations() * m);
}
BENCHMARK(BM_PpoAct)->ArgsProduct({{0, 1}, {8, 16, 64, 256, 512}});

// Arguments: network, rows of a minibatch, tile, threads. One epoch of 8 minibatches, 2 shards.
void BM_PpoLearn(benchmark::State& state) {
  SetThreads(static_cast<int>(state.range(3)));
  const int n = static_cast<int>(state.range(1)) / 16;
  const auto agent = MakeAgent(static_cast<int>(state.range(0)), n, 128, n,
                               "epochs: 1, minibatches: 8, tile: " + std::to_string(state.range(2)));
  RolloutSlot slot({.T = 128, .n = n}, GridSpec().obs, GridSpec().action, agent->extra_spec(), {});
  FillRandom(slot.view());
  for (auto _ : state) agent->Learn(AsBatch(slot.view()), 0);
  state.SetItemsProcessed(state.iterations() * 128 * n);
}
BENCHMARK(BM_PpoLearn)->ArgsProduct({{0}, {64, 256, 2048}, {0, 32, 128, 256}, {1, 2}})->UseRealTime();
BENCHMARK(BM_PpoLearn)->ArgsProduct({{1}, {256, 2048}, {0}, {1, 2}})->UseRealTime();

// Arguments: LSTM units (0: none), environments, tile. One pass over 100 steps, 2 shards, one thread.
void BM_ImpalaLearn(benchmark::State& state) {
  SetThreads(1);
  const int units = static_cast<int>(state.range(0)), n = static_cast<int>(state.range(1));
  const std::string memory = units > 0 ? ", memory: {type: lstm, units: " + std::to_string(units) + "}" : "";
  const auto agent = MakeAgent(0, n, 100, n, "tile: " + std::to_string(state.range(2)) + memory, "impala");
  RolloutSlot slot({.T = 100, .n = n}, GridSpec().obs, GridSpec().action, agent->extra_spec(), agent->state_spec());
  FillRandom(slot.view());
  for (auto _ : state) agent->Learn(AsBatch(slot.view()), 0);
  state.SetItemsProcessed(state.iterations() * 100 * n);
}
BENCHMARK(BM_ImpalaLearn)->ArgsProduct({{0}, {64}, {101, 202, 404, 808}})->UseRealTime();
BENCHMARK(BM_ImpalaLearn)->ArgsProduct({{64}, {64}, {404, 808, 1616, 3232}})->UseRealTime();

}  // namespace
}  // namespace rove
