// Bonuses as two kinds of run use them. The counter us_a_row is the figure of the docs.
//   SAC        one sampled batch of 256 transitions, 17 observations and 6 actions (cheetah's)      docs/rewards_rnd_made.md
//   MiniGrid   one slot of 16 environments x 128 steps, view 7x7x3 and direction, 7 actions, an episode each 100 steps: scored,
//              then trained on; 200,000 states in all                         docs/rewards_embedding.md, docs/rewards.md (counts)
//   build/bench/rove_bench --benchmark_filter=Bonus
#include <benchmark/benchmark.h>

#include <string>

#include "core/parallel.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

constexpr int kRows = 256;
constexpr const char* kBonuses[] = {"rnd", "made.rnd_vae", "icm", "disagreement"};

void CountRows(benchmark::State& state, std::size_t rows) {
  state.counters["us_a_row"] = benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(rows) / 1e6,
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

const EnvSpec& CheetahSpec() {
  static const EnvSpec spec{
      .obs = {{.name = "observation", .dtype = DType::kF32, .shape = {17}, .low = {}, .high = {}, .role = Role::kPolicy}},
      .action = {.name = "action", .dtype = DType::kF32, .shape = {6}, .low = {-1}, .high = {1}, .role = Role::kPolicy},
      .max_steps = 0,
      .success_return = {}};
  return spec;
}

enum Part { kFresh, kReplayed, kTrain };

// Arguments: bonus, part, threads.
void BM_Bonus(benchmark::State& state) {
  SetThreads(static_cast<int>(state.range(2)));
  const std::string name = kBonuses[state.range(0)];
  const auto module = Rewards().Create(Config::Parse("{type: " + name + "}"), {.env = CheetahSpec(), .seed = 1});
  RolloutSlot slot({.T = 1, .n = kRows}, CheetahSpec().obs, CheetahSpec().action, {}, {});
  const RolloutView view = slot.view();
  NoiseStream stream = Noise(1, "bench").At(0, 0);
  for (float& x : view.obs[0].As<float>()) x = stream.Normal();
  for (float& x : view.action.As<float>()) x = 2 * stream.Uniform() - 1;
  std::ranges::fill(view.step_type, StepType::kMid);
  std::vector<float> out(kRows);
  const Noise noise(1, "reward");
  module->ScoreFresh(view, noise, out);
  const BatchView batch = AsBatch(view);
  for (auto _ : state) {
    switch (static_cast<Part>(state.range(1))) {
      case kFresh: module->ScoreFresh(view, noise, out); break;
      case kReplayed:
        module->Observe(batch, noise);
        module->ScoreReplayed(batch, noise, out);
        break;
      case kTrain: module->Train(batch, noise); break;
    }
  }
  constexpr const char* kParts[] = {"ScoreFresh", "Observe+ScoreReplayed", "Train"};
  state.SetLabel(name + " " + kParts[state.range(1)]);
  CountRows(state, kRows);
}
BENCHMARK(BM_Bonus)
    ->ArgsProduct({{0, 1, 2, 3}, {kFresh, kReplayed, kTrain}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

constexpr int kSteps = 128, kEnvs = 16, kEpisode = 100;

const EnvSpec& MiniGridSpec() {
  static const EnvSpec spec{
      .obs = {{.name = "image", .dtype = DType::kU8, .shape = {7, 7, 3}, .low = {0}, .high = {10}, .role = Role::kPolicy},
              {.name = "direction", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {3}, .role = Role::kPolicy},
              {.name = "position", .dtype = DType::kI32, .shape = {2}, .low = {0}, .high = {100}, .role = Role::kPrivileged},
              {.name = "state_key", .dtype = DType::kI64, .shape = {}, .low = {}, .high = {}, .role = Role::kPrivileged}},
      .action = {.name = "action", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {6}, .role = Role::kPolicy},
      .max_steps = 0,
      .success_return = {}};
  return spec;
}

constexpr const char* kOnPolicy[] = {
    "{type: count}",
    "{type: count, key: view_position_direction}",
    "{type: made.count, key: view_position_direction}",
    "{type: made.count, key: view_position_direction, mask: episodic_first_visit}",
    "{type: rnd}",
    "{type: rnd, error: norm, loss: norm, encoder: {type: minigrid_cnn, pool: false, channels: [16, 32, 32]}}",
    "{type: made.rnd_vae}",
    "{type: made.rnd_vae, normalizer: none, vae: {likelihood: categorical}}",
    "{type: noveld}",
    "{type: noveld, encoder: {type: minigrid_cnn, pool: false, channels: [16, 32, 32]}}",
    "{type: icm}",
    "{type: icm, encoder: {type: minigrid_cnn, pool: false, channels: [16, 32, 32]}}",
    "{type: ride}",
    "{type: e3b}",
    "{type: e3b, features: 32}",
    "{type: ngu}",
    "{type: re3}",
    "{type: disagreement}",
};

// Arguments: bonus, train too, threads.
void BM_BonusMiniGrid(benchmark::State& state) {
  SetThreads(static_cast<int>(state.range(2)));
  const std::string yaml = kOnPolicy[state.range(0)];
  const auto module =
      Rewards().Create(Config::Parse(yaml), {.env = MiniGridSpec(), .num_envs = kEnvs, .slot_rows = kSteps * kEnvs, .seed = 1});
  RolloutSlot slot({.T = kSteps, .n = kEnvs}, MiniGridSpec().obs, MiniGridSpec().action, {}, {});
  const RolloutView view = slot.view();
  NoiseStream stream = Noise(1, "bench").At(0, 0);
  for (std::uint8_t& code : view.obs[0].As<std::uint8_t>()) code = static_cast<std::uint8_t>(stream.Below(4));
  for (std::int32_t& direction : view.obs[1].As<std::int32_t>()) direction = static_cast<std::int32_t>(stream.Below(4));
  for (std::int64_t& key : view.obs[3].As<std::int64_t>()) key = stream.Below(60);
  for (std::int32_t& action : view.action.As<std::int32_t>()) action = static_cast<std::int32_t>(stream.Below(7));
  const std::span<std::int32_t> position = view.obs[2].As<std::int32_t>();
  std::vector<float> out(view.rows());
  const Noise noise(1, "reward");
  for (auto _ : state) {
    const auto rollout = static_cast<std::int32_t>(slot.first_step / kSteps);
    for (std::size_t row = 0; row < view.step_type.size(); ++row) {
      position[2 * row] = rollout % 100;
      const auto age = (static_cast<int>(row) / kEnvs + static_cast<int>(slot.first_step)) % kEpisode;
      view.step_type[row] = age == 0 ? StepType::kFirst : age == kEpisode - 1 ? StepType::kLast : StepType::kMid;
    }
    module->ScoreFresh(slot.view(), noise, out);
    if (state.range(1) == 1 && module->traits().trains) module->Train(AsBatch(view), noise);
    slot.first_step += kSteps;
  }
  state.SetLabel(yaml + (state.range(1) == 1 ? " score + train" : " score"));
  CountRows(state, view.rows());
}
BENCHMARK(BM_BonusMiniGrid)
    ->ArgsProduct({benchmark::CreateDenseRange(0, std::size(kOnPolicy) - 1, 1), {0, 1}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace rove
