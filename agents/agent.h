// Agents. A newcomer adds an algorithm as one sub-folder with one registrar line.
//
// The acting half (Policy, on workers, holds a snapshot) and the learning half (Agent, on the learner) never share mutable
// state. Recurrent state, exploration noise and storage belong to the engine, so that the partition into threads cannot change
// a result: a Policy is stateless between calls.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/metrics.h"
#include "core/registry.h"
#include "core/returns.h"
#include "core/rng.h"
#include "core/spec.h"
#include "core/tensor.h"
#include "replay/rollout.h"

namespace rove {

class Archive;

// Parameters after `version` learned rollouts. Immutable; shared between threads.
class ParamSnapshot {
 public:
  explicit ParamSnapshot(std::int64_t version) : version_(version) {}
  virtual ~ParamSnapshot() = default;
  std::int64_t version() const { return version_; }

 private:
  std::int64_t version_;
};

enum class ActMode : std::uint8_t {
  kExplore,   // sample from the behaviour policy: training, and evaluation labelled "sampled"
  kEvaluate,  // greedy
  kRandom,    // uniform over the action space (an off-policy warm-up)
};

// m rows to act on; m is at most the deps' act_block, and every call but those of the last block has exactly act_block rows.
struct ActInput {
  std::span<const ConstTensorView> obs;    // [m, ...], all columns of the environment
  std::span<const StepType> step_type;     // [m]
  std::span<const ConstTensorView> state;  // recurrent state, [m, ...]; zeros where step_type is kFirst (the engine clears it)
  std::span<const std::int32_t> env_id;    // [m]
  std::int64_t step = 0;                   // the columns' step number: noise is keyed by (env id, step)
  const Noise* noise = nullptr;            // of the run ("act") or of an evaluation
};

// All of [m, ...]; owned by the caller. Dead rows (kLast) get some legal action.
struct ActOutput {
  TensorView action;
  std::span<const TensorView> extra;
  std::span<const TensorView> next_state;
};

// One worker's actor. Not thread-safe; distinct objects may act at the same time.
class Policy {
 public:
  virtual ~Policy() = default;
  virtual void Sync(const ParamSnapshot& snapshot) = 0;  // copies what it needs
  virtual void Act(const ActInput& in, const ActOutput& out) = 0;
};

struct AgentTraits {
  bool on_policy = true;         // Learn gets each slot once; else sampled batches
  int sequence_length = 0;       // recurrent state is stored every so many rows (0: before row 0 only); replay: rows of a sample
  int batch_size = 0;            // off-policy: sequences in a sample
  double updates_per_frame = 0;  // off-policy: the fraction is carried exactly
  std::int64_t random_frames = 0;  // off-policy: act with kRandom and do not learn before
};

struct AgentDeps {
  const EnvSpec& env;
  int num_envs = 1;
  int rollout_length = 1;  // T
  int act_block = 1;       // rows of one network call when acting
  Seed seed = 0;
  std::int64_t total_frames = 0;               // run.frames, for schedules
  std::optional<ReturnStream> intrinsic_head;  // a second value head for SequenceView::intrinsic
};

class Agent {
 public:
  virtual ~Agent() = default;
  virtual AgentTraits traits() const = 0;
  virtual std::span<const TensorSpec> extra_spec() const = 0;  // columns that Act writes beside the action
  virtual std::span<const TensorSpec> state_spec() const = 0;  // recurrent state, empty if none

  // Any thread, before or while the learner runs; the policy must be synced before it acts.
  virtual std::unique_ptr<Policy> MakePolicy(ActMode mode) const = 0;

  // Learner's thread. env_steps: live frames collected before this batch (for schedules). Rows with step_type kLast carry no
  // loss. Returns losses and diagnostics, means over the call (docs/metrics.md).
  virtual Metrics Learn(const BatchView& batch, std::int64_t env_steps) = 0;

  virtual std::shared_ptr<const ParamSnapshot> Snapshot(std::int64_t version) const = 0;

  // Weights, optimiser state, counters: all that later calls depend on.
  virtual void Serialize(Archive& ar) = 0;
};

using AgentRegistry = Registry<Agent, AgentDeps>;
AgentRegistry& Agents();

struct AgentRegistrar {
  AgentRegistrar(const std::string& name, const std::string& doc, AgentRegistry::Maker maker) {
    Agents().Add(name, doc, std::move(maker));
  }
};

}  // namespace rove
