// A study file, read whole before anything runs. It is a config with one more key: `study` says what is varied, the other keys
// are the run that all have in common (docs/studies.md).
//
//   include: [../base/ppo.yaml]
//   evaluation: {every: 50000, episodes: 50}
//   study:
//     title: ...               note: ...             shown at the top of the report
//     against: none            window: 100           the arm others are compared with; episodes of a final return
//     seeds: 5                                       reported seeds 1 .. 5; a task may say another number
//     tuning: {seeds: 2, first_seed: 1001}
//     metrics: []                                    further columns of the CSV files
//     quick: {run: {frames: 4096}, ...}              over everything with --quick
//     tasks:
//       - name: KeyCorridorS3R3
//         config: {env: {type: MiniGrid-KeyCorridorS3R3-v0}, run: {frames: 2e6}}
//         solved_at: 0.82      scale: [0, 0.91]      note: ...
//         seeds: 5             arms: [none, count]   (default: all)
//         tune: true                                 false: each arm's first setting; NAME: as chosen on that earlier task
//         references: [{name: RIDE, value: 0.9, at_frames: 1e7, source: ...}]
//     arms:
//       - {name: none}
//       - name: count
//         config: {rewards: [{type: count}]}
//         settings: {"rewards[0].weight": [0.0025, 0.005]}      several keys: all combinations
//
// A run's config is base, task, arm, setting, in this order, each over those before; then quick's.
#pragma once

#include <string>
#include <vector>

#include "eval/learning_study.h"

namespace rove {

struct StudyPlan {
  StudyDesign design;
  std::vector<std::vector<std::string>> resolved;  // [cell][setting]: a whole config, with run.seed 1
};

// `study`: a path, or the name of a file in configs/studies. quick: seed 1 only, one tuning seed and two settings on the first
// task, none elsewhere, and the file's `quick` over all. Builds every run once, so that each wrong key is found here. Throws
// Error(kUser) that names file and line.
StudyPlan LoadStudyPlan(const std::string& study, bool quick);

}  // namespace rove
