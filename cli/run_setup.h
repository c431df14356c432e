// From a config to the parts of one run. `rove train`, `eval` and `bench` all build their runs here, so that a config means the
// same everywhere. Reads the root's keys env, agent, rewards, mix, replay, run, checkpoint, log and evaluation; any other key is
// an error. Touches no file.
#pragma once

#include <cstdint>
#include <string>

#include "core/config.h"
#include "engine/engine.h"

namespace rove {

// Key `run` and the other small maps, with their defaults. Those of the engine itself are in EngineOptions.
struct RunOptions {
  std::int64_t frames = 1'000'000;        // run.frames: live frames to collect
  Seed seed = 1;                          // run.seed
  std::string folder;                     // run.folder; empty: runs/ENV_LABEL_sSEED
  std::string label;                      // run.label: name of the arm in plots; empty: the reward types joined by "+"
  int threads = 0;                        // run.threads; 0: one a core. Never changes a result
  int num_envs = 16;                      // env.count
  bool tensorboard = true;                // log.tensorboard
  std::int64_t eval_every = 50'000;       // evaluation.every: frames between two evaluations, 0: none
  int eval_episodes = 20;                 // evaluation.episodes
  ActMode eval_mode = ActMode::kExplore;  // evaluation.mode: sampled | greedy
  bool eval_held_out = false;             // evaluation.held_out: refuse a run that trains on a level it is evaluated on
};

struct RunSetup {
  RunOptions run;
  EngineOptions engine;
  EngineParts parts;                          // no sinks yet; the evaluation is a hook in it
  Agent* agent = nullptr;                     // parts.agent: lives as long as whatever the parts are given to
  std::string env_type, agent_type, rewards;  // "MiniGrid-...", "ppo", "made.count" ("none" without a bonus)
  std::string import_file, import_hash;       // replay.import and replay.import_hash, if given (cli/replay_import.h)
  std::string resolved;                       // the whole config with defaults: what config.yaml holds

  ReplayDeps replay_columns() const;  // of an off-policy run; valid while the parts live
};

// Throws Error(kUser) that names file and line.
RunSetup BuildRun(const Config& root);

// The environment of a run's config with `n` rows, for evaluation: on `evaluation.levels` if they are given.
std::unique_ptr<VectorEnv> BuildEvaluationEnv(const Config& root, int n);

// Metrics eval/* of one evaluation (docs/metrics.md).
struct EvalResult;
Metrics EvalMetrics(const EvalResult& result);

}  // namespace rove
