// Returns and lengths of training episodes, from the slots as they are learned. Learner's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/metrics.h"
#include "replay/rollout.h"

namespace rove {

class Archive;

class EpisodeStats {
 public:
  EpisodeStats(int num_envs, std::optional<double> success_return);
  void Add(const RolloutView& rollout);  // time-major, so "the last 100 episodes" is well defined

  // episode/count, return_mean, length_mean, success_rate over the episodes that ended since the last call (means only if there
  // was one), return_100 and success_100 over the last 100 of the run. Starts a new row.
  Metrics TakeRow();
  void Serialize(Archive& ar);

 private:
  std::optional<double> success_return_;
  std::vector<double> running_return_;  // of each environment's current episode
  std::vector<std::int64_t> running_length_;
  std::vector<double> last_returns_;  // ring of the newest 100
  std::int64_t episodes_ = 0;         // ended in the whole run
  double row_return_ = 0, row_length_ = 0, row_success_ = 0;
  std::int64_t row_episodes_ = 0;
};

}  // namespace rove
