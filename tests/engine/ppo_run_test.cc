// The whole engine with its real parts: PPO on MiniGrid with made.count gives the same bytes for any number of threads, and after
// kills. (needs torch: ppo)
#include "tests/engine/kill_harness.h"

namespace rove {
namespace {

// 10 environments: blocks of 4, the last one padded; 9 rollouts.
constexpr const char* kConfig = R"(
env: {type: MiniGrid-DoorKey-5x5-v0, count: 10}
agent: {type: ppo, encoder: {type: minigrid_cnn, channels: [8, 8, 8]}, head: 16, epochs: 2, minibatches: 3}
rewards: [{type: made.count, weight: 0.01, key: view_position_direction, buffer: 1000, normalize: std}]
run: {frames: 2500, seed: 3, rollout: 32, act_block: 4, threads: 2}
checkpoint: {every: 2}
log: {every: 1, tensorboard: false}
evaluation: {every: 1000, episodes: 3}
)";

TEST_CASE("ppo on MiniGrid: 1, 2, 3 and 5 threads and a run killed twice end with the same bytes", "[engine][threads][kill]") {
  const std::string mode = GENERATE("sync", "pipelined");
  INFO(mode);
  const Scratch scratch(kConfig);
  const std::string run_mode = "run.mode=" + mode;
  REQUIRE(scratch.Train("whole", "", {run_mode}).Wait() == 0);
  const auto whole = FinalBytes(scratch.run("whole"));
  for (const std::string threads : {"1", "3", "5"}) {
    INFO(threads << " threads");
    REQUIRE(scratch.Train(threads, "", {run_mode, "run.threads=" + threads}).Wait() == 0);
    CHECK(FinalBytes(scratch.run(threads)) == whole);
  }
  REQUIRE(scratch.Train("killed", "metrics.line:4=kill", {run_mode}).Wait() == -SIGKILL);
  REQUIRE(Start({"train", "--resume", scratch.run("killed")}, "checkpoint.rename:2=kill", scratch.log()).Wait() == -SIGKILL);
  REQUIRE(Start({"train", "--resume", scratch.run("killed")}, "", scratch.log()).Wait() == 0);
  CHECK(FinalBytes(scratch.run("killed")) == whole);
}

}  // namespace
}  // namespace rove
