// The schedule, determinism and checkpoints of the engine, in one process, with test components (no torch).
#include "engine/engine.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "core/parallel.h"
#include "tests/engine/engine_runs.h"

namespace rove::testing {
namespace {

constexpr const char* kRecurrent = R"(
env: {type: probe/corridor, count: 7}
agent: {type: probe/recurrent}
rewards: [{type: count, weight: 0.1, key: full_state}, {type: made.count, weight: 0.1, key: full_state, buffer: 500}]
run: {frames: 3000, seed: 5, rollout: 16, mode: pipelined, lag: 1, act_block: 2}
log: {every: 2}
)";
constexpr const char* kReplay = R"(
env: {type: probe/point, count: 7}
agent: {type: probe/random_replay}
replay: {capacity: 2000}
run: {frames: 2000, seed: 5, rollout: 10, act_block: 3}
log: {every: 2}
)";

TEST_CASE("engine: 1, 2, 3 and 5 threads end with the same bytes", "[engine][threads]") {
  for (const char* yaml : {kRecurrent, kReplay}) {
    SetThreads(1);
    const Outcome one = RunToEnd(yaml);
    REQUIRE(one.rows.size() > 5);
    for (const int threads : {2, 3, 5}) {
      SetThreads(threads);
      CHECK(RunToEnd(yaml) == one);
    }
  }
  SetThreads(2);
}

TEST_CASE("engine: the seed changes the run", "[engine][unit]") {
  CHECK(RunToEnd(kRecurrent).state.at("agent") != RunToEnd(kRecurrent, {"run.seed=6"}).state.at("agent"));
}

TEST_CASE("engine: rollout k is collected with version max(0, k - lag)", "[engine][unit]") {
  for (const int lag : {1, 2, 3}) {
    const Outcome out = RunToEnd(kRecurrent, {fmt::format("run.lag={}", lag), "log.every=1"});
    REQUIRE(out.lags.size() > 10);
    for (std::size_t k = 0; k < out.lags.size(); ++k) CHECK(out.lags[k] == std::min(static_cast<int>(k), lag));
  }
  for (const int lag : RunToEnd(kRecurrent, {"run.mode=sync"}).lags) CHECK(lag == 0);
}

TEST_CASE("engine: acts at random in the rollouts that begin below random_frames, and by its policy ever after",
          "[engine][unit]") {
  // 7 environments, 10 steps a rollout: at most 70 frames each, and more than 50.
  for (const auto& [random_frames, last] :
       {std::pair(0, -1), std::pair(1, 9), std::pair(50, 9), std::pair(71, 19), std::pair(1000, 1000)}) {
    INFO(random_frames);
    Run run = Make(kReplay, std::vector<std::string>{fmt::format("agent.random_frames={}", random_frames)});
    run.engine->Run();
    const Metrics& metrics = run.sink->rows.back().metrics;
    const double last_random = *metrics.Find("probe/last_random");
    if (last < 1000)
      CHECK(last_random == last);
    else
      CHECK((last_random >= 149 && last_random < 199));  // 1000 / 7 frames, a dead row in some
    CHECK(*metrics.Find("probe/first_policy") == last_random + 1);
  }
}

TEST_CASE("engine: a checkpoint at every barrier changes nothing", "[engine][unit]") {
  for (const char* yaml : {kRecurrent, kReplay}) {
    const Outcome plain = RunToEnd(yaml);
    const std::string every[] = {"checkpoint.every=1"};
    Run run = Make(yaml, every);
    int saved = 0;
    run.engine->save = [&](Engine& engine) {
      State(engine);
      ++saved;
    };
    CHECK(Finish(run) == plain);
    CHECK(saved > 10);
  }
}

TEST_CASE("engine: a run resumed from any barrier ends with the same bytes", "[engine][unit]") {
  for (const char* yaml : {kRecurrent, kReplay}) {
    std::vector<std::map<std::string, std::string>> barriers;
    std::vector<std::size_t> rows_before;
    const std::string every[] = {"checkpoint.every=4", "log.every=1"};
    Run run = Make(yaml, every);
    run.engine->save = [&](Engine& engine) {
      barriers.push_back(State(engine));
      rows_before.push_back(run.sink->rows.size());
    };
    const Outcome whole = Finish(run);
    REQUIRE(barriers.size() > 4);
    for (std::size_t b = 0; b < barriers.size(); ++b) {
      Run resumed = Make(yaml, every);
      Restore(barriers[b], *resumed.engine);
      CHECK(State(*resumed.engine) == barriers[b]);
      const Outcome rest = Finish(resumed);
      CHECK(rest.state == whole.state);
      CHECK(rest.rows == std::vector(whole.rows.begin() + static_cast<std::ptrdiff_t>(rows_before[b]), whole.rows.end()));
    }
  }
}

TEST_CASE("engine: a stop request finishes the rollout, saves, and the rest continues to the same end", "[engine][unit]") {
  const Outcome whole = RunToEnd(kRecurrent);
  Run run = Make(kRecurrent, {});
  std::stop_source stop;
  std::map<std::string, std::string> saved;
  run.engine->progress = [&](const Progress& p) {
    if (p.env_steps > 1000) stop.request_stop();
  };
  run.engine->save = [&](Engine& engine) { saved = State(engine); };
  const RunResult result = run.engine->Run(stop.get_token());
  CHECK(result.stopped);
  CHECK(result.env_steps < 3000);
  Run rest = Make(kRecurrent, {});
  Restore(saved, *rest.engine);
  CHECK(Finish(rest).state == whole.state);
}

TEST_CASE("engine: frames count live rows only, and the budget is reached by less than one slot too many", "[engine][unit]") {
  Run run = Make(kRecurrent, {});
  const RunResult result = run.engine->Run();
  CHECK_FALSE(result.stopped);
  CHECK(result.env_steps >= 3000);
  CHECK(result.env_steps < 3000 + 2 * 16 * 7);
  CHECK(result.env_steps < result.updates * 16 * 7);  // dead rows are no frames
}

}  // namespace
}  // namespace rove::testing
