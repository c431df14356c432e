#include "eval/learning_study.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "core/error.h"
#include "core/file.h"
#include "tests/core/test_folder.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Evaluations of 50 episodes at 100, 200, ... frames.
StudyRun RunOf(const std::vector<double>& returns) {
  StudyRun run{
      .task = "maze", .arm = "none", .setting = "", .seed = 3, .frames = 100 * static_cast<std::int64_t>(returns.size())};
  run.build = "abc SkylakeX";
  run.resolved = "0123abcd";
  run.config = {{"agent.gamma", "0.99"}, {"rewards", "[]"}};
  run.columns = {"eval/episodes", "eval/return_mean", "eval/success_rate"};
  for (const double x : returns) {
    run.env_steps.push_back(100 * static_cast<double>(run.env_steps.size() + 1));
    run.values.push_back({50, x, kNone});
  }
  return run;
}

StudyDesign TwoByTwo() {
  StudyDesign design;
  design.name = "test";
  design.against = "none";
  design.tuning_seeds = 2;
  design.tasks = {{.name = "maze", .env = "e", .seeds = 2}, {.name = "lock", .env = "f", .seeds = 1}};
  design.arms = {{"none", ""}, {"count", ""}};
  const StudySetting plain{"", {{"agent.gamma", "0.99"}, {"rewards", "[]"}}};
  const StudySetting low{"w=1", {{"w", "1"}}}, high{"w=2", {{"w", "2"}}};
  design.cells = {{0, 0, {plain}}, {0, 1, {low, high}}, {1, 0, {plain}}};
  return design;
}

TEST_CASE("a run's file holds its evaluations to six digits and reads back equal", "[eval][unit]") {
  StudyRun run = RunOf({0, 0.123456789, -2.5e-7});
  run.values[1][2] = 1;
  const std::string text = FormatStudyRun(run);
  CHECK(text ==
        "# rove study run\n# task: maze\n# arm: none\n# setting: \n# seed: 3\n# part: reported\n# frames: 300\n"
        "# build: abc SkylakeX\n# resolved: 0123abcd\n# config agent.gamma: 0.99\n# config rewards: []\n"
        "env_steps,eval/episodes,eval/return_mean,eval/success_rate\n"
        "100,50,0,\n200,50,0.123457,1\n300,50,-2.5e-07,\n");
  const StudyRun back = ParseStudyRun(text, "x.csv");
  CHECK(FormatStudyRun(back) == text);
  CHECK(back.config == run.config);
  CHECK(back.Column("eval/return_mean") == std::vector<double>{0, 0.123457, -2.5e-7});
  CHECK(std::isnan(back.Column("eval/success_rate")[0]));
  CHECK_THROWS_WITH(back.Column("eval/x"), Contains("has no column \"eval/x\""));
}

TEST_CASE("a file that is no whole run is refused with its line", "[eval][unit]") {
  const std::string good = FormatStudyRun(RunOf({0, 1}));
  const auto error = [](const std::string& text) {
    try {
      ParseStudyRun(text, "x.csv");
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("nothing was thrown");
  };
  CHECK(error(good) == "nothing was thrown");
  CHECK_THAT(error(good.substr(0, good.size() - 3)), Contains("x.csv:14: does not end with a whole line; remove the file"));
  CHECK_THAT(error("arm,seed\n1,2\n"), Contains("x.csv:1: is no run of a study"));
  CHECK_THAT(error(good + "300,50\n"), Contains("x.csv:15: expected 4 cells"));
  CHECK_THAT(error(good + "300,50,x,\n"), Contains("\"x\" is no number"));
  CHECK_THAT(error(good + "200,50,0,\n"), Contains("env_steps do not rise"));
  CHECK_THAT(error(good.substr(0, good.find("100,50"))), Contains("holds no evaluation"));
  CHECK_THAT(error(good.substr(0, good.find("200,50"))), Contains("x.csv:13: ends before frame 200"));
  CHECK_THAT(error(good + "300,50,,\n400,50,0,\n"), Contains("x.csv:15: the evaluation at frame 300 has no return"));
  CHECK_THAT(error(good + "300,0,1,\n"), Contains("the evaluation at frame 300 has no return"));
  std::string other = good;
  CHECK_THAT(error(other.replace(other.find("return_mean"), 11, "return_each")), Contains("has no column eval/return_mean"));
  CHECK_THAT(error(""), Contains("is empty"));
}

TEST_CASE("evaluations are read from a run's metrics; other rows and absent metrics are not", "[eval][unit]") {
  const TestFolder folder;
  std::ofstream(folder / "metrics.jsonl")
      << "{\"schema\": 1, \"kind\": \"metrics\"}\n"
         "{\"env_steps\": 64, \"train/updates\": 1}\n"
         "{\"env_steps\": 128, \"eval/return_mean\": 0.5, \"eval/episodes\": 4, \"x/y\": 3}\n"
         "{\"env_steps\": 200, \"eval/return_mean\": 1, \"eval/episodes\": 4, \"x/y\": null}\n";
  StudyRun run;
  ReadEvaluations(folder / "", {"x/y"}, &run);
  CHECK(run.env_steps == std::vector<double>{128, 200});
  CHECK(run.Column("eval/return_mean") == std::vector<double>{0.5, 1});
  CHECK(run.Column("x/y")[0] == 3);
  CHECK(std::isnan(run.Column("x/y")[1]));
  CHECK(std::isnan(run.Column("eval/success_rate")[0]));
}

TEST_CASE("final return, return over frames and frames to solve, worked by hand", "[eval][unit]") {
  const StudyRun run = RunOf({0, 0.2, 0.8, 0.9, 0.7});
  CHECK(FinalReturn(run, 100) == Approx(0.8));  // the last two evaluations of 50
  CHECK(FinalReturn(run, 50) == Approx(0.7));
  CHECK(FinalReturn(run, 1000) == Approx(0.52));  // all there are
  // 0 up to 100, then trapezoids 0.1, 0.5, 0.85, 0.8 of width 100, over 500.
  CHECK(MeanReturn(run) == Approx(0.45));
  CHECK(SolvingEvaluation(run, 0.85, 100) == 3);  // mean of 0.8 and 0.9
  CHECK(SolvingEvaluation(run, 0.8, 50) == 2);
  CHECK(!SolvingEvaluation(run, 0.86, 100));
  CHECK(!SolvingEvaluation(RunOf({1}), 0.5, 100));  // no whole window
}

TEST_CASE("order of work: a cell's tuning, its seed 1, then the next cell; then seed 2", "[eval][unit]") {
  const StudyDesign design = TwoByTwo();
  std::string names;
  for (const StudyItem& item : WorkOrder(design)) names += CsvName(design, item) + "\n";
  CHECK(names ==
        "runs/maze/none-s1.csv\n"
        "runs/maze/tuning/count-1-s1001.csv\nruns/maze/tuning/count-2-s1001.csv\n"
        "runs/maze/tuning/count-1-s1002.csv\nruns/maze/tuning/count-2-s1002.csv\n"
        "runs/maze/count-s1.csv\nruns/lock/none-s1.csv\nruns/maze/none-s2.csv\nruns/maze/count-s2.csv\n");
}

TEST_CASE("the setting with the best mean over all tuning seeds is chosen, the first of equals, none before all are there",
          "[eval][unit]") {
  const StudyDesign design = TwoByTwo();
  StudyRuns runs;
  const auto put = [&](std::size_t setting, Seed seed, double x) {
    runs[{.cell = 1, .tuning = true, .setting = setting, .seed = seed}] = RunOf({x});
  };
  CHECK(ChosenSetting(design, runs, 0) == 0);  // has one only
  put(0, 1001, 0.5);
  put(1, 1001, 0.9);
  put(0, 1002, 0.5);
  CHECK(!ChosenSetting(design, runs, 1));
  put(1, 1002, 0.1);
  CHECK(TuningScore(design, runs, 1, 1) == Approx(0.5));
  CHECK(ChosenSetting(design, runs, 1) == 0);
  put(1, 1002, 0.2);
  CHECK(ChosenSetting(design, runs, 1) == 1);
}

TEST_CASE("a cell tuned on another task takes what was chosen there, and is not tried itself", "[eval][unit]") {
  StudyDesign design = TwoByTwo();
  design.cells.push_back({.task = 1, .arm = 1, .settings = design.cells[1].settings, .tuned_on = 1});
  for (const StudyItem& item : WorkOrder(design)) CHECK((item.cell != 3 || !item.tuning));
  StudyRuns runs;
  CHECK(!ChosenSetting(design, runs, 3));
  for (const Seed seed : {1001u, 1002u}) {
    for (const std::size_t setting : {0u, 1u})
      runs[{.cell = 1, .tuning = true, .setting = setting, .seed = seed}] = RunOf({static_cast<double>(setting)});
  }
  CHECK(ChosenSetting(design, runs, 3) == 1);
}

TEST_CASE("finished runs of another config, of a setting that was not chosen, or damaged, are left out by name", "[eval][unit]") {
  const TestFolder folder;
  const StudyDesign design = TwoByTwo();
  const auto put = [&](const StudyItem& item, StudyRun run, std::map<std::string, std::string> config) {
    run.config = std::move(config);
    run.task = design.task_name(design.cells[item.cell]);
    run.arm = design.arm_name(design.cells[item.cell]);
    run.seed = item.seed;
    run.tuning = item.tuning;
    const std::string path = folder / CsvName(design, item);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    WriteFileAtomically(path, FormatStudyRun(run));
  };
  put({.cell = 0, .seed = 1}, RunOf({0}), {{"agent.gamma", "0.99"}, {"rewards", "[]"}});
  put({.cell = 0, .seed = 2}, RunOf({0}), {{"agent.gamma", "0.9"}, {"rewards", "[]"}});
  const auto copy = [&](const char* from, const char* to) {
    std::filesystem::copy_file(folder / from, folder / to, std::filesystem::copy_options::overwrite_existing);
  };
  put({.cell = 1, .seed = 1}, RunOf({0}), {{"w", "2"}});
  std::ofstream(folder / "runs/maze/count-s2.csv") << "torn";
  std::vector<std::string> refused;
  CHECK(ReadStudyRuns(design, folder / "", &refused).size() == 1);
  REQUIRE(refused.size() == 3);
  CHECK_THAT(refused[0], Contains("count-s1.csv: its setting is not known, since tuning runs are missing"));
  CHECK_THAT(refused[1], Contains("none-s2.csv: was made with another config: agent.gamma: was 0.9, is 0.99"));
  CHECK_THAT(refused[2], Contains("count-s2.csv: its setting is not known"));
  for (const Seed seed : {1001, 1002}) {
    put({.cell = 1, .tuning = true, .setting = 0, .seed = seed}, RunOf({0}), {{"w", "1"}});
    put({.cell = 1, .tuning = true, .setting = 1, .seed = seed}, RunOf({1}), {{"w", "2"}});
  }
  refused.clear();
  CHECK(ReadStudyRuns(design, folder / "", &refused).size() == 6);
  REQUIRE(refused.size() == 2);
  CHECK_THAT(refused[1], Contains("count-s2.csv:1: does not end with a whole line"));
  CHECK(UnnamedRuns(design, folder / "").empty());
  copy("runs/maze/none-s1.csv", "runs/maze/none-s9.csv");
  copy("runs/maze/none-s1.csv", "runs/maze/tuning/else-1-s1001.csv");
  const auto unnamed = UnnamedRuns(design, folder / "");
  REQUIRE(unnamed.size() == 2);
  CHECK_THAT(unnamed[0], Contains("runs/maze/none-s9.csv: the study has no such task, arm, seed or setting"));
  CHECK_THAT(unnamed[1], Contains("runs/maze/tuning/else-1-s1001.csv: "));
  put({.cell = 1, .seed = 1}, RunOf({0}), {{"w", "1"}});
  refused.clear();
  CHECK(ReadStudyRuns(design, folder / "", &refused).size() == 5);
  CHECK_THAT(refused[0], Contains("count-s1.csv: was made with another config: w: was 1, is 2"));
  put({.cell = 1, .seed = 1}, RunOf({0}), {});
  copy("runs/maze/none-s1.csv", "runs/maze/none-s2.csv");
  refused.clear();
  CHECK(ReadStudyRuns(design, folder / "", &refused).size() == 5);
  CHECK_THAT(refused[0], Contains("count-s1.csv: was made with another config: w: was not given, is 2"));
  CHECK_THAT(refused[1], Contains("none-s2.csv: holds another run, maze/none seed 1; remove the file"));
}

}  // namespace
}  // namespace rove
