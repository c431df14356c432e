// Runs what is left of a learning study: each run a `rove train` process of one thread, several at a time.
//
//   OUT/runs/TASK/...csv        a finished run (eval/study_run.h): never run again while the study's files say the same of it
//   RUNS/TASK/ARM-2-s1001-HASH  the run's folder, with its checkpoints until it is finished. HASH covers config and build, so a
//                               run is resumed only by the build that began it
//   RUNS/configs/TASK/ARM-2.yaml  what `rove train` reads
//   RUNS/speed.csv              frames and seconds of finished runs: where estimated times come from
//
// Nothing else is remembered, so the study can be stopped or killed at any moment and called again: what its CSV files say never
// depends on that.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/study_plan.h"

namespace rove {

struct StudyRunOptions {
  std::string out = {}, runs = {};     // folders
  int jobs = 1;                        // runs at a time
  bool force = false;                  // runs again what was made with another config
  bool keep_checkpoints = false;       // of finished runs
  std::vector<std::string> only = {};  // patterns "TASK/ARM" or "TASK", with * and ?; empty: all
};

struct StudyOutcome {
  StudyRuns runs;                     // finished, now or before
  std::vector<std::string> problems;  // one line a run that failed or was refused
  bool stopped = false;
};

// Until all is done or a stop is requested; then the running ones finish their rollout, save a checkpoint, and end. A run that
// fails does not stop the others (three in a row do); a killed one is resumed, unless it dies again without getting further.
// Throws Error(kUser) before anything runs if `only` matches nothing, a finished run has another config (and no `force`), or
// another process runs this study.
StudyOutcome RunStudy(const StudyPlan& plan, const StudyRunOptions& options, const Terminal& terminal,
                      const std::stop_token& stop);

}  // namespace rove
