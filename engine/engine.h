// The actor-learner runtime: how one run goes from the first reset to the last update.
//
// Time is counted in rollouts. Version v of the parameters is what the agent is after v learned rollouts; rollout k is collected
// with version max(0, k - lag). lag 0 ("sync") collects, then learns; lag >= 1 ("pipelined") learns rollout k while rollout
// k + lag is collected, so a run with stale policies is as replayable, bit for bit, as one without. Both are one schedule:
//
//   before iteration 0     collect rollouts 0 .. lag-1 with version 0
//   iteration k            collect rollout k + lag with version k   |  sync: first collect, then learn
//                          learn rollout k -> version k + 1         |  pipelined: both at the same time
//   barrier                metrics, hooks, checkpoint, stop?
//
// Collecting is cut into blocks of act_block environments. One task steps, acts on and records its block for all T steps without
// talking to anybody; learning is cut into the agent's shards. All tasks run on the one pool (core/parallel.h), so the number of
// threads changes no result. Everything that must survive a kill is written by Serialize at the barrier.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "agents/agent.h"
#include "core/metrics.h"
#include "core/rng.h"
#include "envs/vector_env.h"
#include "replay/replay.h"
#include "replay/rollout.h"
#include "rewards/mix.h"

namespace rove {

// Called at the barrier whenever env_steps has crossed a multiple of `every` since the last barrier, and at the end of the run.
// The metrics it returns go into that barrier's row. It must not depend on earlier calls: a resumed run would differ.
struct Hook {
  std::int64_t every = 0;  // live frames
  std::function<Metrics(const ParamSnapshot& snapshot, std::int64_t env_steps)> fn;
};

struct EngineParts {
  std::unique_ptr<VectorEnv> env;
  std::unique_ptr<RewardMix> rewards;
  std::unique_ptr<Agent> agent;
  std::unique_ptr<Replay> replay;  // if the agent is off-policy
  std::vector<std::unique_ptr<MetricSink>> sinks;
  std::vector<Hook> hooks;
};

struct EngineOptions {
  std::int64_t frames = 0;   // stop collecting at this many live frames
  int rollout_length = 128;  // T
  int lag = 0;               // rollouts between the acting and the learned version
  int act_block = 16;        // environments a task
  Seed seed = 0;
  bool gymnasium_seeds = false;       // environment i is seeded by seed + i (for comparisons only: runs share levels then)
  int log_every = 1;                  // learned rollouts between two metric rows
  std::int64_t checkpoint_every = 0;  // learned rollouts between two checkpoints; 0: at the end only
};

struct RunResult {
  std::int64_t env_steps = 0, updates = 0;  // live frames learned from; learned rollouts
  std::int64_t batches = 0;                 // off-policy: sampled batches learned from
  bool stopped = false;                     // by the stop token, before all frames were learned
};

// What a progress line needs, at each metric row.
struct Progress {
  std::int64_t env_steps = 0;
  const Metrics& metrics;
  const Metrics& timing;
};

class Engine {
 public:
  Engine(EngineParts parts, EngineOptions options);
  ~Engine();

  // Called at a barrier where a checkpoint is due, and once before Run returns. It may call Serialize (writing) and nothing else.
  std::function<void(Engine&)> save;
  std::function<void(const Progress&)> progress;

  // Runs until `frames` or until a stop is requested (then the current rollout is finished first). A worker's exception is
  // rethrown here; the state on disk is then that of the last checkpoint, but for rows of metrics, which a resume cuts. Call
  // once.
  RunResult Run(std::stop_token stop = {});

  // One named part of the run's state at a time, so that each becomes one file: see component_names(). Reading must happen before
  // Run, on an engine made of equal parts and options. The replay's chunks are not in "replay": whoever saves or restores takes
  // them from replay() (engine/chunk_files.h).
  static std::vector<std::string> component_names();
  void Serialize(const std::string& component, Archive& ar);
  Replay* replay();  // null for an on-policy agent

  std::int64_t env_steps() const;          // live frames learned from so far
  std::int64_t updates() const;            // learned rollouts so far
  std::vector<std::uint64_t> SyncSinks();  // flushes and syncs all sinks; their offsets, for the manifest

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rove
