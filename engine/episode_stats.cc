#include "engine/episode_stats.h"

#include <algorithm>
#include <numeric>

#include "core/archive.h"

namespace rove {
namespace {
constexpr std::size_t kWindow = 100;
}

EpisodeStats::EpisodeStats(int num_envs, std::optional<double> success_return)
    : success_return_(success_return),
      running_return_(static_cast<std::size_t>(num_envs)),
      running_length_(static_cast<std::size_t>(num_envs)) {}

void EpisodeStats::Add(const RolloutView& rollout) {
  for (int t = 0; t < rollout.T; ++t) {
    for (int i = 0; i < rollout.n; ++i) {
      if (rollout.dead(t, i)) continue;
      const std::size_t row = rollout.index(t, i), env = static_cast<std::size_t>(i);
      running_return_[env] += static_cast<double>(rollout.reward[row]);
      ++running_length_[env];
      if (rollout.end[row] == 0) continue;
      const double episode_return = running_return_[env];
      if (last_returns_.size() < kWindow)
        last_returns_.push_back(episode_return);
      else
        last_returns_[static_cast<std::size_t>(episodes_) % kWindow] = episode_return;
      ++episodes_;
      ++row_episodes_;
      row_return_ += episode_return;
      row_length_ += static_cast<double>(running_length_[env]);
      row_success_ += success_return_ && episode_return > *success_return_ ? 1 : 0;
      running_return_[env] = 0;
      running_length_[env] = 0;
    }
  }
}

Metrics EpisodeStats::TakeRow() {
  Metrics out;
  const auto count = static_cast<double>(row_episodes_);
  out.Set("episode/count", count);
  if (row_episodes_ > 0) {
    out.Set("episode/return_mean", row_return_ / count);
    out.Set("episode/length_mean", row_length_ / count);
    if (success_return_) out.Set("episode/success_rate", row_success_ / count);
  }
  if (!last_returns_.empty()) {
    const auto window = static_cast<double>(last_returns_.size());
    out.Set("episode/return_100", std::accumulate(last_returns_.begin(), last_returns_.end(), 0.0) / window);
    if (success_return_) {
      const auto successes =
          std::count_if(last_returns_.begin(), last_returns_.end(), [&](double r) { return r > *success_return_; });
      out.Set("episode/success_100", static_cast<double>(successes) / window);
    }
  }
  row_return_ = row_length_ = row_success_ = 0;
  row_episodes_ = 0;
  return out;
}

void EpisodeStats::Serialize(Archive& ar) {
  ar.Section("episodes", 1, [&](int) {
    ar("running_return", running_return_);
    ar("running_length", running_length_);
    ar("last_returns", last_returns_);
    ar("episodes", episodes_);
    ar("row_return", row_return_);
    ar("row_length", row_length_);
    ar("row_success", row_success_);
    ar("row_episodes", row_episodes_);
  });
}

}  // namespace rove
