// One finished run of a learning study as one small CSV file: its evaluations, and above them, in comment lines, all that says
// what was run. The same run gives the same bytes, however often it was killed and resumed.
//
//   # rove study run
//   # task: KeyCorridorS3R3
//   # arm: made.count
//   # setting: rewards[0].weight=0.005
//   # seed: 3
//   # part: reported                      or tuning
//   # frames: 2000000
//   # build: 3f2a... SkylakeX             ELF build id, BLAS kernel
//   # resolved: 1f00ba12                  CRC-32 of the config with all defaults (ConfigHash, cli/resume.h), seed included
//   # config agent.gamma: 0.99            one line a key that the study's files give
//   env_steps,eval/episodes,eval/return_mean,...   names of docs/metrics.md; an empty cell: that row has no such metric
//   50848,50,0,...
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/rng.h"

namespace rove {

struct StudyRun {
  std::string task = {}, arm = {}, setting = {};  // setting: the overrides that were tuned, "" if the arm has none
  Seed seed = 0;
  bool tuning = false;
  std::int64_t frames = 0;  // that were asked for
  std::string build = {}, resolved = {};
  std::map<std::string, std::string> config = {};  // key path -> value
  std::vector<std::string> columns = {};           // after env_steps
  std::vector<double> env_steps = {};              // ascending
  std::vector<std::vector<double>> values = {};    // [row][column]; NaN: absent

  // One column; throws Error(kUser) if there is none of this name.
  std::vector<double> Column(const std::string& name) const;
};

// Fills columns (eval/episodes, eval/return_mean, eval/success_rate, episode/return_100, reward/bonus_share, then `more`) and
// rows from RUN/metrics.jsonl: the rows with an evaluation. Numbers have six digits. Throws Error(kUser): no such file or no
// evaluation.
void ReadEvaluations(const std::string& run_folder, const std::vector<std::string>& more, StudyRun* run);

std::string FormatStudyRun(const StudyRun& run);
// Throws Error(kUser) "origin:line: ..." for what is no such file, a torn one, or one whose evaluations do not reach its frames.
StudyRun ParseStudyRun(const std::string& text, const std::string& origin);

// ---- What a run is worth. ----

// Mean return of the newest evaluations, up to row `last` and it included, that together make `window` episodes or more; if there
// are fewer episodes, of all of them with *whole = false.
double WindowMean(const StudyRun& run, std::size_t last, int window, bool* whole = nullptr);
// WindowMean at the end.
double FinalReturn(const StudyRun& run, int window);
// Mean over frames of the evaluation curve, linear between evaluations and constant before the first: its area / frames.
double MeanReturn(const StudyRun& run);
// The row of the first evaluation where a whole window averages at least `threshold`; none if there is none.
std::optional<std::size_t> SolvingEvaluation(const StudyRun& run, double threshold, int window);

}  // namespace rove
