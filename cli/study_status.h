// What of a learning study is picked, done, left, and how long that takes.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/command_line.h"
#include "cli/study_runner.h"
#include "eval/learning_study.h"

namespace rove {

// The cells that --only names: patterns "TASK/ARM" or "TASK", with * and ?; none: all. Throws Error(kUser) for one that matches
// nothing.
class CellFilter {
 public:
  CellFilter(const StudyDesign& design, const std::vector<std::string>& patterns);
  bool operator()(std::size_t cell) const { return all_ || cells_.contains(cell); }

 private:
  bool all_ = true;
  std::set<std::size_t> cells_;
};

// Seconds a frame, from a file with a line a finished run, "task,arm,frames,seconds": of the cell, else of its task, else of all.
class StudySpeeds {
 public:
  StudySpeeds(const StudyDesign& design, const std::string& path);
  void Add(const StudyCell& cell, double frames, double seconds);  // and writes the file
  double SecondsFor(const StudyCell& cell, double frames) const;   // 0 if nothing is known
  bool empty() const { return sums_.empty(); }

 private:
  void Count(const std::string& task, const std::string& arm, double frames, double seconds);
  const StudyDesign& design_;
  std::string path_, text_;
  std::map<std::string, std::pair<double, double>> sums_;  // frames, seconds
};

// Task by task and arm by arm, with estimated time. Runs and writes nothing.
void ShowStudy(const StudyPlan& plan, const StudyRunOptions& options, const Terminal& terminal);

}  // namespace rove
