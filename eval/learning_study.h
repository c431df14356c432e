// A learning study: tasks x arms. Each arm of each task may have settings (equal budgets: every tuned arm of a task has the same
// number), tried on tuning seeds of their own; the best by mean return over frames, averaged over those seeds (ties: the first),
// then runs on the reported seeds 1, 2, ... This header holds the design, the order of work and the choice; cli/study_plan.h
// reads a design from a file, cli/study_runner.h runs it, eval/learning_report.h shows it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eval/study_run.h"

namespace rove {

// A figure of somebody else, drawn and tabulated beside ours.
struct Reference {
  std::string name, source;
  double value = 0;      // a return
  double at_frames = 0;  // where it was reached; 0: not said
};

struct StudyTask {
  std::string name, env = {};
  std::int64_t frames = 0;
  int seeds = 5;                         // reported
  std::optional<double> solved_at = {};  // return of a window of evaluation episodes that counts as solved
  double low = 0, high = 1;              // returns that count as 0 and 1 in figures over several tasks
  std::string note = {};                 // what a reader must know
  std::vector<Reference> references = {};
};

struct StudySetting {
  std::string label;                          // "rewards[0].weight=0.005", "" for an arm without settings
  std::map<std::string, std::string> config;  // what the files give, as StudyRun::config
};

// One arm on one task.
struct StudyCell {
  std::size_t task = 0, arm = 0;
  std::vector<StudySetting> settings;        // at least one
  std::optional<std::size_t> tuned_on = {};  // the same arm's cell on another task: what is chosen there is taken here
  bool has_choice() const { return settings.size() > 1; }
  bool tuned() const { return has_choice() && !tuned_on; }
};

struct StudyArm {
  std::string name, note;
};

struct StudyDesign {
  std::string name, title, file, note;
  std::string against;  // the arm that others are compared with
  int window = 100;     // evaluation episodes of a final return
  int tuning_seeds = 2;
  Seed first_tuning_seed = 1001;
  std::vector<std::string> metrics;  // further columns of the CSV files
  std::vector<StudyTask> tasks;
  std::vector<StudyArm> arms;
  std::vector<StudyCell> cells;  // task by task

  const std::string& task_name(const StudyCell& cell) const { return tasks[cell.task].name; }
  const std::string& arm_name(const StudyCell& cell) const { return arms[cell.arm].name; }
};

// One run to be done. `setting` of a reported run of a tuned cell is known only when its tuning is done.
struct StudyItem {
  std::size_t cell = 0;
  bool tuning = false;
  std::size_t setting = 0;  // tuning only
  Seed seed = 0;
  auto operator<=>(const StudyItem&) const = default;
};

// All runs in the order of work, so that what is done early says something about everything: cell by cell the tuning, then seed
// 1; then seed 2 of every cell; and so on.
std::vector<StudyItem> WorkOrder(const StudyDesign& design);

// Where its CSV lies below the study's output folder: "runs/TASK/ARM-s3.csv", "runs/TASK/tuning/ARM-2-s1001.csv" (settings from
// 1).
std::string CsvName(const StudyDesign& design, const StudyItem& item);

using StudyRuns = std::map<StudyItem, StudyRun>;

// Mean over the tuning seeds of MeanReturn; none while one of them is missing.
std::optional<double> TuningScore(const StudyDesign& design, const StudyRuns& runs, std::size_t cell, std::size_t setting);
// The setting of the reported seeds; none while a tuning run of the cell (or of the cell that tunes for it) is missing. A cell
// with one setting has that.
std::optional<std::size_t> ChosenSetting(const StudyDesign& design, const StudyRuns& runs, std::size_t cell);

// Reads an item's CSV file below `folder`. Throws Error(kUser) that names the file: it is unreadable, holds another item's run,
// or was made with another config than `setting` says ("agent.gamma: was 0.99, is 0.999").
StudyRun ReadStudyRun(const StudyDesign& design, const std::string& folder, const StudyItem& item, std::size_t setting);

// Reads the CSV files of `folder` that the design names. A reported run counts only if its config is that of the setting chosen
// by the tuning runs that are there; others, and unreadable files, are left out with one line each in *refused.
StudyRuns ReadStudyRuns(const StudyDesign& design, const std::string& folder, std::vector<std::string>* refused);

// One line for each CSV file of `folder` that the design does not name (another arm, seed or setting), sorted: a report must not
// lose a run without a word.
std::vector<std::string> UnnamedRuns(const StudyDesign& design, const std::string& folder);

}  // namespace rove
