// The whole engine with its real parts, off-policy: SAC with a relabelled bonus gives the same bytes for any number of threads,
// and after kills. (needs torch: sac)
#include "tests/engine/kill_harness.h"

namespace rove {
namespace {

// 5 environments: blocks of 2, the last one padded; 2 updates in 3 frames.
constexpr const char* kConfig = R"(
env: {type: probe/point, count: 5}
agent: {type: sac, hidden: [16, 16], batch: 33, updates_per_frame: 0.6667, random_frames: 100}
rewards: [{type: rnd, weight: 0.1, normalize: std, target: [8], predictor: [8], features: 4}]
replay: {capacity: 300}
run: {frames: 600, seed: 3, rollout: 4, act_block: 2, threads: 2}
checkpoint: {every: 7}
log: {every: 1, tensorboard: false}
evaluation: {every: 200, episodes: 3, mode: greedy}
)";

TEST_CASE("sac with rnd: 1, 2, 3 and 5 threads and a run killed twice end with the same bytes", "[engine][threads][kill]") {
  const std::string mode = GENERATE("sync", "pipelined");
  INFO(mode);
  CheckThreadsAndKills(kConfig, mode, 9);
}

}  // namespace
}  // namespace rove
