// The shipped configs, and what their runs log. (needs torch: ppo)
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/run_setup.h"
#include "rewards/reward_module.h"
#include "tests/cli/rove_runner.h"

namespace rove {
namespace {

std::vector<std::string> ShippedConfigs() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(ROVE_SOURCE_DIR "/configs")) {
    const auto& path = entry.path();
    const auto folder = path.parent_path().filename();
    if (path.extension() == ".yaml" && folder != "base" && folder != "studies") paths.push_back(path.string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::set<std::string> LoggedNames(const std::string& path) {
  std::set<std::string> names;
  std::istringstream lines(Slurp(path));
  for (std::string line; std::getline(lines, line);) {
    const auto row = nlohmann::json::parse(line);
    if (!row.contains("env_steps")) continue;  // the schema line
    for (const auto& [name, value] : row.items()) names.insert(name);
  }
  return names;
}

std::string Replace(std::string text, const std::string& what, const std::string& with) {
  if (const auto at = text.find(what); at != std::string::npos) text.replace(at, what.size(), with);
  return text;
}

TEST_CASE("an annealed learning rate is whole in the first update and above 0 in the last", "[cli][unit]") {
  const Sandbox box("anneal");
  REQUIRE(RunRove({"train", ROVE_SOURCE_DIR "/configs/demo.yaml", "--run", box / "run", "agent.anneal=true",
                   "agent.learning_rate=0.5", "env.count=4", "run.rollout=16", "run.frames=200", "run.mode=sync", "log.every=1",
                   "evaluation.every=0"})
              .status == 0);
  std::vector<double> rates;
  std::istringstream lines(Slurp(box / "run/metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const auto row = nlohmann::json::parse(line);
    if (row.contains("agent/learning_rate")) rates.push_back(row["agent/learning_rate"]);
  }
  REQUIRE(rates.size() >= 4);
  CHECK(rates.front() == 0.5);
  CHECK(rates.back() > 0);
  CHECK(rates.back() < 0.2);
}

TEST_CASE("every base config makes a run: each of its keys is known", "[cli][unit]") {
  int bases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ROVE_SOURCE_DIR "/configs/base")) {
    const std::string path = entry.path().string();
    INFO(path);
    const bool continuous = entry.path().stem() == "sac";
    const std::vector<std::string> env{continuous ? "env.type=dm_control/cartpole-swingup"
                                                  : "env.type=MiniGrid-MultiRoom-N7-S4-v0"};
    CHECK_NOTHROW(BuildRun(Config::Load(path, env)));
    ++bases;
  }
  CHECK(bases >= 5);
}

TEST_CASE("every shipped config trains, and docs/metrics.md has every name it logs", "[cli][unit]") {
  const std::string page = Slurp(ROVE_SOURCE_DIR "/docs/metrics.md");
  auto paths = ShippedConfigs();
  REQUIRE(paths.size() >= 8);
  const Sandbox box("configs");
  paths.push_back(box.Write("off_policy.yaml",  // of which no config ships but the base
                            "# SAC and the bonuses that a replay relabels\n"
                            "include: [" ROVE_SOURCE_DIR "/configs/base/sac.yaml]\n"
                            "env: {type: dm_control/pendulum-swingup, count: 16}\n"
                            "run: {rollout: 8}\n"
                            "agent: {hidden: [8], batch: 16, random_frames: 0}\n"
                            "rewards: [{type: rnd}, {type: made.rnd_vae, buffer: 1000}]\n"));
  paths.push_back(box.Write("on_policy.yaml",
                            "# IMPALA and every other bonus that learns\n"
                            "include: [" ROVE_SOURCE_DIR "/configs/base/impala.yaml]\n"
                            "env: {type: MiniGrid-Empty-5x5-v0, count: 4}\n"
                            "run: {rollout: 8}\n"
                            "agent: {minibatches: 1}\n"
                            "rewards: [{type: noveld}, {type: icm}, {type: ride}, {type: e3b}, {type: ngu}, {type: re3},\n"
                            "  {type: disagreement}, {type: made.rnd_vae, buffer: 1000, vae: {likelihood: categorical}}]\n"));
  for (const std::string& path : paths) {
    INFO(path);
    CHECK(Slurp(path).starts_with("# "));
    const std::string run = box / std::filesystem::path(path).stem().string();
    const Ran ran = RunRove({"train", path, "--run", run, "run.frames=1", "evaluation.episodes=1"});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    std::set<std::string> names = LoggedNames(run + "/metrics.jsonl");
    names.merge(LoggedNames(run + "/timing.jsonl"));
    CHECK(names.contains("eval/return_mean"));
    for (const std::string& name : names) {
      INFO(name);
      std::string generic = name;
      for (const std::string& label : Rewards().Names()) generic = Replace(generic, "reward/" + label + "_", "reward/LABEL_");
      CHECK(page.find("`" + generic + "`") != std::string::npos);
    }
  }
}

TEST_CASE("every shipped study can be planned, quick too", "[cli][unit]") {
  int studies = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ROVE_SOURCE_DIR "/configs/studies")) {
    for (const bool quick : {false, true}) {
      std::vector<std::string> args{"study", "run", entry.path().string(), "--dry-run"};
      if (quick) args.push_back("--quick");
      const Ran ran = RunRove(args);
      INFO(ran.err);
      CHECK(ran.status == 0);
      CHECK_THAT(ran.out, Catch::Contains(" runs are finished"));
    }
    ++studies;
  }
  CHECK(studies >= 1);
}

}  // namespace
}  // namespace rove
