// Crash safety of the bonuses that learn or remember episodes. (needs torch: their networks)
#include <catch2/catch.hpp>

#include "tests/engine/kill_harness.h"

namespace rove {
namespace {

// Episodic memories in mid-episode and networks in mid-training come back from a checkpoint too.
constexpr const char* kBonuses = R"(
env: {type: probe/corridor, count: 6}
agent: {type: probe/recurrent}
rewards:
  - {type: noveld, weight: 0.1, target: [8], predictor: [8], features: 4, minibatch: 32}
  - {type: ride, weight: 0.1, hidden: [8], inverse: [8], forward: [8], features: 4, minibatch: 32}
  - {type: e3b, weight: 0.1, normalize: std, hidden: [8], inverse: [8], features: 4, minibatch: 32}
  - {type: ngu, weight: 0.1, hidden: [8], inverse: [8], features: 4, minibatch: 32, rnd: {target: [8], predictor: [8], features: 4}}
  - {type: re3, weight: 0.1, hidden: [8], features: 4, memory: 100}
  - {type: icm, weight: 0.1, hidden: [8], inverse: [8], forward: [8], features: 4, minibatch: 32}
  - {type: disagreement, weight: 0.1, normalize: std, hidden: [8], features: 4, forward: [8], minibatch: 32}
  - {type: rnd, weight: 0.1, normalize: return_std, target: [8], predictor: [8], features: 4, minibatch: 32}
  - {type: made.rnd_vae, weight: 0.1, buffer: 100, normalizer: none, mask: episodic_first_visit, target: [8], predictor: [8],
     features: 4, minibatch: 32, vae: {likelihood: categorical, inputs: [position], hidden: [8], latent: 2, batch: 16}}
run: {frames: 2000, seed: 3, rollout: 16, mode: pipelined, lag: 1, act_block: 2, threads: 2}
checkpoint: {every: 3}
log: {every: 2, tensorboard: false}
)";

TEST_CASE("kill: a run with episodic and trained bonuses resumes to the bytes of an undisturbed one", "[engine][kill]") {
  const Scratch scratch(kBonuses);
  REQUIRE(scratch.Train("whole").Wait() == 0);
  const auto whole = FinalBytes(scratch.run("whole"));
  for (const std::string fail : {"checkpoint.component:9=kill", "metrics.line:5=kill"}) {
    INFO(fail);
    REQUIRE(scratch.Train(fail, fail).Wait() == -SIGKILL);
    REQUIRE(scratch.ResumeFolder(fail).Wait() == 0);
    CHECK(FinalBytes(scratch.run(fail)) == whole);
  }
}

}  // namespace
}  // namespace rove
