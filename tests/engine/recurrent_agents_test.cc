// Recurrent PPO and IMPALA through the whole engine. (needs torch: ppo, impala)
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "core/parallel.h"
#include "tests/engine/engine_runs.h"

namespace rove::testing {
namespace {

// Episodes of 7 rows in rollouts of 16, so that episodes start and end anywhere in them; 6 environments in blocks of 4.
std::string Yaml(const std::string& agent) {
  return fmt::format(R"(
env: {{type: probe/recall, count: 6, cues: 3}}
agent: {{type: {}, encoder: {{type: mlp, hidden: [8]}}, memory: {{type: lstm, units: 8, layers: 2}}, head: 8, learning_rate: 0.01}}
run: {{frames: 1000, seed: 3, rollout: 16, act_block: 4, mode: sync}}
log: {{every: 1}}
)",
                     agent);
}

const std::string kPpo = "ppo, epochs: 1, minibatches: 1, sequence_length: 8, tile: 24", kImpala = "impala, tile: 34";

std::vector<double> Logged(const std::string& yaml, const std::string& name) {
  Run run = Make(yaml, {});
  run.engine->Run();
  std::vector<double> values;
  for (const auto& row : run.sink->rows) values.push_back(*row.metrics.Find(name));
  REQUIRE(values.size() > 8);
  return values;
}

TEST_CASE(
    "a recurrent learner without lag recomputes the very probabilities that acted, over all seams of rollouts, episodes and "
    "sequences",
    "[engine][unit]") {
  // One network evaluates both, in calls of other shapes: log-probs differ by rounding (1e-7), and kl is their square.
  for (const std::string& agent : {kPpo, kImpala}) {
    INFO(agent);
    for (const double kl : Logged(Yaml(agent), "agent/approx_kl")) CHECK(std::abs(kl) < 1e-6);
  }
  // With lag they differ: the number can be wrong.
  Run run = Make(Yaml(kImpala), std::vector<std::string>{"run.mode=pipelined"});
  run.engine->Run();
  CHECK(*run.sink->rows.back().metrics.Find("agent/approx_kl") > 1e-5);
}

TEST_CASE("recurrent agents: 1, 2, 3 and 5 threads end with the same bytes", "[engine][threads]") {
  for (const std::string& agent : {kPpo, kImpala}) {
    INFO(agent);
    SetThreads(1);
    const Outcome one = RunToEnd(Yaml(agent));
    for (const int threads : {2, 3, 5}) {
      SetThreads(threads);
      CHECK(RunToEnd(Yaml(agent)) == one);
    }
  }
  SetThreads(2);
}

// Success over the last quarter of `frames` frames of remembering one of two cues for four steps; a guess gives 0.5.
double Success(const std::string& agent, const std::string& memory, int seed, double frames) {
  const std::string yaml = fmt::format(R"(
env: {{type: probe/recall, count: 16}}
agent: {{type: {}, encoder: {{type: mlp, hidden: [32]}}, {} head: 0, entropy_coef: 0.01, learning_rate: 3e-3}}
run: {{frames: {}, seed: {}, rollout: 32, mode: pipelined}}
evaluation: {{every: {}, episodes: 400}}
)",
                                       agent, memory, frames, seed, frames);
  Run run = Make(yaml, {});
  run.engine->Run();
  return *run.sink->rows.back().metrics.Find("eval/success_rate");
}

TEST_CASE("with a memory ppo and impala recall a cue, without one they guess", "[engine][learn]") {
  const std::string lstm = "memory: {type: lstm, units: 16},";
  for (const int seed : {1, 2, 3}) {
    INFO("seed " << seed);
    // A guess is right in half of 400 episodes with a standard deviation of 0.025: beyond 0.65 once in 1e9.
    CHECK(Success("ppo, epochs: 4, minibatches: 4", lstm, seed, 5e4) > 0.95);
    CHECK(Success("ppo, epochs: 4, minibatches: 4", "", seed, 5e4) < 0.65);
    CHECK(Success("impala", lstm, seed, 1e5) > 0.95);
    CHECK(Success("impala", "", seed, 1e5) < 0.65);
  }
}

}  // namespace
}  // namespace rove::testing
