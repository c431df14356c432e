// MADE with exact counts of pairs (Zhang et al., NeurIPS 2021, section 4): r = 1 / sqrt(N(s, a) B(s, a)) with s = `state_key` of
// obs[t] and a = action[t]; N counts over the whole run, B over the FIFO of the last `buffer` pairs of all environments. A live
// row enters both before it is scored. The reward-module form of made.tabular in agents/tabular/bonus.h, with c = 1; made.count
// is its hashed relative on next states. Nothing is hashed away, so memory grows with the pairs met: for small worlds.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/archive.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

class MadeTabular final : public RewardModule {
 public:
  MadeTabular(const Config& config, const EnvSpec& env) {
    std::int64_t buffer = 500;
    config.Get("buffer", &buffer, InRange(1, 1 << 30));
    config.GetEnum("factors", &factors_, {"cover", "recency", "product"});
    const int column = FindColumn(env.obs, "state_key");
    if (column < 0 || env.action.num_choices() == 0) config.Fail("needs the column \"state_key\" and discrete actions");
    state_key_ = static_cast<std::size_t>(column);
    fifo_.assign(static_cast<std::size_t>(buffer), kEmpty);
  }

  RewardTraits traits() const override { return {}; }

  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    ScoreRows(rollout, out, [&](int t, int i) { return Bonus(Visit(PairAt(rollout, t, i))); });
  }

  void ScoreReplayed(const BatchView& batch, const Noise&, std::span<float> out) const override {
    ScoreRows(batch, out, [&](int t, int i) {
      const auto known = index_.find(PairAt(batch, t, i));
      return known == index_.end() ? 1.0 : Bonus(pairs_[known->second]);
    });
  }

  void Serialize(Archive& ar) override {
    ar.Section("made.tabular", 1, [&](int) {
      ar("pairs", pairs_);
      ar("fifo", fifo_);
      ar("oldest", oldest_);
      if (!ar.reading()) return;
      index_.clear();
      for (std::size_t k = 0; k < pairs_.size(); ++k) index_[pairs_[k].key] = static_cast<std::uint32_t>(k);
    });
  }

 private:
  static constexpr std::uint32_t kEmpty = 0xffffffff;
  using Key = std::pair<std::int64_t, std::int32_t>;  // state, action
  struct Pair {
    Key key;
    std::int64_t visits = 0, recent = 0;  // N, B
    void Serialize(Archive& ar) {
      ar("state", key.first);
      ar("action", key.second);
      ar("visits", visits);
      ar("recent", recent);
    }
  };

  Key PairAt(const SequenceView& rows, int t, int i) const {
    const std::size_t row = rows.index(t, i);
    return {rows.obs[state_key_].As<std::int64_t>()[row], rows.action.As<std::int32_t>()[row]};
  }

  const Pair& Visit(const Key& key) {
    const auto [found, is_new] = index_.emplace(key, static_cast<std::uint32_t>(pairs_.size()));
    if (is_new) pairs_.push_back({.key = key});
    if (fifo_[oldest_] != kEmpty) --pairs_[fifo_[oldest_]].recent;
    fifo_[oldest_] = found->second;
    oldest_ = (oldest_ + 1) % fifo_.size();
    Pair& pair = pairs_[found->second];
    ++pair.visits;
    ++pair.recent;
    return pair;
  }

  double Bonus(const Pair& pair) const {
    const double cover = factors_ == Factors::kRecency ? 1 : static_cast<double>(pair.visits);
    const double recency = factors_ == Factors::kCover ? 1 : static_cast<double>(std::max<std::int64_t>(pair.recent, 1));
    return 1 / std::sqrt(cover * recency);
  }

  enum class Factors { kCover, kRecency, kProduct } factors_ = Factors::kProduct;
  std::size_t state_key_ = 0;  // index into obs
  std::map<Key, std::uint32_t> index_;
  std::vector<Pair> pairs_;          // in order of first visit
  std::vector<std::uint32_t> fifo_;  // indices into pairs_, a ring
  std::size_t oldest_ = 0;
};

const RewardRegistrar kMadeTabular("made.tabular", "MADE with exact counts: 1/sqrt(visits * recent visits) of (s, a)",
                                   [](const Config& config, const RewardDeps& deps) {
                                     return std::make_unique<MadeTabular>(config, deps.env);
                                   });

}  // namespace
}  // namespace rove
