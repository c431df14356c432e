#include "eval/learning_summary.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/error.h"

namespace rove {
namespace {

constexpr Seed kBootstrapSeed = 1;

std::optional<Interval> IntervalOver(const Strata& scores, double (*statistic)(const Strata&)) {
  if (std::ranges::any_of(scores, [](const auto& seeds) { return seeds.size() < 2; })) return std::nullopt;
  const Interval interval = StratifiedBootstrap(scores, statistic, kBootstrapSeed);
  return interval.low < interval.high ? std::optional(interval) : std::nullopt;
}

double IqmOfAll(const Strata& scores) {
  std::vector<double> all;
  for (const auto& task : scores) all.insert(all.end(), task.begin(), task.end());
  return Iqm(all);
}
std::vector<double> TaskMeans(const Strata& scores) {
  std::vector<double> means;
  for (const auto& task : scores) means.push_back(Mean(task));
  return means;
}
double MedianOfTasks(const Strata& scores) { return Quantile(TaskMeans(scores), 0.5); }
double MeanOfTasks(const Strata& scores) { return Mean(TaskMeans(scores)); }
double OptimalityGap(const Strata& scores) {
  Strata lacking = scores;
  for (auto& task : lacking) {
    for (double& score : task) score = 1 - std::min(score, 1.0);
  }
  return MeanOfTasks(lacking);
}

// scores: the arm's tasks, then the other arm's.
double MeanImprovement(const Strata& scores) {
  const std::size_t tasks = scores.size() / 2;
  double sum = 0;
  for (std::size_t t = 0; t < tasks; ++t) sum += ProbabilityOfImprovement(scores[t], scores[tasks + t]);
  return sum / static_cast<double>(tasks);
}

Comparison Compare(const std::vector<double>& scores, const std::vector<double>& others) {
  return {.probability = ProbabilityOfImprovement(scores, others),
          .interval = IntervalOver({scores, others}, MeanImprovement),
          .p = MannWhitney(scores, others)};
}

Curve Profile(const Strata& scores) {
  Curve profile;
  for (int i = 0; i <= 200; ++i) {
    const double tau = i / 200.0;
    Strata above = scores;
    for (auto& task : above) {
      for (double& score : task) score = score > tau ? 1 : 0;
    }
    profile.x.push_back(tau);
    profile.y.push_back(MeanOfTasks(above));
  }
  return profile;
}

const CellSummary* Find(const StudyDesign& design, const std::vector<CellSummary>& cells, std::size_t task,
                        const std::string& arm) {
  for (const CellSummary& cell : cells) {
    const StudyCell& at = design.cells[cell.cell];
    if (at.task == task && design.arm_name(at) == arm && !cell.runs.empty()) return &cell;
  }
  return nullptr;
}

}  // namespace

int CellSummary::solved() const {
  return static_cast<int>(std::count_if(to_solve.begin(), to_solve.end(), [](const Duration& d) { return d.event; }));
}

std::vector<CellSummary> SummarizeCells(const StudyDesign& design, const StudyRuns& runs) {
  std::vector<CellSummary> cells(design.cells.size());
  for (std::size_t c = 0; c < cells.size(); ++c) cells[c].cell = c;
  for (const auto& [item, run] : runs) {  // by cell and seed
    if (item.tuning) continue;
    CellSummary& cell = cells[item.cell];
    const StudyTask& task = design.tasks[design.cells[item.cell].task];
    cell.runs.push_back(&run);
    cell.final_return.push_back(FinalReturn(run, design.window));
    cell.mean_return.push_back(MeanReturn(run));
    if (!task.solved_at) continue;
    const auto budget = static_cast<double>(task.frames);
    const auto row = SolvingEvaluation(run, *task.solved_at, design.window);
    cell.to_solve.push_back({.time = row ? std::min(run.env_steps[*row], budget) : budget, .event = row.has_value()});
    cell.earliness.push_back(row ? -static_cast<double>(*row) : -std::numeric_limits<double>::infinity());
  }
  for (CellSummary& cell : cells) {
    if (cell.runs.empty()) continue;
    cell.final_iqm_interval = IntervalOver({cell.final_return}, IqmOfAll);
    if (cell.to_solve.empty()) continue;
    cell.median_to_solve = MedianTime(KaplanMeier(cell.to_solve));
    std::vector<double> restricted;
    for (const Duration& d : cell.to_solve) restricted.push_back(d.time);
    cell.restricted_to_solve = Mean(restricted);
    cell.restricted_interval = IntervalOver({restricted}, MeanOfTasks);
  }
  for (CellSummary& cell : cells) {
    const StudyCell& at = design.cells[cell.cell];
    const CellSummary* other = Find(design, cells, at.task, design.against);
    if (other == nullptr || other == &cell || cell.runs.empty()) continue;
    cell.better = Compare(cell.final_return, other->final_return);
    if (!cell.to_solve.empty()) cell.sooner = Compare(cell.earliness, other->earliness);
  }
  return cells;
}

OverTasks SummarizeOverTasks(const StudyDesign& design, const std::vector<CellSummary>& cells) {
  OverTasks out;
  for (std::size_t t = 0; t < design.tasks.size(); ++t) {
    std::size_t arms = 0, runs = 0;
    for (const CellSummary& cell : cells) {
      if (design.cells[cell.cell].task == t) ++arms, runs += cell.runs.size();
    }
    if (arms > 1 && runs > 0) out.tasks.push_back(t);
  }
  if (out.tasks.empty()) return out;
  // Scores of an arm, task by task; none if a task has no runs of it (then *missing names that task).
  const auto scores_of = [&](const std::string& arm, std::string* missing) -> std::optional<Strata> {
    Strata scores;
    for (const std::size_t t : out.tasks) {
      const CellSummary* cell = Find(design, cells, t, arm);
      const StudyTask& task = design.tasks[t];
      if (cell == nullptr) {
        *missing = task.name;
        return std::nullopt;
      }
      auto& of_task = scores.emplace_back();
      for (const double x : cell->final_return) of_task.push_back((x - task.low) / (task.high - task.low));
    }
    const auto fewest = std::ranges::min(scores, {}, &std::vector<double>::size).size();
    for (auto& of_task : scores) of_task.resize(fewest);
    return scores;
  };
  std::string unused;
  const auto against = scores_of(design.against, &unused);
  for (std::size_t a = 0; a < design.arms.size(); ++a) {
    std::string missing;
    const auto scores = scores_of(design.arms[a].name, &missing);
    if (!scores) {
      out.missing.push_back(design.arms[a].name + " (no run on " + missing + ")");
      continue;
    }
    ArmOverTasks& arm = out.arms.emplace_back();
    arm.arm = a;
    arm.seeds = scores->front().size();
    const auto estimate = [&](double (*statistic)(const Strata&), double* value, std::optional<Interval>* interval) {
      *value = statistic(*scores);
      *interval = IntervalOver(*scores, statistic);
    };
    estimate(IqmOfAll, &arm.iqm, &arm.iqm_interval);
    estimate(MedianOfTasks, &arm.median, &arm.median_interval);
    estimate(MeanOfTasks, &arm.mean, &arm.mean_interval);
    estimate(OptimalityGap, &arm.optimality_gap, &arm.gap_interval);
    arm.profile = Profile(*scores);
    if (!against || design.arms[a].name == design.against) continue;
    Strata both = *scores;
    both.insert(both.end(), against->begin(), against->end());
    arm.improvement = MeanImprovement(both);
    arm.improvement_interval = IntervalOver(both, MeanImprovement);
  }
  return out;
}

}  // namespace rove
