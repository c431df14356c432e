// The learn smoke: end to end, an exploration bonus solves a small maze and the same bonus with its sign flipped does not
// (needs torch). Three fixed seeds each, under two minutes together; the long studies are `rove study`'s.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "cli/run_setup.h"
#include "engine/engine.h"

namespace rove {
namespace {

// Success rate over 100 sampled episodes on levels of their own, after 300 k frames on DoorKey-6x6.
double SuccessRate(double weight, int seed) {
  const std::string yaml = fmt::format(R"(
env: {{type: MiniGrid-DoorKey-6x6-v0, count: 16}}
agent: {{type: ppo, encoder: {{type: minigrid_cnn}}, head: 64, epochs: 4, minibatches: 8, learning_rate: 3e-4, entropy_coef: 0.002}}
rewards: [{{type: count, weight: {}, key: view_position_direction}}]
run: {{frames: 3e5, seed: {}}}
evaluation: {{every: 300000, episodes: 100}}
log: {{every: 1000}}
)",
                                       weight, seed);
  RunSetup setup = BuildRun(Config::Parse(yaml));
  double success = -1;
  Engine engine(std::move(setup.parts), setup.engine);
  engine.progress = [&](const Progress& p) {
    if (const double* rate = p.metrics.Find("eval/success_rate")) success = *rate;
  };
  engine.Run();
  return success;
}

// Measured with these seeds: 100 % each with the bonus, 0 % each with the sign flipped.
TEST_CASE("learn: count solves DoorKey-6x6, flipped count does not", "[learn]") {
  for (const int seed : {1, 2, 3}) {
    INFO("seed " << seed);
    CHECK(SuccessRate(0.02, seed) >= 0.9);
    CHECK(SuccessRate(-0.02, seed) <= 0.1);
  }
}

}  // namespace
}  // namespace rove
