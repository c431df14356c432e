#include "cli/study_status.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <fstream>
#include <ostream>
#include <sstream>

#include "cli/progress.h"
#include "core/error.h"
#include "core/file.h"

namespace rove {

CellFilter::CellFilter(const StudyDesign& design, const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    bool matched = false;
    for (std::size_t c = 0; c < design.cells.size(); ++c) {
      const std::string& task = design.task_name(design.cells[c]);
      const std::string name = pattern.find('/') == pattern.npos ? task : task + "/" + design.arm_name(design.cells[c]);
      if (fnmatch(pattern.c_str(), name.c_str(), 0) != 0) continue;
      cells_.insert(c);
      matched = true;
    }
    if (!matched)
      throw UserError("--only " + pattern + ": matches no TASK or TASK/ARM of " + design.file + " (--dry-run lists them)");
  }
  all_ = patterns.empty();
}

StudySpeeds::StudySpeeds(const StudyDesign& design, const std::string& path) : design_(design), path_(path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    std::string task, arm;
    double frames = 0, seconds = 0;
    if (std::getline(cells, task, ',') && std::getline(cells, arm, ',') && cells >> frames && cells.ignore() && cells >> seconds)
      Count(task, arm, frames, seconds);
    text_ += line + "\n";
  }
}

void StudySpeeds::Add(const StudyCell& cell, double frames, double seconds) {
  if (frames <= 0) return;
  Count(design_.task_name(cell), design_.arm_name(cell), frames, seconds);
  text_ += fmt::format("{},{},{:.0f},{:.1f}\n", design_.task_name(cell), design_.arm_name(cell), frames, seconds);
  try {
    WriteFileAtomically(path_, text_);
  } catch (const Error&) {  // estimates, that a study can do without
  }
}

double StudySpeeds::SecondsFor(const StudyCell& cell, double frames) const {
  for (const std::string& key :
       {design_.task_name(cell) + "/" + design_.arm_name(cell), design_.task_name(cell), std::string()}) {
    const auto found = sums_.find(key);
    if (found != sums_.end()) return frames * found->second.second / found->second.first;
  }
  return 0;
}

void StudySpeeds::Count(const std::string& task, const std::string& arm, double frames, double seconds) {
  for (const std::string& key : {task + "/" + arm, task, std::string()}) {
    sums_[key].first += frames;
    sums_[key].second += seconds;
  }
}

void ShowStudy(const StudyPlan& plan, const StudyRunOptions& options, const Terminal& terminal) {
  const StudyDesign& design = plan.design;
  const CellFilter only(design, options.only);
  const StudySpeeds speeds(design, options.runs + "/speed.csv");
  std::vector<std::string> refused;
  const StudyRuns runs = ReadStudyRuns(design, options.out, &refused);
  std::map<std::size_t, std::pair<int, int>> tuning, reported;  // by cell: finished, planned
  for (const StudyItem& item : WorkOrder(design)) {
    auto& [finished, planned] = (item.tuning ? tuning : reported)[item.cell];
    ++planned;
    if (runs.contains(item)) ++finished;
  }
  terminal.out << fmt::format("{:<28} {:<20} {:>9} {:>9} {:>9} {:>9}  {}\n", "task", "arm", "frames", "tuning", "seeds", "left",
                              "setting");
  double total = 0;
  int finished = 0, planned = 0;
  for (std::size_t c = 0; c < design.cells.size(); ++c) {
    if (!only(c)) continue;
    const StudyCell& cell = design.cells[c];
    const auto [tuned, to_tune] = tuning[c];
    const auto [seeds, all_seeds] = reported[c];
    const auto frames = static_cast<double>(design.tasks[cell.task].frames);
    const double left = speeds.SecondsFor(cell, frames * (to_tune - tuned + all_seeds - seeds)) / options.jobs;
    const auto chosen = ChosenSetting(design, runs, c);
    total += left;
    finished += tuned + seeds;
    planned += to_tune + all_seeds;
    terminal.out << fmt::format("{:<28} {:<20} {:>9} {:>9} {:>9} {:>9}  {}\n", design.task_name(cell), design.arm_name(cell),
                                frames, to_tune == 0 ? "-" : fmt::format("{}/{}", tuned, to_tune),
                                fmt::format("{}/{}", seeds, all_seeds), speeds.empty() ? "?" : ShowDuration(left),
                                !cell.has_choice() ? ""
                                : chosen           ? cell.settings[*chosen].label
                                                   : "not chosen yet");
  }
  terminal.out << fmt::format("{} of {} runs are finished; {} with {} at a time\n", finished, planned,
                              speeds.empty() ? "time left is not known before a run has finished" : ShowDuration(total) + " left",
                              options.jobs);
  for (const std::string& line : refused) terminal.out << line << "\n";
}

}  // namespace rove
