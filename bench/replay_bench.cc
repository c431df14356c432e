// Uniform replay as SAC uses it: transitions of cheetah-run (17 observations, 6 actions; 106 bytes), batches of 256, one
// environment.
//   build/bench/rove_bench --benchmark_filter=Replay
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "core/archive.h"
#include "core/file.h"
#include "engine/chunk_files.h"
#include "replay/replay.h"

namespace rove {
namespace {

const std::vector<TensorSpec> kObs = {{.name = "observation", .dtype = DType::kF32, .shape = {17}, .low = {}, .high = {}}};
const TensorSpec kAction = {.name = "action", .dtype = DType::kF32, .shape = {6}, .low = {}, .high = {}};

std::unique_ptr<Replay> MakeReplay(std::int64_t capacity, int n) {
  return MakeUniformReplay(Config::Parse("capacity: " + std::to_string(capacity)),
                           {.obs = kObs, .action = kAction, .extra = {}, .state = {}, .num_envs = n, .sequence_length = 0});
}

// Slots of `rows` steps whose numbers do not matter; all rows live.
class Feed {
 public:
  Feed(int rows, int n) : slot_({.T = rows, .n = n, .sequence_length = 0}, kObs, kAction, {}, {}) {
    std::ranges::fill(slot_.view().step_type, StepType::kMid);
  }
  void Insert(Replay* replay, std::int64_t transitions) {
    const RolloutView view = slot_.view();
    for (std::int64_t done = 0; done < transitions; done += view.T * view.n) replay->Insert(view);
  }

 private:
  RolloutSlot slot_;
};

// Arguments: stored transitions, length.
void BM_ReplaySample(benchmark::State& state) {
  const auto replay = MakeReplay(state.range(0), 1);
  Feed(1000, 1).Insert(replay.get(), state.range(0));
  const int length = static_cast<int>(state.range(1));
  const Noise noise(1, "replay");
  BatchView batch;
  for (auto _ : state) {
    replay->Sample(256 / length, length, noise, &batch);
    benchmark::DoNotOptimize(batch.obs[0].data);
  }
}
BENCHMARK(BM_ReplaySample)->ArgsProduct({{10'000, 1'000'000}, {1, 16}})->Unit(benchmark::kMicrosecond);

// Arguments: environments, steps a slot.
void BM_ReplayInsert(benchmark::State& state) {
  const int n = static_cast<int>(state.range(0)), T = static_cast<int>(state.range(1));
  const auto replay = MakeReplay(1'000'000, n);
  Feed feed(T, n);
  for (auto _ : state) feed.Insert(replay.get(), T * n);
  state.counters["ns_a_transition"] = benchmark::Counter(static_cast<double>(state.iterations()) * T * n / 1e9,
                                                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_ReplayInsert)->Args({1, 1})->Args({1, 100})->Args({16, 128})->Unit(benchmark::kMicrosecond);

// The replay's part of a checkpoint, a million transitions stored. Argument: those that are new since the checkpoint before; all
// of them: the first one. On the disk that holds the temporary folder.
void BM_ReplayCheckpoint(benchmark::State& state) {
  namespace fs = std::filesystem;
  constexpr std::int64_t kStored = 1'000'000;
  const auto replay = MakeReplay(kStored, 1);
  Feed feed(1000, 1);
  feed.Insert(replay.get(), kStored);
  const fs::path folder = fs::temp_directory_path() / ("rove-replay-bench-" + std::to_string(getpid()));
  std::size_t written = 0, files = 0;
  ChunkTable before;
  const auto save = [&](const char* name) {
    fs::create_directories(folder / name);
    ChunkTable table = SaveChunks(*replay, (folder / name).string(), before, (folder / "before").string(), &written);
    Archive head;
    replay->Serialize(head);
    WriteAndSync((folder / name / "replay.bin").string(), head.bytes());
    written += head.bytes().size();
    files = table.crc.size();
    return table;
  };
  const bool first = state.range(0) == kStored;
  for (auto _ : state) {
    state.PauseTiming();
    fs::remove_all(folder);
    before = {};
    if (!first) {
      before = save("before");
      feed.Insert(replay.get(), state.range(0));
    }
    state.ResumeTiming();
    save("now");
  }
  fs::remove_all(folder);
  state.counters["MB_written"] = static_cast<double>(written) / 1e6;
  state.counters["files"] = static_cast<double>(files);
}
BENCHMARK(BM_ReplayCheckpoint)
    ->Arg(1'000'000)
    ->Arg(100'000)
    ->Arg(10'000)
    ->Iterations(5)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rove
