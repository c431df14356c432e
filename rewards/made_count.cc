// MADE (Zhang et al., NeurIPS 2021, arXiv 2106.10268) with hashed counts: r = 1 / sqrt(N(x') * max(B(x'), 1)), where N counts the
// next state x' = obs[t + 1] over the whole run (the policy cover) and B over the FIFO of the last `buffer` next states of all
// environments (the recent occupancy). A live row enters N and the FIFO, time-major, before it is scored; so B >= 1 there, and a
// state not seen lately has B = 1. The scale tau_k is left to `weight` and `schedule`.
// Deviation: the paper's bonus is on (s, a); on MiniGrid, for which no code was released, the next state stands for the pair.
#include <algorithm>
#include <cmath>

#include "core/archive.h"
#include "rewards/hash_counts.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

struct MadeCountOptions {
  std::int64_t buffer = 100000;  // B: next states in the FIFO; must exceed a rollout slot, 4 bytes each
  enum class Factors { kCover, kRecency, kProduct } factors = Factors::kProduct;  // 1/sqrt(N), 1/sqrt(B), both
  enum class Mask { kNone, kEpisodicFirstVisit } mask = Mask::kNone;              // times 1[first visit in the episode]
};

MadeCountOptions ReadOptions(const Config& config, const RewardDeps& deps) {
  MadeCountOptions options;
  config.Get("buffer", &options.buffer, InRange(1, std::int64_t{1} << 31));
  config.GetEnum("factors", &options.factors, {"cover", "recency", "product"});
  config.GetEnum("mask", &options.mask, {"none", "episodic_first_visit"});
  if (options.buffer <= deps.slot_rows) {
    config.At("buffer").Fail("expected more than the " + std::to_string(deps.slot_rows) +
                             " rows of a rollout slot (steps times environments), got " + std::to_string(options.buffer));
  }
  return options;
}

class MadeCount final : public RewardModule {
 public:
  MadeCount(const Config& config, const RewardDeps& deps)
      : options_(ReadOptions(config, deps)), hash_(config, deps.env), counts_(config), episode_(deps.num_envs) {
    fifo_.reserve(static_cast<std::size_t>(options_.buffer));
  }

  RewardTraits traits() const override { return {.episodic = masked(), .relabelable = !masked()}; }

  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    ScoreRows(rollout, out, [&](int t, int i) {
      const std::uint64_t key = hash_(rollout, t + 1, i);
      const std::uint32_t slot = counts_.Visit(key);
      PushRecent(slot);
      if (masked()) {
        episode_.Begin(rollout, hash_, t, i);
        if (!episode_.FirstVisit(i, key)) return 0.0;
      }
      return Bonus(counts_[slot]);
    });
  }

  void ScoreReplayed(const BatchView& batch, const Noise&, std::span<float> out) const override {
    ROVE_CHECK(!masked());
    ScoreRows(batch, out, [&](int t, int i) { return Bonus(counts_[counts_.Find(hash_(batch, t + 1, i))]); });
  }

  void Serialize(Archive& ar) override {
    ar.Section("made.count", 1, [&](int) {
      ar("counts", counts_);
      ar("fifo", fifo_);
      ar("oldest", oldest_);
      ar("episode", episode_);
    });
  }

 private:
  bool masked() const { return options_.mask == MadeCountOptions::Mask::kEpisodicFirstVisit; }

  void PushRecent(std::uint32_t slot) {
    ++counts_[slot].recent;
    if (fifo_.size() < static_cast<std::size_t>(options_.buffer)) {
      fifo_.push_back(slot);
      return;
    }
    --counts_[fifo_[oldest_]].recent;
    fifo_[oldest_] = slot;
    oldest_ = (oldest_ + 1) % fifo_.size();
  }

  double Bonus(const HashCounts::Entry& state) const {
    const double cover = std::max<std::uint32_t>(state.visits, 1), recency = std::max<std::uint32_t>(state.recent, 1);
    switch (options_.factors) {
      case MadeCountOptions::Factors::kCover: return 1 / std::sqrt(cover);
      case MadeCountOptions::Factors::kRecency: return 1 / std::sqrt(recency);
      default: return 1 / std::sqrt(cover * recency);
    }
  }

  MadeCountOptions options_;
  StateHash hash_;
  HashCounts counts_;  // N, and B as Entry::recent
  EpisodeMemory episode_;
  std::vector<std::uint32_t> fifo_;  // slots in counts_; a ring once it holds `buffer` of them
  std::size_t oldest_ = 0;           // its oldest element then
};

const RewardRegistrar kMadeCount("made.count", "MADE with hashed counts: 1/sqrt(visits * recent visits) of the next state",
                                 [](const Config& config, const RewardDeps& deps) {
                                   return std::make_unique<MadeCount>(config, deps);
                                 });

}  // namespace
}  // namespace rove
