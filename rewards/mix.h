// RewardMix: all bonuses of a run, normalised, weighted, scheduled and put beside the extrinsic reward. The only place where a
// bonus is scaled.
//
//   rewards:
//     - {type: made.count, weight: 0.005, normalize: none, schedule: {type: constant}, buffer: 100000}
//   mix: {combine: sum, clip: [-1, 1]}
//
// For each module: raw -> normalize (none | std: running std of the bonus itself | return_std: running std of its discounted sum,
// Burda et al. 2019) -> weight * schedule(env_steps). `intrinsic` is their sum. combine: sum gives one value head
// total = clip(reward + intrinsic); head gives a second value head for `intrinsic` with its own gamma, lambda and episodic flag,
// and total = clip(reward). All on the learner's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/metrics.h"
#include "core/returns.h"
#include "core/running_stats.h"
#include "rewards/reward_module.h"

namespace rove {

class RewardMix {
 public:
  // Reads `rewards` (a list; absent or empty: no bonus) and `mix` from a run's config. Throws Error(kUser).
  RewardMix(const Config& run, const RewardDeps& deps);
  ~RewardMix();

  // The second value head's stream if combine is `head`, else none.
  std::optional<ReturnStream> intrinsic_head() const;

  // Scores a fresh slot: fills intrinsic and total. env_steps: live frames before the slot (for schedules); update: the slot's
  // number. Returns reward/<label>_mean, _std, _max (raw, live rows), reward/bonus_share and reward/intrinsic_mean (formulas:
  // docs/metrics.md).
  Metrics ScoreFresh(const RolloutView& rollout, std::int64_t env_steps, std::int64_t update);

  // For agents that learn from a replay. Throws Error(kUser) if some modules are relabelable and some are not.
  void CheckReplayed() const;
  // Rescores a replayed batch under today's bonuses with frozen normalisers: fills intrinsic and total; without a module
  // the intrinsic is 0, whatever an imported file had. If no module is relabelable, keeps what the transitions were stored with.
  // Returns the metrics of ScoreFresh, those of the raw bonus only if it is rescored.
  Metrics ScoreReplayed(const BatchView& batch, std::int64_t env_steps, std::int64_t update);

  // Trains the modules that train; returns their metrics under reward/<label>_*.
  Metrics Train(const BatchView& batch, std::int64_t update);

  bool empty() const;  // no module at all
  void Serialize(Archive& ar);

 private:
  struct Term;
  void FindDead(const SequenceView& rows);
  void SetRawMetrics(const Term& term, Metrics* metrics);          // of raw_ on live rows
  void Combine(const SequenceView& rows, Metrics* metrics) const;  // total from reward and intrinsic

  std::vector<std::unique_ptr<Term>> terms_;
  std::optional<ReturnStream> head_;
  std::optional<std::pair<float, float>> clip_;
  std::vector<float> raw_, live_;  // of one module: [T*n], and its live rows only
  std::vector<std::uint8_t> dead_;
};

}  // namespace rove
