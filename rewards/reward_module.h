// Reward modules: exploration bonuses. A newcomer adds one with one .cc in this folder and one registrar line.
//
// A module returns its raw bonus, 0 on dead rows; scaling, normalising and mixing live in rewards/mix.h. No module gets an
// environment: it sees columns, privileged ones included. Calls come from the learner, one at a time, in this order:
//   on-policy   ScoreFresh once per slot, then (if it trains) Train once per slot
//   replay      ScoreFresh once per slot; per learner batch Observe, ScoreReplayed (if relabelable), after Agent::Learn Train
// Noise is keyed by (purpose, update, row): Observe and ScoreReplayed of one batch see the same sample.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/metrics.h"
#include "core/registry.h"
#include "core/rng.h"
#include "core/spec.h"
#include "replay/rollout.h"

namespace rove {

class Archive;

struct RewardTraits {
  bool episodic = false;         // its memory is cleared at kFirst; nothing else
  bool relabelable = true;       // ScoreReplayed gives a sampled transition the bonus of today
  bool trains = false;           // Train does something
  bool self_normalized = false;  // mix refuses a second normaliser
};

struct RewardDeps {
  const EnvSpec& env;
  int num_envs = 1;
  int slot_rows = 0;  // T * n: rows of one rollout slot
  Seed seed = 0;
};

class RewardModule {
 public:
  virtual ~RewardModule() = default;
  virtual RewardTraits traits() const = 0;

  // Updates the module's memory with a fresh slot and writes out [T*n], walking it time-major (t, then env id), so that neither
  // the number of threads nor the rollout's length changes what a bonus has seen. Rows with step_type[t] == kLast get 0.
  virtual void ScoreFresh(const RolloutView& rollout, const Noise& noise, std::span<float> out) = 0;

  // Statistics only (an observation normaliser, a recency model), once per sampled batch, before ScoreReplayed.
  virtual void Observe(const BatchView&, const Noise&) {}

  // The bonus of sampled transitions under today's statistics; const, so that relabelling cannot train by accident.
  // Called only if traits().relabelable.
  virtual void ScoreReplayed(const BatchView& batch, const Noise& noise, std::span<float> out) const = 0;

  // Learns from the batch that the agent has just learned from. Called only if traits().trains.
  virtual Metrics Train(const BatchView&, const Noise&) { return {}; }

  virtual void Serialize(Archive& ar) = 0;
};

// out[row] = bonus(t, i) on live rows, 0 on dead ones, walked time-major (t, then environment or sample i).
template <class Bonus>
void ScoreRows(const SequenceView& rows, std::span<float> out, Bonus bonus) {
  for (int t = 0; t < rows.T; ++t) {
    for (int i = 0; i < rows.n; ++i) out[rows.index(t, i)] = rows.dead(t, i) ? 0.0f : static_cast<float>(bonus(t, i));
  }
}

using RewardRegistry = Registry<RewardModule, RewardDeps>;
RewardRegistry& Rewards();

struct RewardRegistrar {
  RewardRegistrar(const std::string& name, const std::string& doc, RewardRegistry::Maker maker) {
    Rewards().Add(name, doc, std::move(maker));
  }
};

}  // namespace rove
