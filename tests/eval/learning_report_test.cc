#include "eval/learning_report.h"

#include <catch2/catch.hpp>

#include "eval/learning_summary.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;

constexpr double kFrames = 400;

// Evaluations of 100 episodes at 100 .. 400 frames.
StudyRun RunOf(const std::string& task, const std::string& arm, Seed seed, const std::vector<double>& returns) {
  StudyRun run{.task = task, .arm = arm, .setting = "", .seed = seed, .frames = 400, .build = "abc", .resolved = "1"};
  run.columns = {"eval/episodes", "eval/return_mean"};
  for (const double x : returns) {
    run.env_steps.push_back(100 * static_cast<double>(run.env_steps.size() + 1));
    run.values.push_back({100, x});
  }
  return run;
}

// Two tasks with two arms, one of which is tuned on the first, and a third task with one arm.
StudyDesign Design() {
  StudyDesign design;
  design.name = "test";
  design.title = "A test <of> all";
  design.against = "none";
  design.tuning_seeds = 1;
  design.tasks = {{.name = "maze", .env = "e", .frames = 400, .seeds = 2, .solved_at = 0.5},
                  {.name = "walk", .env = "f", .frames = 400, .seeds = 2, .low = -100, .high = 100},
                  {.name = "alone", .env = "g", .frames = 400, .seeds = 1}};
  design.tasks[0].references = {{"They", "a paper", 0.7, 300}};
  design.arms = {{"none", ""}, {"count", "counts"}};
  const StudySetting plain{"", {{"agent.gamma", "0.99"}}};
  design.cells = {{0, 0, {plain}},
                  {0, 1, {{"w=1", {{"agent.gamma", "0.99"}, {"w", "1"}}}, {"w=2", {{"agent.gamma", "0.99"}, {"w", "2"}}}}},
                  {1, 0, {plain}},
                  {1, 1, {plain}},
                  {2, 0, {plain}}};
  return design;
}

StudyRuns Runs() {
  StudyRuns runs;
  runs[{.cell = 0, .seed = 1}] = RunOf("maze", "none", 1, {0, 0, 0, 0.25});
  runs[{.cell = 0, .seed = 2}] = RunOf("maze", "none", 2, {0, 0, 0, 0});
  runs[{.cell = 1, .tuning = true, .setting = 0, .seed = 1001}] = RunOf("maze", "count", 1001, {0, 0, 0, 0.5});
  runs[{.cell = 1, .tuning = true, .setting = 1, .seed = 1001}] = RunOf("maze", "count", 1001, {0, 0.5, 0.5, 0.5});
  runs[{.cell = 1, .seed = 1}] = RunOf("maze", "count", 1, {0, 0, 0.75, 1});
  runs[{.cell = 1, .seed = 2}] = RunOf("maze", "count", 2, {0, 0, 0, 0.25});
  runs[{.cell = 2, .seed = 1}] = RunOf("walk", "none", 1, {0, 0, 0, 0});
  runs[{.cell = 3, .seed = 1}] = RunOf("walk", "count", 1, {0, 0, 0, -50});
  return runs;
}

TEST_CASE("summary of a cell: returns, censored frames to solve, probability of improvement", "[eval][unit]") {
  const StudyRuns runs = Runs();
  const auto cells = SummarizeCells(Design(), runs);
  REQUIRE(cells.size() == 5);
  const CellSummary& count = cells[1];
  CHECK(count.final_return == std::vector<double>{1, 0.25});  // tuning runs are not among them
  CHECK(count.solved() == 1);
  CHECK(count.median_to_solve == 300);
  CHECK(count.restricted_to_solve == (300 + 400) / 2.0);
  // Against 0.25 and 0: 1 beats both, 0.25 ties one and beats one.
  REQUIRE(count.better);
  CHECK(count.better->probability == (2 + 1.5) / 4);
  REQUIRE(count.better->interval);
  CHECK(count.better->interval->low <= 0.5);
  CHECK(count.better->interval->high == 1);
  CHECK(count.better->p == Approx(4.0 / 6));  // of the six deals of 0, 0.25, 0.25, 1 two are even
  // One of two solves, the others tie.
  REQUIRE(count.sooner);
  CHECK(count.sooner->probability == (2 + 1) / 4.0);
  CHECK(count.sooner->p == Approx(1));
  REQUIRE(count.restricted_interval);
  CHECK(count.restricted_interval->low == 300);
  CHECK(count.restricted_interval->high == 400);
  REQUIRE(count.final_iqm_interval);
  CHECK(count.final_iqm_interval->low == 0.25);
  CHECK(count.final_iqm_interval->high == 1);
  CHECK(!cells[0].better);
  CHECK(!cells[0].sooner);
  CHECK(!cells[0].median_to_solve);
  CHECK(cells[0].restricted_to_solve == kFrames);
  CHECK(!cells[0].restricted_interval);  // nobody solves
  REQUIRE(cells[3].better);
  CHECK(cells[3].better->probability == 0);
  CHECK(!cells[3].better->interval);  // of one seed
  CHECK(cells[3].better->p == 1);
  CHECK(!cells[3].sooner);  // not a task that is solved or not
  CHECK(!cells[3].final_iqm_interval);
  CHECK(cells[4].runs.empty());
}

TEST_CASE("summary of a cell: where exactly in frames a run ends or solves, within one evaluation, says nothing",
          "[eval][unit]") {
  StudyRuns runs;
  const std::vector<std::vector<double>> returns = {{0, 0, 0, 1}, {0, 0, 0, 0}, {0, 0, 0, 0}};
  for (std::size_t k = 0; k < 3; ++k) {
    const Seed seed = k + 1;
    runs[{.cell = 0, .seed = seed}] = RunOf("maze", "none", seed, returns[k]);
    runs[{.cell = 1, .seed = seed}] = RunOf("maze", "count", seed, returns[k]);
    runs[{.cell = 0, .seed = seed}].env_steps[3] += 9;                               // "none" solves at 409,
    runs[{.cell = 1, .seed = seed}].env_steps[3] += static_cast<double>(3 - k) * 2;  // "count" at 406
  }
  const auto cells = SummarizeCells(Design(), runs);
  CHECK(cells[1].to_solve[0].time == kFrames);
  CHECK(!cells[1].median_to_solve);  // one of three, though the others ended a little before it
  REQUIRE(cells[1].sooner);
  CHECK(cells[1].sooner->probability == 0.5);
  CHECK(cells[1].sooner->p == 1);
}

TEST_CASE("over tasks: scaled returns, rliable's aggregates and profile, arms without all tasks named", "[eval][unit]") {
  StudyRuns runs = Runs();
  runs[{.cell = 2, .seed = 2}] = RunOf("walk", "none", 2, {0, 0, 0, 0});
  runs[{.cell = 3, .seed = 2}] = RunOf("walk", "count", 2, {0, 0, 0, 0});
  const StudyDesign design = Design();
  auto over = SummarizeOverTasks(design, SummarizeCells(design, runs));
  CHECK(over.tasks == std::vector<std::size_t>{0, 1});  // a task with one arm compares nothing
  REQUIRE(over.arms.size() == 2);
  const ArmOverTasks& count = over.arms[1];  // scores: maze 1, 0.25; walk (-50 + 100) / 200 = 0.25, 0.5
  CHECK(count.seeds == 2);
  CHECK(count.iqm == Approx(0.375));  // of four, one is dropped at each end
  CHECK(count.mean == Approx((0.625 + 0.375) / 2));
  CHECK(count.median == Approx((0.625 + 0.375) / 2));
  CHECK(count.optimality_gap == Approx(1 - (0.625 + 0.375) / 2));
  CHECK(count.improvement == Approx((0.875 + 0.25) / 2));
  const auto above = [&](double tau) { return count.profile.y[static_cast<std::size_t>(tau * 200 + 0.5)]; };
  CHECK(above(0) == 1);
  CHECK(above(0.24) == 1);
  CHECK(above(0.25) == 0.5);  // strictly above
  CHECK(above(1) == 0);
  CHECK(count.iqm_interval);
  // With one seed on one of the tasks, one on each: maze 1; walk 0.25.
  runs.erase({.cell = 3, .seed = 2});
  over = SummarizeOverTasks(design, SummarizeCells(design, runs));
  CHECK(over.arms[0].seeds == 2);
  CHECK(over.arms[1].seeds == 1);
  CHECK(over.arms[1].iqm == Approx(0.625));
  CHECK(!over.arms[1].iqm_interval);
  CHECK(over.arms[1].improvement == Approx((1 + 0) / 2.0));
  runs.erase({.cell = 3, .seed = 1});
  over = SummarizeOverTasks(design, SummarizeCells(design, runs));
  CHECK(over.arms.size() == 1);
  CHECK(over.missing == std::vector<std::string>{"count (no run on walk)"});
  runs.erase({.cell = 2, .seed = 1});
  runs.erase({.cell = 2, .seed = 2});
  CHECK(SummarizeOverTasks(design, SummarizeCells(design, runs)).tasks == std::vector<std::size_t>{0});  // walk has no run
}

TEST_CASE("report: a setting that won a draw is not shown as a choice", "[eval][unit]") {
  StudyRuns runs = Runs();
  CHECK_THAT(MakeLearningReport(Design(), runs, {}, "x").html, !Contains("equals)"));
  for (auto& [item, run] : runs)
    if (item.tuning) run = RunOf("maze", "count", item.seed, {0, 0, 0, 0});
  const auto report = MakeLearningReport(Design(), runs, {}, "x");
  CHECK_THAT(report.html, Contains("chosen (first of 2 equals)"));
  CHECK_THAT(report.markdown, Contains("(first of 2 equals)"));
  for (auto& [item, run] : runs)
    if (item.tuning && item.setting == 1) run = RunOf("maze", "count", item.seed, {0, 0, 0, 0.001});
  CHECK_THAT(MakeLearningReport(Design(), runs, {}, "x").markdown, Contains("w=2 (by less than is shown)"));
}

TEST_CASE("report: every seed is drawn, tuning and published figures are shown, what was not run is said", "[eval][unit]") {
  const auto report =
      MakeLearningReport(Design(), Runs(), {"runs/maze/x.csv: was made with another config"}, "rove study report test");
  CHECK_THAT(report.html, Contains("<h1>A test &lt;of&gt; all</h1>"));
  CHECK_THAT(report.html, Contains("Not finished: walk/none (1 of 2 seeds), walk/count (1 of 2 seeds), alone (no run)."));
  CHECK_THAT(report.html, Contains("Left out: runs/maze/x.csv: was made with another config"));
  CHECK_THAT(report.html, Contains("<td>w=2</td>") && Contains("chosen"));
  CHECK_THAT(report.html, Contains("a paper") && Contains("They at 300"));
  CHECK_THAT(report.html, Contains("<td>1 of 2</td>") || Contains("<td class=\"number\">1 of 2</td>"));
  CHECK_THAT(report.html, Contains("All runs: agent.gamma=0.99;"));
  CHECK_THAT(report.html, Contains("<td>walk</td><td>count</td><td></td>") && !Contains("<td>alone</td>"));
  CHECK_THAT(report.markdown, Contains("\nLeft out: runs/maze/x.csv: was made with another config\n"));
  std::string without_names = report.html;  // of XML's namespaces, which nobody fetches
  const std::string svg_name = "xmlns=\"http://www.w3.org/2000/svg\"";
  for (std::size_t at; (at = without_names.find(svg_name)) != std::string::npos;) without_names.erase(at, svg_name.size());
  CHECK_THAT(without_names, !Contains("http"));
  const auto lines = [](const std::string& svg) {
    int count = 0;
    for (std::size_t at = svg.find("stroke-opacity=\"0.45\""); at != svg.npos; at = svg.find("stroke-opacity=\"0.45\"", at + 1))
      ++count;
    return count;
  };
  CHECK(lines(report.figures.at("maze.svg")) == 4);  // two arms of two seeds
  CHECK(report.figures.size() == 2);                 // nothing to draw for a task without runs
  CHECK(report.csv ==
        "task,arm,setting,seed,frames,final_return,mean_return,frames_to_solve\n"
        "maze,none,,1,400,0.25,0.03125,\nmaze,none,,2,400,0,0,\n"
        "maze,count,,1,400,1,0.3125,300\nmaze,count,,2,400,0.25,0.03125,\n"
        "walk,none,,1,400,0,0,\nwalk,count,,1,400,-50,-6.25,\n");
  CHECK_THAT(report.markdown,
             Contains("| count | w=2 | 2 | 0.62 [") && Contains("| none | - | 1 | 0: 0 |") && Contains("![maze](maze.svg)"));
  CHECK_THAT(report.markdown, Contains("| 1 of 2 | 300, 350 [300, 400] | 0.75 [0.50, 1.00], 1.00 |"));
  CHECK_THAT(report.markdown, Contains("## alone\n\n400 frames. No run of a reported seed is finished.\n"));
  CHECK_THAT(report.markdown, Contains("| 0 of 2 | > 400, 400 | -, - |"));  // a budget, not a time
  CHECK(MakeLearningReport(Design(), Runs(), {}, "x").html == MakeLearningReport(Design(), Runs(), {}, "x").html);
}

TEST_CASE("report: a study without any run is a page that says so", "[eval][unit]") {
  const auto report = MakeLearningReport(Design(), {}, {}, "x");
  CHECK_THAT(report.html, Contains("Not finished: maze (no run), walk (no run), alone (no run)."));
  CHECK(report.figures.empty());
}

}  // namespace
}  // namespace rove
