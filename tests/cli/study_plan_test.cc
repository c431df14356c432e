// Study files: what they mean, and how they are refused.
#include "cli/study_plan.h"

#include <catch2/catch.hpp>

#include "core/config.h"
#include "core/error.h"
#include "tests/cli/rove_runner.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;

constexpr const char* kStudy = R"(# A test.
env: {type: probe/corridor, count: 2}
agent: {type: probe/recurrent}
run: {frames: 200, rollout: 10}
evaluation: {every: 100, episodes: 2}
study:
  seeds: 3
  quick: {run: {frames: 40}, evaluation: {every: 20}}
  tasks:
    - {name: short, config: {env: {length: 6}}}
    - {name: long, config: {env: {length: 9}, run: {frames: 3e2}}, seeds: 2, tune: false, arms: [count]}
  arms:
    - {name: none}
    - name: count
      config: {rewards: [{type: count, weight: 9}], env: {slip: 0.2}}
      settings: {"rewards[0].weight": [0.5, 0.1], env.slip: [0, 0.05]}
)";

std::string Replaced(const std::string& what, const std::string& with) {
  std::string text = kStudy;
  const auto at = text.find(what);
  REQUIRE(at != text.npos);
  return text.replace(at, what.size(), with);
}

TEST_CASE("a study is tasks x arms x settings, each over what comes before it", "[cli][unit]") {
  const Sandbox box("study_plan");
  const StudyPlan plan = LoadStudyPlan(box.Write("my.yaml", kStudy), false);
  const StudyDesign& design = plan.design;
  CHECK(design.name == "my");
  CHECK(design.against == "none");
  REQUIRE(design.cells.size() == 3);
  CHECK(design.tasks[0].seeds == 3);
  CHECK(design.tasks[1].seeds == 2);
  CHECK(design.tasks[0].frames == 200);
  CHECK(design.tasks[1].frames == 300);
  CHECK(design.tasks[1].env == "probe/corridor");
  CHECK(!design.cells[0].tuned());
  std::vector<std::string> labels;
  for (const StudySetting& setting : design.cells[1].settings) labels.push_back(setting.label);
  CHECK(labels == std::vector<std::string>{"env.slip=0 rewards[0].weight=0.5", "env.slip=0 rewards[0].weight=0.1",
                                           "env.slip=0.05 rewards[0].weight=0.5", "env.slip=0.05 rewards[0].weight=0.1"});
  const auto& config = design.cells[1].settings[3].config;
  CHECK(config.at("rewards[0].weight") == "0.1");
  CHECK(config.at("env.slip") == "0.05");
  CHECK(config.at("env.length") == "6");
  CHECK(!config.contains("run.seed"));
  CHECK(design.cells[2].settings.size() == 1);  // tune: false
  CHECK(design.cells[2].settings[0].label.empty());
  CHECK(design.cells[2].settings[0].config.at("rewards[0].weight") == "0.5");
  CHECK(design.cells[2].settings[0].config.at("run.frames") == "300");  // 3e2 in one spelling
  const Config resolved = Config::Parse(plan.resolved[1][0]);
  double slip = 1;
  resolved.At("env").Get("slip", &slip);
  CHECK(slip == 0);
  CHECK_THAT(plan.resolved[0][0], Contains("label: none") && Contains("max_steps: 20"));  // defaults are there
  CHECK(WorkOrder(design).size() == 3 + 8 + 3 + 2);

  const StudyPlan taken = LoadStudyPlan(box.Write("taken.yaml", Replaced("tune: false", "tune: short")), false);
  CHECK(taken.design.cells[2].tuned_on == 1);
  CHECK(taken.design.cells[2].settings.size() == 4);
  CHECK(WorkOrder(taken.design).size() == 3 + 8 + 3 + 2);

  const StudyPlan quick = LoadStudyPlan(box / "my.yaml", true);
  CHECK(WorkOrder(quick.design).size() == 1 + 2 + 1 + 1);
  CHECK(quick.design.tasks[1].frames == 40);
}

TEST_CASE("a wrong study file is refused in one line that names the place, whatever is wrong", "[cli][unit]") {
  const auto [text, says] = GENERATE(
      std::pair<std::string, std::string>{"run: {frames: 1}\n", "my.yaml: has no `study`"},
      std::pair<std::string, std::string>{Replaced("length: 9", "lenght: 9"),
                                          "my.yaml:11: study.tasks[1].config.env.lenght: unknown key; did you mean \"length\"?"},
      std::pair<std::string, std::string>{Replaced("type: count,", "type: cout,"),
                                          "my.yaml:15: study.arms[1].config.rewards[0].type: unknown reward \"cout\""},
      std::pair<std::string, std::string>{Replaced("arms: [count]", "arms: [cout]"),
                                          "study.tasks[1].arms: unknown arm \"cout\"; did you mean \"count\"?"},
      std::pair<std::string, std::string>{Replaced("rewards[0].weight", "rewards[1].weight"),
                                          "study.arms[1].settings.rewards[1].weight"},
      std::pair<std::string, std::string>{Replaced("[0.5, 0.1]", "[heavy, 0.1]"), "rewards[0].weight: expected a number, got"},
      std::pair<std::string, std::string>{Replaced("[0.5, 0.1]", "[]"), "expected at least one value"},
      std::pair<std::string, std::string>{Replaced("tune: false", "tune: shrt"),
                                          "study.tasks[1].tune: expected true, false, or the name of an earlier task"},
      std::pair<std::string, std::string>{Replaced("name: long", "name: short"), "study.tasks[1].name: \"short\" is given twice"},
      std::pair<std::string, std::string>{Replaced("name: long", "name: ../long"), "expected letters, digits"},
      std::pair<std::string, std::string>{Replaced("seeds: 3", "seedss: 3"),
                                          "study.seedss: unknown key; did you mean \"seeds\"?"},
      std::pair<std::string, std::string>{Replaced("every: 100", "every: 0"), "short/none: evaluation.every is 0"},
      std::pair<std::string, std::string>{Replaced("slip: 0.2}", "slip: 0.2}, run: {frames: 7}"),
                                          "short/count: another env.type or run.frames"},
      std::pair<std::string, std::string>{Replaced("seeds: 3", "tuning: {first_seed: 3}"),
                                          "study.tuning.first_seed: expected >= 1001"},
      std::pair<std::string, std::string>{
          std::string(kStudy) +
              "    - {name: more, config: {rewards: [{type: count}]}, settings: {\"rewards[0].weight\": [1, 2]}}\n",
          "study.arms[2].settings: 2 settings, but an arm before has 4; tuning budgets must be equal"});
  const Sandbox box("study_plan");
  const std::string path = box.Write("my.yaml", text);
  const auto before = box.Files();
  for (const bool dry : {true, false}) {
    std::vector<std::string> args{"study", "run", path, "-o", box / "out", "--runs", box / "runs"};
    if (dry) args.push_back("--dry-run");
    const Ran ran = RunRove(args);
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Contains(says));
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK(box.Files() == before);
  }
}

TEST_CASE("an unknown study is refused with the nearest name", "[cli][unit]") {
  const Ran ran = RunRove({"study", "report", "minigird"});
  CHECK(ran.status == 2);
  CHECK_THAT(ran.err, Contains("configs/studies/minigird.yaml: no such study; did you mean \"minigrid\"?"));
}

TEST_CASE("--dry-run lists each arm of each task and writes nothing; --only picks, and must match", "[cli][unit]") {
  const Sandbox box("study_plan");
  const std::string path = box.Write("my.yaml", kStudy);
  const std::vector<std::string> args{"study", "run", path, "-o", box / "out", "--runs", box / "runs", "--list"};
  const Ran all = RunRove(args);
  CHECK(all.status == 0);
  CHECK_THAT(all.out, Contains("0 of 16 runs are finished; time left is not known before a run has finished"));
  auto some = args;
  some.insert(some.end(), {"--only", "long", "--only", "*/none"});
  CHECK_THAT(RunRove(some).out, Contains("0 of 5 runs are finished"));
  auto none = args;
  none.insert(none.end(), {"--only", "long/none"});
  const Ran refused = RunRove(none);
  CHECK(refused.status == 2);
  CHECK_THAT(refused.err, Contains("--only long/none: matches no TASK or TASK/ARM"));
  CHECK(box.Files() == std::vector<std::string>{"my.yaml"});
}

}  // namespace
}  // namespace rove
