// E3B, exploration via elliptical episodic bonuses (Henaff et al. 2022, arXiv 2210.05805; facebookresearch/e3b):
//   r = phi(x')^T C^-1 phi(x'),   C = lambda I + sum over the episode's states before x' of phi phi^T
// phi is learned by inverse dynamics; x' = obs[t + 1]. In a space of one-hot states r = 1 / (lambda + N_ep(x') - 1): a count of
// the episode that generalises. Keys and deviations: docs/rewards_embedding.md.
// (needs torch: the embedding)
#include <algorithm>

#include "core/archive.h"
#include "core/parallel.h"
#include "rewards/embedding.h"
#include "rewards/reward_module.h"
#include "rewards/vector_kernels.h"

namespace rove {
namespace {

class E3b final : public RewardModule {
 public:
  E3b(const Config& config, const RewardDeps& deps) : embedding_(config, deps, {.purpose = "e3b"}) {
    config.Get("lambda", &lambda_, Positive());
    const std::size_t features = embedding_.features();
    inverses_.resize(static_cast<std::size_t>(deps.num_envs), std::vector<double>(features * features));
    for (auto& inverse : inverses_) Reset(inverse);
  }

  // What an episode had seen is not known when one of its transitions is sampled later.
  RewardTraits traits() const override { return {.episodic = true, .relabelable = false, .trains = true}; }

  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    const Embedded phi = embedding_.Fresh(rollout);
    ParallelFor(rollout.n, [&](int i) {
      auto& inverse = inverses_[static_cast<std::size_t>(i)];
      std::vector<double> x(embedding_.features()), u(x.size());
      for (int t = 0; t < rollout.T; ++t) {
        const std::size_t row = rollout.index(t, i);
        if (rollout.step_type[row] == StepType::kFirst) {
          Reset(inverse);
          Visit(phi[row], inverse, x, u);  // the start is known, and pays nothing
        }
        out[row] = rollout.dead(t, i) ? 0 : static_cast<float>(Visit(phi[rollout.index(t + 1, i)], inverse, x, u));
      }
    });
  }

  void ScoreReplayed(const BatchView&, const Noise&, std::span<float>) const override { ROVE_CHECK(false); }

  Metrics Train(const BatchView& batch, const Noise& noise) override { return embedding_.Train(batch, noise); }

  void Serialize(Archive& ar) override {
    ar.Section("e3b", 1, [&](int) {
      ar("embedding", embedding_);
      for (auto& inverse : inverses_) ar.Block("inverse", inverse.data(), inverse.size() * sizeof(double));
    });
  }

 private:
  void Reset(std::vector<double>& inverse) const {
    std::ranges::fill(inverse, 0.0);
    for (std::size_t j = 0; j < inverse.size(); j += embedding_.features() + 1) inverse[j] = 1 / lambda_;
  }

  // phi^T C^-1 phi; then C += phi phi^T (Sherman & Morrison 1950). x, u: scratch, [features].
  static double Visit(std::span<const float> phi, std::vector<double>& inverse, std::vector<double>& x, std::vector<double>& u) {
    std::ranges::copy(phi, x.begin());
    SymmetricTimes(inverse.data(), x.data(), x.size(), u.data());
    double bonus = 0;
    for (std::size_t j = 0; j < x.size(); ++j) bonus += x[j] * u[j];
    SubtractOuter(inverse.data(), u.data(), 1 / (1 + bonus), x.size());
    return bonus;
  }

  Embedding embedding_;
  double lambda_ = 0.1;
  std::vector<std::vector<double>> inverses_;  // C^-1 of each environment's episode, [features, features]
};

const RewardRegistrar kE3b("e3b", "E3B: elliptical bonus of the episode in features of inverse dynamics",
                           [](const Config& config, const RewardDeps& deps) { return std::make_unique<E3b>(config, deps); });

}  // namespace
}  // namespace rove
