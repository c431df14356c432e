#include "eval/learning_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "eval/html_report.h"
#include "eval/learning_summary.h"
#include "eval/plot.h"
#include "eval/statistics.h"

namespace rove {
namespace {

using Row = std::vector<std::string>;

std::string Frames(double frames) {
  if (frames >= 1e6) return fmt::format("{:.2f} M", frames / 1e6);
  return frames >= 1e3 ? fmt::format("{:.0f} k", frames / 1e3) : fmt::format("{:.0f}", frames);
}

// "0.80 [0.70, 1.00]", each number as `format` writes it.
template <class Format>
std::string WithInterval(double x, const std::optional<Interval>& interval, const Format& format) {
  return format(x) + (interval ? " [" + format(interval->low) + ", " + format(interval->high) + "]" : "");
}

// Returns with digits that suit the task's scale.
struct Digits {
  explicit Digits(const StudyTask& task) : decimals(task.high - task.low >= 50 ? 0 : 2) {}
  std::string operator()(double x) const { return fmt::format("{:.{}f}", x + 0.0, decimals); }
  std::string operator()(double x, const std::optional<Interval>& interval) const { return WithInterval(x, interval, *this); }
  int decimals;
};

std::string Share(double x, const std::optional<Interval>& interval) {
  return WithInterval(x, interval, [](double share) { return fmt::format("{:.2f}", share); });
}

// "0.90 [0.70, 1.00]" and "0.03"; "-" for the arm that others are compared with.
std::string Probability(const std::optional<Comparison>& c) { return c ? Share(c->probability, c->interval) : "-"; }
std::string P(const std::optional<Comparison>& c) {
  if (!c) return "-";
  return c->p < 0.001 ? "< 0.001" : fmt::format("{:.{}f}", c->p, c->p < 0.1 ? 3 : 2);
}

struct Census {
  int seeds = 0, planned_seeds = 0, tuning = 0, planned_tuning = 0;
  bool begun() const { return seeds + tuning > 0; }
  bool whole() const { return seeds == planned_seeds && tuning == planned_tuning; }
};
std::vector<Census> Count(const StudyDesign& design, const StudyRuns& runs) {
  std::vector<Census> census(design.cells.size());
  for (const StudyItem& item : WorkOrder(design)) {
    Census& cell = census[item.cell];
    ++(item.tuning ? cell.planned_tuning : cell.planned_seeds);
    if (runs.contains(item)) ++(item.tuning ? cell.tuning : cell.seeds);
  }
  return census;
}

std::string NotRun(const StudyDesign& design, const std::vector<Census>& census) {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  for (std::size_t t = 0; t < design.tasks.size(); ++t) {
    std::vector<std::size_t> unfinished;
    bool begun = false;
    for (std::size_t c = 0; c < census.size(); ++c) {
      if (design.cells[c].task != t) continue;
      begun = begun || census[c].begun();
      if (!census[c].whole()) unfinished.push_back(c);
    }
    if (!begun) {
      add(design.tasks[t].name + " (no run)");
      continue;
    }
    for (const std::size_t c : unfinished) {
      const Census& cell = census[c];
      add(fmt::format("{}/{} ({} of {} seeds{})", design.tasks[t].name, design.arm_name(design.cells[c]), cell.seeds,
                      cell.planned_seeds,
                      cell.planned_tuning == 0 ? "" : fmt::format(", {} of {} tuning runs", cell.tuning, cell.planned_tuning)));
    }
  }
  return text.empty() ? "Every planned run is finished." : "Not finished: " + text + ".";
}

// " (first of n equals)" where other settings scored as much, " (by less than is shown)" where another's score reads the same, ""
// elsewhere: an arm that no setting helped is not tuned.
std::string Tie(const StudyDesign& design, const StudyRuns& runs, std::size_t cell, std::size_t chosen) {
  if (const auto other = design.cells[cell].tuned_on) return Tie(design, runs, *other, chosen);
  const auto best = TuningScore(design, runs, cell, chosen);
  const Digits digits(design.tasks[design.cells[cell].task]);
  std::size_t equals = 0, alike = 0;
  for (std::size_t s = 0; s < design.cells[cell].settings.size(); ++s) {
    const auto score = TuningScore(design, runs, cell, s);
    equals += score == best;
    alike += digits(*score) == digits(*best);
  }
  if (equals > 1) return fmt::format(" (first of {} equals)", equals);
  return alike > 1 ? " (by less than is shown)" : "";
}

std::string Chosen(const StudyDesign& design, const StudyRuns& runs, std::size_t cell) {
  const StudyCell& c = design.cells[cell];
  if (!c.has_choice()) return "-";
  const auto chosen = ChosenSetting(design, runs, cell);
  return (chosen ? c.settings[*chosen].label + Tie(design, runs, cell, *chosen) : "not chosen yet") +
         (c.tuned_on ? " (tuned on " + design.task_name(design.cells[*c.tuned_on]) + ")" : "");
}

std::string Solved(const CellSummary& cell) { return fmt::format("{} of {}", cell.solved(), cell.to_solve.size()); }
std::string MedianToSolve(const CellSummary& cell, double budget) {
  return cell.median_to_solve ? Frames(*cell.median_to_solve) : "> " + Frames(budget);
}
std::string RestrictedToSolve(const CellSummary& cell) {
  return WithInterval(cell.restricted_to_solve, cell.restricted_interval, Frames);
}
// Ascending, those that did not solve at the end: "0.90 M, 1.15 M, > 2.00 M".
std::string AllToSolve(const CellSummary& cell) {
  auto sorted = cell.to_solve;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Duration& a, const Duration& b) { return a.event != b.event ? a.event : a.time < b.time; });
  std::string text;
  for (const Duration& d : sorted) text += (text.empty() ? "" : ", ") + std::string(d.event ? "" : "> ") + Frames(d.time);
  return text;
}

std::vector<const CellSummary*> OfTask(const StudyDesign& design, const std::vector<CellSummary>& cells, std::size_t task) {
  std::vector<const CellSummary*> out;
  for (const CellSummary& cell : cells) {
    if (design.cells[cell.cell].task == task) out.push_back(&cell);
  }
  return out;
}

constexpr const char* kNothing = "No run of a reported seed is finished.";
bool NothingRun(const std::vector<const CellSummary*>& cells) {
  return std::ranges::all_of(cells, [](const CellSummary* cell) { return cell->runs.empty(); });
}

std::string TaskFigure(const StudyDesign& design, const std::vector<const CellSummary*>& cells, const StudyTask& task) {
  std::vector<Arm> arms;
  for (const CellSummary* cell : cells) {
    if (cell->runs.empty()) continue;
    Arm& arm = arms.emplace_back();
    arm.label = design.arm_name(design.cells[cell->cell]);
    arm.style = design.cells[cell->cell].arm;
    for (const StudyRun* run : cell->runs) arm.seeds.push_back({run->env_steps, run->Column("eval/return_mean")});
  }
  PlotText text{.title = task.name, .y_label = "mean return, evaluation"};
  for (const Reference& reference : task.references)
    text.levels.push_back(
        {reference.value, reference.name + (reference.at_frames > 0 ? " at " + Frames(reference.at_frames) : "")});
  if (task.solved_at) text.levels.push_back({*task.solved_at, "solved"});
  return arms.empty() ? "" : PlotSvg(text, arms);
}

// Share of runs that have not solved the task yet, as Kaplan and Meier estimate it.
std::string SurvivalFigure(const StudyDesign& design, const std::vector<const CellSummary*>& cells, const StudyTask& task) {
  std::vector<Arm> arms;
  for (const CellSummary* cell : cells) {
    if (cell->to_solve.empty()) continue;
    Arm& arm = arms.emplace_back();
    arm.label = design.arm_name(design.cells[cell->cell]);
    arm.style = design.cells[cell->cell].arm;
    Curve& steps = arm.seeds.emplace_back();
    steps.x = {0};
    steps.y = {1};
    const SurvivalCurve curve = KaplanMeier(cell->to_solve);
    for (std::size_t k = 0; k < curve.time.size(); ++k) {
      steps.x.insert(steps.x.end(), 2, curve.time[k]);
      steps.y.push_back(steps.y.back());
      steps.y.push_back(curve.survival[k]);
    }
    steps.x.push_back(std::max(steps.x.back(), static_cast<double>(task.frames)));
    steps.y.push_back(steps.y.back());
  }
  PlotText text{.title = task.name + ": not solved yet", .y_label = "share of runs"};
  text.note = "Kaplan-Meier; a run that ends unsolved is censored at its budget";
  text.counts = false;
  return PlotSvg(text, arms);
}

void AddTask(const StudyDesign& design, const StudyRuns& runs, const std::vector<const CellSummary*>& cells, std::size_t t,
             const std::vector<Census>& census, HtmlReport* page) {
  const StudyTask& task = design.tasks[t];
  const Digits digits(task);
  page->Heading(task.name);
  page->Paragraph(fmt::format(
      "{}, {} frames a run.{}{}", task.env, Frames(static_cast<double>(task.frames)),
      task.solved_at ? fmt::format(" Solved: {} evaluation episodes in a row average {} or more.", design.window, *task.solved_at)
                     : "",
      task.note.empty() ? "" : " " + task.note));
  if (NothingRun(cells)) {
    page->Paragraph(kNothing);
    return;
  }
  page->Figure(
      TaskFigure(design, cells, task),
      "Evaluation return over training frames, every seed drawn; a number at the right is the IQM of the last evaluation "
      "alone." +
          std::string(task.references.empty() ? "" : " Dotted: published figures, see the table.") +
          (task.solved_at ? " Dotted, \"solved\": what counts as that." : ""));
  std::vector<Row> rows;
  for (const CellSummary* cell : cells) {
    const Census& count = census[cell->cell];
    Row& row = rows.emplace_back(Row{design.arm_name(design.cells[cell->cell]), Chosen(design, runs, cell->cell),
                                     fmt::format("{} of {}", count.seeds, count.planned_seeds)});
    if (cell->runs.empty()) {
      row.insert(row.end(), 7, "-");
      continue;
    }
    row.insert(row.end(),
               {digits(Mean(cell->final_return)), digits(Quantile(cell->final_return, 0.5)),
                digits(Iqm(cell->final_return), cell->final_iqm_interval),
                fmt::format("{} .. {}", digits(Quantile(cell->final_return, 0)), digits(Quantile(cell->final_return, 1))),
                digits(Iqm(cell->mean_return)), Probability(cell->better), P(cell->better)});
  }
  page->Table({"arm", "setting", "seeds", "mean", "median", "IQM [95 %]", "range", "return over all frames: IQM",
               "better than " + design.against + " [95 %]", "exact p"},
              rows);
  if (task.solved_at) {
    std::vector<Row> solved;
    const auto budget = static_cast<double>(task.frames);
    for (const CellSummary* cell : cells) {
      if (cell->runs.empty()) continue;
      solved.push_back({design.arm_name(design.cells[cell->cell]), Solved(*cell), MedianToSolve(*cell, budget),
                        RestrictedToSolve(*cell), AllToSolve(*cell), Probability(cell->sooner), P(cell->sooner)});
    }
    page->Figure(SurvivalFigure(design, cells, task), "Lower sooner is better.");
    page->Table({"arm", "solved", "median frames", "restricted mean [95 %]", "all", "sooner than " + design.against + " [95 %]",
                 "exact p"},
                solved);
  }
  if (!task.references.empty()) {
    std::vector<Row> references;
    for (const Reference& reference : task.references)
      references.push_back({reference.name, digits(reference.value), reference.at_frames > 0 ? Frames(reference.at_frames) : "-",
                            reference.source});
    page->Table({"published", "return", "frames", "source"}, references);
  }
}

void AddTuning(const StudyDesign& design, const StudyRuns& runs, HtmlReport* page) {
  std::vector<Row> rows;
  std::vector<std::string> marks;
  for (std::size_t c = 0; c < design.cells.size(); ++c) {
    const StudyCell& cell = design.cells[c];
    if (std::ranges::none_of(runs, [c](const auto& run) { return run.first.cell == c && run.first.tuning; })) continue;
    const auto chosen = ChosenSetting(design, runs, c);
    for (std::size_t s = 0; s < cell.settings.size(); ++s) {
      const auto score = TuningScore(design, runs, c, s);
      const Digits digits(design.tasks[cell.task]);
      std::string each;
      for (int k = 0; k < design.tuning_seeds; ++k) {
        const auto run =
            runs.find({.cell = c, .tuning = true, .setting = s, .seed = design.first_tuning_seed + static_cast<Seed>(k)});
        each += (each.empty() ? "" : ", ") + (run == runs.end() ? "-"
                                                                : digits(MeanReturn(run->second)) + " (" +
                                                                      digits(FinalReturn(run->second, design.window)) + ")");
      }
      rows.push_back({design.task_name(cell), design.arm_name(cell), cell.settings[s].label, score ? digits(*score) : "-", each,
                      chosen && *chosen == s ? "chosen" + Tie(design, runs, c, s) : ""});
      marks.push_back(chosen && *chosen == s ? "good" : "");
    }
  }
  page->Heading("Tuning");
  std::string untuned;
  for (std::size_t a = 0; a < design.arms.size(); ++a) {
    const bool any =
        std::any_of(design.cells.begin(), design.cells.end(), [&](const StudyCell& c) { return c.arm == a && c.tuned(); });
    if (!any) untuned += (untuned.empty() ? "" : ", ") + design.arms[a].name;
  }
  page->Paragraph(
      fmt::format("Every tuned arm of a task has the same number of settings, each run on {} tuning seed{} ({}) that {} in no "
                  "other table. Chosen: "
                  "the best mean over these seeds of the return over all frames; the first of equals.{}",
                  design.tuning_seeds, design.tuning_seeds == 1 ? "" : "s",
                  design.tuning_seeds == 1 ? fmt::format("{}", design.first_tuning_seed)
                                           : fmt::format("{} to {}", design.first_tuning_seed,
                                                         design.first_tuning_seed + static_cast<Seed>(design.tuning_seeds) - 1),
                  design.tuning_seeds == 1 ? "is" : "are", untuned.empty() ? "" : " Not tuned: " + untuned + "."));
  if (!rows.empty()) page->Table({"task", "arm", "setting", "score", "each seed (and its final return)", ""}, rows, marks);
}

void AddOverTasks(const StudyDesign& design, const OverTasks& over, HtmlReport* page) {
  if (over.tasks.size() < 2) return;
  page->Heading("Over tasks");
  std::string names;
  for (const std::size_t t : over.tasks) {
    const StudyTask& task = design.tasks[t];
    names += fmt::format("{}{} ({} to {})", names.empty() ? "" : ", ", task.name, task.low, task.high);
  }
  page->Paragraph("Final returns, scaled so that the range named with each task is 0 to 1: " + names +
                  ". Of an arm with more seeds on one task than on another only the first are taken, as many on each.");
  std::vector<Row> rows;
  std::vector<Arm> profiles;
  for (const ArmOverTasks& arm : over.arms) {
    rows.push_back({design.arms[arm.arm].name, std::to_string(arm.seeds), Share(arm.iqm, arm.iqm_interval),
                    Share(arm.median, arm.median_interval), Share(arm.mean, arm.mean_interval),
                    Share(arm.optimality_gap, arm.gap_interval),
                    arm.improvement ? Share(*arm.improvement, arm.improvement_interval) : "-"});
    profiles.push_back({design.arms[arm.arm].name, {arm.profile}, arm.arm});
  }
  if (!rows.empty()) {
    page->Table({"arm", "seeds a task", "IQM [95 %]", "median", "mean", "optimality gap", "better than " + design.against}, rows);
    page->Figure(PlotSvg({.title = "Performance profile",
                          .y_label = "share of runs above",
                          .x_label = "scaled return",
                          .note = "mean over tasks of the share of runs whose final return is above",
                          .counts = false},
                         profiles),
                 "Higher is better.");
  }
  std::string missing;
  for (const std::string& arm : over.missing) missing += (missing.empty() ? "" : ", ") + arm;
  if (!missing.empty()) page->Paragraph("Not here, for want of runs: " + missing + ".");
}

// What all runs have in common, and what each arm and task adds.
void AddConfigs(const StudyDesign& design, const StudyRuns& runs, const std::vector<Census>& census, HtmlReport* page) {
  std::map<std::string, std::set<std::string>> values;
  std::map<std::string, int> given;  // in how many settings
  int settings = 0;
  for (std::size_t c = 0; c < design.cells.size(); ++c) {
    if (!census[c].begun()) continue;
    for (const StudySetting& setting : design.cells[c].settings) {
      ++settings;
      for (const auto& [key, value] : setting.config) values[key].insert(value), ++given[key];
    }
  }
  if (settings == 0) return;
  const auto common = [&](const std::string& key) { return values[key].size() == 1 && given[key] == settings; };
  std::string shared;
  for (const auto& [key, value] : values) {
    if (common(key)) shared += (shared.empty() ? "" : ", ") + key + "=" + *value.begin();
  }
  std::vector<Row> rows;
  for (std::size_t c = 0; c < design.cells.size(); ++c) {
    if (!census[c].begun()) continue;
    const StudyCell& cell = design.cells[c];
    std::string own;
    for (const auto& [key, value] : cell.settings[ChosenSetting(design, runs, c).value_or(0)].config) {
      if (!common(key)) own += (own.empty() ? "" : ", ") + key + "=" + value;
    }
    rows.push_back({design.task_name(cell), design.arm_name(cell), own});
  }
  page->Heading("What was run");
  page->Paragraph("All runs: " + shared + "; everything else at its default. A run's CSV file holds its whole config as given.");
  page->Table({"task", "arm", "besides (of the chosen setting; the first if none is chosen yet)"}, rows);
  for (const StudyArm& arm : design.arms) {
    if (!arm.note.empty()) page->Paragraph(arm.name + ": " + arm.note);
  }
  std::map<std::string, int> builds;
  for (const auto& [item, run] : runs) ++builds[run.build];
  std::string text;
  for (const auto& [build, count] : builds) text += fmt::format("{}{} ({} runs)", text.empty() ? "" : "; ", build, count);
  if (!text.empty()) page->Paragraph("Builds and BLAS kernels: " + text + ".");
}

std::string Markdown(const StudyDesign& design, const StudyRuns& runs, const std::vector<CellSummary>& cells,
                     const std::vector<Census>& census, const std::vector<std::string>& left_out, const std::string& command) {
  std::string text = fmt::format("# {}\n\nMade by `{}`. {}\n", design.title, command, NotRun(design, census));
  for (const std::string& line : left_out) text += "\nLeft out: " + line + "\n";
  for (std::size_t t = 0; t < design.tasks.size(); ++t) {
    const StudyTask& task = design.tasks[t];
    const Digits digits(task);
    const auto budget = static_cast<double>(task.frames);
    text += fmt::format("\n## {}\n\n{} frames. ", task.name, Frames(budget));
    for (const Reference& r : task.references)
      text +=
          fmt::format("{}: {}{} ({}). ", r.name, digits(r.value), r.at_frames > 0 ? " at " + Frames(r.at_frames) : "", r.source);
    const auto of_task = OfTask(design, cells, t);
    if (NothingRun(of_task)) {
      text += std::string(kNothing) + "\n";
      continue;
    }
    text += fmt::format(
        "\n\n| arm | setting | seeds | final return: IQM [95 %]: each | return over all frames: IQM | ends above {} [95 %], p |",
        design.against);
    if (task.solved_at)
      text +=
          fmt::format(" solved | frames to solve: median, restricted mean [95 %] | sooner than {} [95 %], p |", design.against);
    text += "\n| --- | --- | --- | --- | --- | --- |";
    text += task.solved_at ? " --- | --- | --- |\n" : "\n";
    for (const CellSummary* cell : of_task) {
      if (cell->runs.empty()) continue;
      std::string each;
      for (const double x : cell->final_return) each += (each.empty() ? "" : ", ") + digits(x);
      text += fmt::format("| {} | {} | {} | {}: {} | {} | {}, {} |", design.arm_name(design.cells[cell->cell]),
                          Chosen(design, runs, cell->cell), cell->runs.size(),
                          digits(Iqm(cell->final_return), cell->final_iqm_interval), each, digits(Iqm(cell->mean_return)),
                          Probability(cell->better), P(cell->better));
      if (task.solved_at)
        text += fmt::format(" {} | {}, {} | {}, {} |", Solved(*cell), MedianToSolve(*cell, budget), RestrictedToSolve(*cell),
                            Probability(cell->sooner), P(cell->sooner));
      text += "\n";
    }
    text += fmt::format("\n![{0}]({0}.svg)\n", task.name);
  }
  return text;
}

std::string Csv(const std::vector<CellSummary>& cells) {
  std::string text = "task,arm,setting,seed,frames,final_return,mean_return,frames_to_solve\n";
  for (const CellSummary& cell : cells) {
    for (std::size_t i = 0; i < cell.runs.size(); ++i) {
      const StudyRun& run = *cell.runs[i];
      text += fmt::format("{},{},{},{},{},{:.6g},{:.6g},{}\n", run.task, run.arm, run.setting, run.seed, run.frames,
                          cell.final_return[i], cell.mean_return[i],
                          cell.to_solve.empty() || !cell.to_solve[i].event ? "" : fmt::format("{:.0f}", cell.to_solve[i].time));
    }
  }
  return text;
}

}  // namespace

LearningReport MakeLearningReport(const StudyDesign& design, const StudyRuns& runs, const std::vector<std::string>& left_out,
                                  const std::string& command) {
  const std::vector<CellSummary> cells = SummarizeCells(design, runs);
  const std::vector<Census> census = Count(design, runs);
  HtmlReport page(design.title);
  page.Paragraph("Made by: " + command + ", from the runs' CSV files. " + design.note);
  page.Paragraph(NotRun(design, census));
  for (const std::string& line : left_out) page.Paragraph("Left out: " + line);
  page.Paragraph(fmt::format(
      "A final return is the mean of the last {1} evaluation episodes, not the best of any; the return over all "
      "frames is the area "
      "under the evaluation curve divided by its length. IQM: interquartile mean over seeds. Intervals: 95 %, "
      "percentile bootstrap over "
      "seeds, stratified by task; with fewer than about ten seeds they are too narrow, so every seed is drawn and "
      "the range is given; where all resamples are alike, as those of seeds that all end at 0, or an arm has one seed, there is "
      "none. "
      "Better than {0}: probability that a run of this arm ends above one of that arm, ties half; sooner: that it solves the "
      "task at an earlier evaluation, the same or none being a tie. The p beside them, Mann and Whitney's, two-sided and exact, "
      "is of the hypothesis that "
      "both arms have one distribution; nothing is corrected "
      "for the number of arms and tasks compared, of which one in twenty stands out by chance.",
      design.against, design.window));
  AddOverTasks(design, SummarizeOverTasks(design, cells), &page);
  LearningReport report;
  for (std::size_t t = 0; t < design.tasks.size(); ++t) {
    const auto of_task = OfTask(design, cells, t);
    AddTask(design, runs, of_task, t, census, &page);
    if (std::string svg = TaskFigure(design, of_task, design.tasks[t]); !svg.empty())
      report.figures[design.tasks[t].name + ".svg"] = std::move(svg);
  }
  AddTuning(design, runs, &page);
  AddConfigs(design, runs, census, &page);
  report.html = page.Page();
  report.markdown = Markdown(design, runs, cells, census, left_out, command);
  report.csv = Csv(cells);
  return report;
}

}  // namespace rove
