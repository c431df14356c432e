// NovelD, also known as BeBold (Zhang et al. 2021, arXiv 2012.08621; tianjunz/NovelD): r = max(n(x') - alpha n(x), 0), paid where
// x' is seen for the first time in its episode. n(x) = ||f^(x) - f(x)||, the error of random network distillation, x = obs[t] and
// x' = obs[t + 1]: so crossing the border of what is known pays, staying beyond it does not. Networks, keys and deviations:
// docs/rewards_embedding.md.
#include <algorithm>
#include <optional>

#include "core/archive.h"
#include "nn/random_distillation.h"
#include "nn/whitened_inputs.h"
#include "rewards/hash_counts.h"
#include "rewards/minibatches.h"
#include "rewards/obs_rows.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

nn::DistillationOptions ReadOptions(const Config& config, const nn::NetInput& input) {
  nn::DistillationOptions options{.loss = nn::DistillationOptions::Loss::kNorm, .trunk = nn::DistillationOptions::Trunk::kFrozen};
  nn::ReadDistillation(config, input, &options);
  return options;
}

class NovelD final : public RewardModule {
 public:
  NovelD(const Config& config, const RewardDeps& deps)
      : inputs_(config, deps.env.obs),
        minibatches_(config),
        distillation_(ReadOptions(config, inputs_.net_input()), inputs_.net_input(), DeriveSeed(deps.seed, "noveld", 0)),
        episode_(deps.num_envs) {
    config.Get("alpha", &alpha_, AtLeast(0));
    config.GetEnum("mask", &mask_, {"none", "episodic_first_visit"});
    if (masked()) hash_.emplace(config, deps.env);
  }

  // What an episode had seen is not known when one of its transitions is sampled later.
  RewardTraits traits() const override { return {.episodic = masked(), .relabelable = !masked(), .trains = true}; }

  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    Score(rollout, ReadFresh(rollout, inputs_), out);
    if (masked()) episode_.MaskRevisits(rollout, *hash_, out);
  }

  void ScoreReplayed(const BatchView& batch, const Noise&, std::span<float> out) const override {
    ROVE_CHECK(!masked());
    Score(batch, ReadBatch(batch, inputs_), out);
  }

  Metrics Train(const BatchView& batch, const Noise& noise) override {
    Metrics metrics;
    metrics.Set("loss", Distill(batch, minibatches_, noise, inputs_, distillation_));
    return metrics;
  }

  void Serialize(Archive& ar) override {
    ar.Section("noveld", 1, [&](int) {
      ar("inputs", inputs_);
      ar("distillation", distillation_);
      ar("episode", episode_);
    });
  }

 private:
  bool masked() const { return mask_ == Mask::kEpisodicFirstVisit; }

  void Score(const SequenceView& rows, const ObsRows& obs, std::span<float> out) const {
    std::vector<float> n(obs.rows());
    distillation_.Norms(obs.x, n);
    ScoreRows(rows, out, [&](int t, int i) {
      return std::max(n[obs.at(rows.index(t + 1, i))] - alpha_ * n[obs.at(rows.index(t, i))], 0.0f);
    });
  }

  nn::WhitenedInputs inputs_;
  MinibatchOptions minibatches_;
  nn::RandomDistillation distillation_;
  float alpha_ = 0.5f;
  enum class Mask { kNone, kEpisodicFirstVisit } mask_ = Mask::kEpisodicFirstVisit;
  std::optional<StateHash> hash_;  // with the mask only
  EpisodeMemory episode_;
};

const RewardRegistrar kNovelD("noveld", "NovelD: increase of the RND error, at first visits of an episode",
                              [](const Config& config, const RewardDeps& deps) {
                                return std::make_unique<NovelD>(config, deps);
                              });

}  // namespace
}  // namespace rove
