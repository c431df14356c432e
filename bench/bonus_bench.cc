// Trained bonuses as SAC uses them: one sampled batch of 256 transitions, 17 observations and 6 actions (cheetah's). The counter
// us_a_row is the figure of docs/rewards.md.
//   build/bench/rove_bench --benchmark_filter=Bonus
#include <benchmark/benchmark.h>

#include <string>

#include "core/parallel.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

constexpr int kRows = 256;
constexpr const char* kBonuses[] = {"rnd", "made.rnd_vae"};

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
  state.counters["us_a_row"] = benchmark::Counter(static_cast<double>(state.iterations()) * kRows / 1e6,
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Bonus)->ArgsProduct({{0, 1}, {kFresh, kReplayed, kTrain}, {1, 2}})->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace rove
