// `rove levels`, and which levels an evaluation plays.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/run_setup.h"
#include "envs/inspectable.h"
#include "tests/cli/rove_runner.h"
#include "tests/envs/env_batch.h"

namespace rove {
namespace {

using Catch::Contains;

TEST_CASE("rove levels counts what can be solved, and names the seeds of what cannot", "[cli][unit]") {
  const Ran good = RunRove({"levels", "MiniGrid-DoorKey-5x5-v0", "--first", "5", "--count", "20"});
  CHECK(good.status == 0);
  CHECK(good.out ==
        "MiniGrid-DoorKey-5x5-v0, levels of seeds 5 to 24\n"
        "solvable          20\n"
        "unsolvable         0\n"
        "unknown            0\n");
  const Ran bad = RunRove({"levels", "minigrid/layout", "map=['>DG']", "--count", "12"});
  CHECK_THAT(bad.out, Contains("unsolvable        12   seeds 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... (all with --json)\n"));
  const Ran json = RunRove({"levels", "minigrid/layout", "map=['>DG']", "--count", "12", "--json"});
  const auto parsed = nlohmann::json::parse(json.out);
  CHECK(parsed["solvable"] == 0);
  CHECK(parsed["unsolvable_seeds"].size() == 12);
  CHECK(RunRove({"levels", "tabular/chain"}).err == "rove levels: tabular/chain has no grids to search\n");
  CHECK_THAT(RunRove({"levels", "MiniGrid-DorKey-5x5-v0"}).err, Contains("did you mean"));
  CHECK(RunRove({"levels", "MiniGrid-DoorKey-5x5-v0", "--count", "0"}).status == 2);
}

TEST_CASE("an evaluation plays evaluation.levels in the environment that is trained on, else the run's", "[cli][unit]") {
  const auto level_of = [](const std::string& env, const std::string& evaluation) {
    const Config root = Config::Parse("env: {type: MiniGrid-KeyCorridorS3R3-v0, count: 4, seed_rule: run, max_steps: 9" + env +
                                      "}\nevaluation: {" + evaluation + "}");
    int count = 0;
    std::string rule;
    root.At("env").Get("count", &count);  // the run's own keys, which it reads before
    root.At("env").Get("seed_rule", &rule);
    EnvBatch batch(BuildEvaluationEnv(root, 2));
    batch.Reset(50);
    CHECK(batch.n() == 2);
    CHECK(batch.spec().max_steps == 9);
    return dynamic_cast<const GridInspectable&>(batch.env()).Inspect(0).grid;
  };
  const auto fresh = [](Seed seed) {
    EnvBatch batch("MiniGrid-KeyCorridorS3R3-v0", 1);
    batch.Reset(seed);
    return dynamic_cast<const GridInspectable&>(batch.env()).Inspect(0).grid;
  };
  CHECK(level_of("", "") == fresh(50));
  CHECK(level_of(", levels: {seed: 1}", "") == fresh(1));
  CHECK(level_of("", "levels: {seed: 2}") == fresh(2));
  CHECK(level_of(", levels: {seeds: [1, 3]}", "levels: {first: 2, count: 1}") == fresh(2));
}

}  // namespace
}  // namespace rove
