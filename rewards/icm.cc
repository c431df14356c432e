// ICM, the intrinsic curiosity module (Pathak et al. 2017, arXiv 1705.05363; pathak22/noreward-rl): what a forward model gets
// wrong in an embedding phi that inverse dynamics learn:   r = 1/2 ||phi^(x') - phi(x')||^2,  phi^(x') predicted from phi(x) and
// a; x = obs[t], a = action[t], x' = obs[t + 1]; with `error: norm` r = ||phi^(x') - phi(x')||, as in the RIDE baselines. The
// paper's eta is the mix's `weight`. Keys and deviations: docs/rewards_embedding.md.
// (needs torch: the embedding)
#include "core/archive.h"
#include "rewards/embedding.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

EmbeddingOptions ReadOptions(const Config& config) {
  EmbeddingOptions options{.purpose = "icm", .predicts = true, .inverse_coef = 0.8f, .forward_coef = 0.2f};
  config.GetEnum("error", &options.norm, {"half_square", "norm"});
  return options;
}

class Icm final : public RewardModule {
 public:
  Icm(const Config& config, const RewardDeps& deps) : embedding_(config, deps, ReadOptions(config)) {}

  RewardTraits traits() const override { return {.trains = true}; }

  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    embedding_.ForwardErrors(rollout, embedding_.Fresh(rollout), out);
  }

  void ScoreReplayed(const BatchView& batch, const Noise&, std::span<float> out) const override {
    embedding_.ForwardErrors(batch, embedding_.Batch(batch), out);
  }

  Metrics Train(const BatchView& batch, const Noise& noise) override { return embedding_.Train(batch, noise); }

  void Serialize(Archive& ar) override {
    ar.Section("icm", 1, [&](int) { ar("embedding", embedding_); });
  }

 private:
  Embedding embedding_;
};

const RewardRegistrar kIcm("icm", "intrinsic curiosity: a forward model's error in features of inverse dynamics",
                           [](const Config& config, const RewardDeps& deps) { return std::make_unique<Icm>(config, deps); });

}  // namespace
}  // namespace rove
