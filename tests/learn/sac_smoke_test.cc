// The learn smoke of SAC: it pushes a point to its goal, and where the goal pays nothing it does not (needs torch). Small nets,
// a few seconds a run.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "cli/run_setup.h"
#include "engine/engine.h"

namespace rove {
namespace {

// Share of 50 greedy episodes of 25 steps that reach the goal, after 5000 frames.
double SuccessRate(int clip_low, int clip_high, int seed) {
  const std::string yaml = fmt::format(R"(
env: {{type: probe/point, count: 1}}
agent: {{type: sac, hidden: [64, 64], batch: 64, random_frames: 300, learning_rate: 1e-3, temperature: 0.1}}
replay: {{capacity: 5000}}
mix: {{clip: [{}, {}]}}
run: {{frames: 5000, seed: {}, rollout: 1}}
evaluation: {{every: 5000, episodes: 50, mode: greedy}}
log: {{every: 100000}}
)",
                                       clip_low, clip_high, seed);
  RunSetup setup = BuildRun(Config::Parse(yaml));
  double success = -1;
  Engine engine(std::move(setup.parts), setup.engine);
  engine.progress = [&](const Progress& p) {
    if (const double* rate = p.metrics.Find("eval/success_rate")) success = *rate;
  };
  engine.Run();
  return success;
}

// Measured with these seeds: 1, 1, 1 and 0, 0, 0.
TEST_CASE("learn: sac pushes a point to its goal; with nothing to gain it does not", "[learn]") {
  for (const int seed : {1, 2, 3}) {
    INFO("seed " << seed);
    CHECK(SuccessRate(-1, 1, seed) >= 0.9);
    CHECK(SuccessRate(-1, 0, seed) <= 0.1);  // the goal's 1 clipped to 0
  }
}

}  // namespace
}  // namespace rove
