// MiniGrid, one core: a step (action, every column written, resets included), a reset alone, and pixels.
//   build/bench/rove_bench --benchmark_filter=MiniGrid
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/rng.h"
#include "envs/registry.h"

namespace rove {
namespace {

constexpr const char* kIds[] = {"MiniGrid-DoorKey-8x8-v0", "MiniGrid-MultiRoom-N7-S4-v0", "MiniGrid-MultiRoom-N6-v0",
                                "MiniGrid-KeyCorridorS3R3-v0", "MiniGrid-MultiRoom-N12-S10-v0"};

class Batch {
 public:
  Batch(const std::string& id, int n)
      : env_(Envs().Create(Config::Parse("type: " + id), {.num_envs = n})),
        n_(static_cast<std::size_t>(n)),
        rows_(n_),
        reward_(n_),
        discount_(n_),
        end_(n_),
        step_type_(n_) {
    for (const TensorSpec& spec : env_->spec().obs) obs_.emplace_back(spec.dtype, spec.shape.Prepend(n));
    for (Tensor& column : obs_) views_.push_back(column.view());
    std::iota(rows_.begin(), rows_.end(), 0);
    std::vector<std::optional<Seed>> seeds;
    for (std::size_t i = 0; i < n_; ++i) seeds.emplace_back(DeriveSeed(0, "bench", i));
    env_->Reset(rows_, seeds, columns());
    NoiseStream stream = Noise(0, "bench actions").At(0, 0);
    for (auto& table : actions_) {  // drawn ahead; their number is prime, so that no short cycle meets an episode's
      table.resize(n_);
      for (std::int32_t& action : table) action = static_cast<std::int32_t>(stream.Below(7));
    }
  }
  void Step() {
    const auto& actions = actions_[next_++ % actions_.size()];
    env_->Step({actions.data(), DType::kI32, Shape{static_cast<std::int64_t>(n_)}}, 0, static_cast<int>(n_), columns());
  }
  void Reset() {  // all rows, each going on with its own stream
    static const std::vector<std::optional<Seed>> kNone(1 << 13);
    env_->Reset(rows_, std::span(kNone).first(n_), columns());
  }

 private:
  StepColumns columns() { return {views_, reward_, discount_, end_, step_type_}; }

  std::unique_ptr<VectorEnv> env_;
  std::size_t n_, next_ = 0;
  std::vector<int> rows_;
  std::array<std::vector<std::int32_t>, 61> actions_;
  std::vector<Tensor> obs_;
  std::vector<TensorView> views_;
  std::vector<double> reward_;
  std::vector<float> discount_;
  std::vector<std::uint8_t> end_;
  std::vector<StepType> step_type_;
};

// Arguments: index of kIds, environments. items_per_second counts all rows, the dead one of each episode included.
void BM_MiniGridStep(benchmark::State& state) {
  Batch batch(kIds[state.range(0)], static_cast<int>(state.range(1)));
  state.SetLabel(kIds[state.range(0)]);
  for (auto _ : state) batch.Step();
  state.SetItemsProcessed(state.iterations() * state.range(1));
}
BENCHMARK(BM_MiniGridStep)->ArgsProduct({benchmark::CreateDenseRange(0, std::size(kIds) - 1, 1), {16, 1024, 8192}});

// Argument: index of kIds. items_per_second are levels drawn and first observations written.
void BM_MiniGridReset(benchmark::State& state) {
  Batch batch(kIds[state.range(0)], 64);
  state.SetLabel(kIds[state.range(0)]);
  for (auto _ : state) batch.Reset();
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(BM_MiniGridReset)->DenseRange(0, std::size(kIds) - 1);

// Arguments: column (rgb, rgb_partial), its tile size. 64 environments; what a frame costs is in ns_a_frame, the step included.
void BM_MiniGridPixels(benchmark::State& state) {
  const std::string column = state.range(0) == 0 ? "rgb" : "rgb_partial";
  constexpr int kEnvs = 64;
  Batch batch("MiniGrid-DoorKey-8x8-v0\noutputs: [" + column + "]\ntile_size: " + std::to_string(state.range(1)), kEnvs);
  state.SetLabel(column);
  for (auto _ : state) batch.Step();
  state.counters["ns_a_frame"] = benchmark::Counter(static_cast<double>(state.iterations()) * kEnvs / 1e9,
                                                    benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_MiniGridPixels)->ArgsProduct({{0, 1}, {8, 32}});

}  // namespace
}  // namespace rove
