// The learn smoke of SAC: it pushes a point to its goal, and where the goal pays nothing it does not (needs torch). Small nets,
// a few seconds a run.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/learn/smoke.h"

namespace rove::testing {
namespace {

// Share of 50 greedy episodes of 25 steps that reach the goal, after 5000 frames.
double PushesToGoal(int clip_low, int clip_high, int seed) {
  return SuccessRate(fmt::format(R"(
env: {{type: probe/point, count: 1}}
agent: {{type: sac, hidden: [64, 64], batch: 64, random_frames: 300, learning_rate: 1e-3, temperature: 0.1}}
replay: {{capacity: 5000}}
mix: {{clip: [{}, {}]}}
run: {{frames: 5000, seed: {}, rollout: 1}}
evaluation: {{every: 5000, episodes: 50, mode: greedy}}
log: {{every: 100000}}
)",
                                 clip_low, clip_high, seed));
}

// Measured with these seeds: 1, 1, 1 and 0, 0, 0.
TEST_CASE("learn: sac pushes a point to its goal; with nothing to gain it does not", "[learn]") {
  for (const int seed : {1, 2, 3}) {
    INFO("seed " << seed);
    CHECK(PushesToGoal(-1, 1, seed) >= 0.9);
    CHECK(PushesToGoal(-1, 0, seed) <= 0.1);  // the goal's 1 clipped to 0
  }
}

}  // namespace
}  // namespace rove::testing
