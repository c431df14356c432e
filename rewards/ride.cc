// RIDE (Raileanu & Rocktaeschel 2020, arXiv 2002.12292; facebookresearch/impact-driven-exploration): the impact of an action, in
// an embedding phi that inverse and forward dynamics learn, at states not yet seen often in the episode:
//   r = ||phi(x') - phi(x)|| / sqrt(N_ep(x')),   x = obs[t], x' = obs[t + 1], N_ep counts this visit, and the start state as one
// Keys and deviations: docs/rewards_embedding.md.
// (needs torch: the embedding)
#include <cmath>

#include "core/archive.h"
#include "rewards/embedding.h"
#include "rewards/hash_counts.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

class Ride final : public RewardModule {
 public:
  Ride(const Config& config, const RewardDeps& deps)
      : embedding_(config, deps, {.purpose = "ride", .predicts = true, .norm = true, .inverse_coef = 0.1f, .forward_coef = 10}),
        hash_(config, deps.env),
        episode_(deps.num_envs) {}

  // What an episode had seen is not known when one of its transitions is sampled later.
  RewardTraits traits() const override { return {.episodic = true, .relabelable = false, .trains = true}; }

  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    const Embedded phi = embedding_.Fresh(rollout);
    ScoreRows(rollout, out, [&](int t, int i) {
      episode_.Begin(rollout, hash_, t, i);
      const auto before = phi[rollout.index(t, i)], after = phi[rollout.index(t + 1, i)];
      float squares = 0;
      for (std::size_t j = 0; j < before.size(); ++j) squares += (after[j] - before[j]) * (after[j] - before[j]);
      return std::sqrt(squares / static_cast<float>(episode_.Visit(i, hash_(rollout, t + 1, i))));
    });
  }

  void ScoreReplayed(const BatchView&, const Noise&, std::span<float>) const override { ROVE_CHECK(false); }

  Metrics Train(const BatchView& batch, const Noise& noise) override { return embedding_.Train(batch, noise); }

  void Serialize(Archive& ar) override {
    ar.Section("ride", 1, [&](int) {
      ar("embedding", embedding_);
      ar("episode", episode_);
    });
  }

 private:
  Embedding embedding_;
  StateHash hash_;
  EpisodeMemory episode_;
};

const RewardRegistrar kRide("ride", "RIDE: change of features of inverse dynamics over root of the visits in the episode",
                            [](const Config& config, const RewardDeps& deps) { return std::make_unique<Ride>(config, deps); });

}  // namespace
}  // namespace rove
