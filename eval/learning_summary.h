// The numbers of a learning study: one row a cell (an arm on a task), and arms compared over tasks. What they mean is said where
// they are shown (eval/learning_report.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/learning_study.h"
#include "eval/plot.h"
#include "eval/statistics.h"

namespace rove {

// How often a run of one cell has the better of a run of another.
struct Comparison {
  double probability = 0;            // ties half
  std::optional<Interval> interval;  // none where there is one seed, or every pair goes one way
  double p = 1;                      // MannWhitney's
};

// Over the reported runs of a cell that are there, seed by seed. Intervals are 95 %, bootstrap over seeds; none where all
// resamples are alike, as those of one seed, or of five that never left 0: it would have no width, and so claim what seeds cannot
// show.
struct CellSummary {
  std::size_t cell = 0;
  std::vector<const StudyRun*> runs;
  std::vector<double> final_return, mean_return;  // FinalReturn, MeanReturn
  std::optional<Interval> final_iqm_interval;     // of final_return's IQM
  // If the task has solved_at. Frames of the evaluation that solved it, at most the task's; a run that none solved is censored at
  // the task's frames: where exactly a run ends (a rollout's dead rows count no frames) says nothing.
  std::vector<Duration> to_solve;
  std::vector<double> earliness;          // higher is sooner: minus the number of that evaluation, -inf for none
  std::optional<double> median_to_solve;  // Kaplan-Meier; none: fewer than half have solved
  double restricted_to_solve = 0;         // mean of min(frames to solve, budget)
  std::optional<Interval> restricted_interval;
  // Against the same task's `against` arm; none if either has no runs or it is that arm. Better: in final_return. Sooner: in
  // the evaluation that solves; two runs with the same, or with none, are a tie.
  std::optional<Comparison> better, sooner;
  int solved() const;
};
std::vector<CellSummary> SummarizeCells(const StudyDesign& design, const StudyRuns& runs);

// One arm over all tasks that have more than one arm and a run, returns scaled so that the task's `scale` is 0 and 1. Only arms
// with runs on each of these tasks are here, each with its first `seeds` runs on every task: with more of an easy task than of a
// hard one, an IQM over all runs would be too good.
struct ArmOverTasks {
  std::size_t arm = 0;
  std::size_t seeds = 0;
  double iqm = 0, median = 0, mean = 0, optimality_gap = 0;
  std::optional<Interval> iqm_interval, median_interval, mean_interval, gap_interval;
  std::optional<double> improvement;  // mean over tasks of the probability of improvement on `against`
  std::optional<Interval> improvement_interval;
  Curve profile;  // x: score tau; y: mean over tasks of the share of runs with a score above tau
};
struct OverTasks {
  std::vector<std::size_t> tasks;
  std::vector<ArmOverTasks> arms;
  std::vector<std::string> missing;  // "rnd (no run on KeyCorridorS4R3)"
};
OverTasks SummarizeOverTasks(const StudyDesign& design, const std::vector<CellSummary>& cells);

}  // namespace rove
