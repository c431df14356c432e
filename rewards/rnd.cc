// RND (Burda et al. 2019, arXiv 1810.12894): r = error(x') = mean over features of (f^(x') - f(x'))^2 on the whitened next state
// x' = obs[t + 1], f a fixed random network, f^ trained on the states visited. Networks, inputs, switches and deviations:
// docs/rewards_rnd_made.md. Divided by its running return std only if the mix is told so (normalize: return_std).
#include "core/archive.h"
#include "nn/random_distillation.h"
#include "nn/whitened_inputs.h"
#include "rewards/minibatches.h"
#include "rewards/obs_rows.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

nn::DistillationOptions ReadOptions(const Config& config, const nn::NetInput& input) {
  nn::DistillationOptions options;
  nn::ReadDistillation(config, input, &options);
  return options;
}

class Rnd final : public RewardModule {
 public:
  Rnd(const Config& config, const RewardDeps& deps)
      : inputs_(config, deps.env.obs),
        minibatches_(config),
        distillation_(ReadOptions(config, inputs_.net_input()), inputs_.net_input(), DeriveSeed(deps.seed, "rnd", 0)) {
    config.GetEnum("error", &norm_, {"mean_square", "norm"});
  }

  RewardTraits traits() const override { return {.trains = true}; }

  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    const ObsRows obs = ReadFresh(rollout, inputs_);
    const std::vector<float> error = Errors(obs.x);
    ScoreRows(rollout, out, [&](int t, int i) { return error[obs.at(rollout.index(t + 1, i))]; });
  }

  void ScoreReplayed(const BatchView& batch, const Noise&, std::span<float> out) const override {
    const std::vector<std::int32_t> live = LiveRows(batch);
    Scatter(live, Errors(ReadStates(batch, live, 1, inputs_)), out);
  }

  Metrics Train(const BatchView& batch, const Noise& noise) override {
    Metrics metrics;
    metrics.Set("loss", Distill(batch, minibatches_, noise, inputs_, distillation_));
    return metrics;
  }

  void Serialize(Archive& ar) override {
    ar.Section("rnd", 1, [&](int) {
      ar("inputs", inputs_);
      ar("distillation", distillation_);
    });
  }

 private:
  std::vector<float> Errors(std::span<const float> x) const {
    std::vector<float> error(x.size() / static_cast<std::size_t>(inputs_.size()));
    if (norm_)
      distillation_.Norms(x, error);
    else
      distillation_.Errors(x, error);
    return error;
  }

  nn::WhitenedInputs inputs_;
  MinibatchOptions minibatches_;
  bool norm_ = false;  // the error's L2 norm instead of its mean square
  nn::RandomDistillation distillation_;
};

const RewardRegistrar kRnd("rnd", "random network distillation: a predictor's error on the next state",
                           [](const Config& config, const RewardDeps& deps) { return std::make_unique<Rnd>(config, deps); });

}  // namespace
}  // namespace rove
