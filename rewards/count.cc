// Count bonus on the next state x' = obs[t + 1] of each live row: r = 1 / sqrt(N(x')), the visit itself included; with `of:
// state_action` on the pair (obs[t], action[t]) instead, which is the tabular form (agents/tabular/bonus.h).
// Strehl & Littman 2008; on MiniGrid as in the RIDE baselines, with two deviations: all environments share one table (there
// every actor process had its own), and an episode's last state belongs to that episode (there the next episode's first frame
// took its place).
#include <algorithm>
#include <cmath>
#include <optional>

#include "core/archive.h"
#include "rewards/hash_counts.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

enum class Scope {
  kGlobal,    // 1 / sqrt(N(x')), N over the whole run and all environments
  kEpisodic,  // 1 where x' is seen for the first time in its episode, else 0
  kBoth,      // the product
};

class Count final : public RewardModule {
 public:
  Count(const Config& config, const RewardDeps& deps) : hash_(config, deps.env), episode_(deps.num_envs) {
    config.GetEnum("scope", &scope_, {"global", "episodic", "both"});
    config.GetEnum("of", &of_, {"next_state", "state_action"});
    if (scope_ != Scope::kEpisodic) counts_.emplace(config);
  }

  // What an episode had seen is not known when one of its transitions is sampled later.
  RewardTraits traits() const override { return {.episodic = episodic(), .relabelable = !episodic()}; }

  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    ScoreRows(rollout, out, [&](int t, int i) {
      const std::uint64_t key = Key(rollout, t, i);
      double bonus = counts_ ? 1 / std::sqrt((*counts_)[counts_->Visit(key)].visits) : 1;
      if (episodic()) {
        episode_.Begin(rollout, hash_, t, i);
        if (!episode_.FirstVisit(i, key)) bonus = 0;
      }
      return bonus;
    });
  }

  void ScoreReplayed(const BatchView& batch, const Noise&, std::span<float> out) const override {
    ROVE_CHECK(!episodic());
    ScoreRows(batch, out, [&](int t, int i) {
      const std::uint32_t visits = (*counts_)[counts_->Find(Key(batch, t, i))].visits;
      return 1 / std::sqrt(std::max(visits, 1u));
    });
  }

  void Serialize(Archive& ar) override {
    ar.Section("count", 1, [&](int) {
      if (counts_) ar("counts", *counts_);
      ar("episode", episode_);
    });
  }

 private:
  enum class Of { kNextState, kStateAction };
  bool episodic() const { return scope_ != Scope::kGlobal; }
  std::uint64_t Key(const SequenceView& rows, int t, int i) const {
    return of_ == Of::kNextState ? hash_(rows, t + 1, i) : hash_.Pair(rows, t, i);
  }

  Scope scope_ = Scope::kGlobal;
  Of of_ = Of::kNextState;
  StateHash hash_;
  std::optional<HashCounts> counts_;
  EpisodeMemory episode_;
};

const RewardRegistrar kCount("count", "1/sqrt(visits) of the next state or of (s, a), first visit of an episode, or both",
                             [](const Config& config, const RewardDeps& deps) { return std::make_unique<Count>(config, deps); });

}  // namespace
}  // namespace rove
