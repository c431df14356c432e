// The whole engine with its real parts: PPO and IMPALA, with and without a memory, on MiniGrid with made.count give the same
// bytes for any number of threads, and after kills. (needs torch: ppo, impala)
#include "tests/engine/kill_harness.h"

namespace rove {
namespace {

// 10 environments: blocks of 4, the last one padded; 9 rollouts.
constexpr const char* kConfig = R"(
env: {{type: MiniGrid-DoorKey-5x5-v0, count: 10}}
agent: {{{}, encoder: {{type: minigrid_cnn, channels: [8, 8, 8]}}, head: 16, minibatches: 3}}
rewards: [{{type: made.count, weight: 0.01, key: view_position_direction, buffer: 1000, normalize: std}}]
mix: {{combine: {}}}
run: {{frames: 2500, seed: 3, rollout: 32, act_block: 4, threads: 2}}
checkpoint: {{every: 2}}
log: {{every: 1, tensorboard: false}}
evaluation: {{every: 1000, episodes: 3}}
)";

TEST_CASE("agents on MiniGrid: 1, 2, 3 and 5 threads and a run killed twice end with the same bytes", "[engine][threads][kill]") {
  const std::string mode = GENERATE("sync", "pipelined");
  const std::string agent =
      GENERATE("type: ppo, epochs: 2", "type: ppo, epochs: 2, sequence_length: 8, memory: {type: lstm, units: 8}", "type: impala",
               "type: impala, memory: {type: lstm, units: 8}");
  INFO(mode << ", " << agent);
  const bool memory = agent.find("memory") != std::string::npos;
  CheckThreadsAndKills(fmt::format(kConfig, agent, memory ? "head" : "sum"), mode, 4);  // head: a second value head
}

}  // namespace
}  // namespace rove
