// RND (Burda et al. 2019, arXiv 1810.12894): r = error(x') = mean over features of (f^(x') - f(x'))^2 on the whitened next state
// x' = obs[t + 1], f a fixed random network, f^ trained on the states visited. Networks, inputs, switches and deviations:
// docs/rewards.md. Divided by its running return std only if the mix is told so (normalize: return_std).
#include <cmath>

#include "core/archive.h"
#include "nn/random_distillation.h"
#include "nn/tiles.h"
#include "nn/whitened_inputs.h"
#include "rewards/minibatches.h"
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

  // Every row that the environments produce enters the moments once, here. Row k of the run's stream stands at place
  // k mod kTileRows of its network call, so that the cut into rollouts changes no bit.
  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    const auto lead = static_cast<std::size_t>(inputs_.count() % nn::kTileRows), size = static_cast<std::size_t>(inputs_.size());
    const std::vector<std::int32_t> live = LiveRows(rollout);
    std::vector<float> x = NextObs(rollout, live, lead);
    for (std::size_t k = 0; k < live.size(); ++k) inputs_.Observe(x.data() + (lead + k) * size);
    Score(live, x, lead, out);
  }

  void ScoreReplayed(const BatchView& batch, const Noise&, std::span<float> out) const override {
    const std::vector<std::int32_t> live = LiveRows(batch);
    Score(live, Whitened(batch, live), 0, out);
  }

  Metrics Train(const BatchView& batch, const Noise& noise) override {
    double loss = 0, steps = 0;
    ForEachMinibatch(minibatches_, noise, LiveRows(batch), [&](std::span<const std::int32_t> rows) {
      loss += distillation_.Train(Whitened(batch, rows));
      ++steps;
    });
    Metrics metrics;
    metrics.Set("loss", steps > 0 ? loss / steps : 0);
    return metrics;
  }

  void Serialize(Archive& ar) override {
    ar.Section("rnd", 1, [&](int) {
      ar("inputs", inputs_);
      ar("distillation", distillation_);
    });
  }

 private:
  // obs[t + 1] of each row as it is, after `lead` rows of zeros: [lead + rows, D].
  std::vector<float> NextObs(const SequenceView& batch, std::span<const std::int32_t> rows, std::size_t lead) const {
    const auto size = static_cast<std::size_t>(inputs_.size());
    std::vector<float> x((lead + rows.size()) * size);
    std::vector<std::int32_t> next(rows.begin(), rows.end());
    for (std::int32_t& row : next) row += batch.n;
    const std::vector<ConstTensorView> obs(batch.obs.begin(), batch.obs.end());
    inputs_.FillRaw(obs, next, x.data() + lead * size, inputs_.size());
    return x;
  }

  std::vector<float> Whitened(const SequenceView& batch, std::span<const std::int32_t> rows) const {
    std::vector<float> x = NextObs(batch, rows, 0);
    inputs_.Whiten(x.data(), std::ssize(rows), inputs_.size());
    return x;
  }

  void Score(std::span<const std::int32_t> rows, std::span<const float> x, std::size_t lead, std::span<float> out) const {
    std::vector<float> error(lead + rows.size());
    distillation_.Errors(x, error);
    if (norm_) {
      for (float& e : error) e = std::sqrt(e * static_cast<float>(distillation_.features()));
    }
    Scatter(rows, std::span(error).subspan(lead), out);
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
