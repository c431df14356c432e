// Disagreement (Pathak et al. 2019, arXiv 1906.04161; pathak22/exploration-by-disagreement): the variance, over an ensemble of
// forward models, of what they predict for phi(x'), mean over its features; phi a random network that never learns. What cannot
// be learned (noise) ends in agreement on its mean, unlike icm's error. Keys and deviations: docs/rewards_embedding.md.
#include "core/archive.h"
#include "nn/action_inputs.h"
#include "nn/feature_net.h"
#include "nn/forward_ensemble.h"
#include "nn/whitened_inputs.h"
#include "rewards/minibatches.h"
#include "rewards/obs_rows.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

struct DisagreementOptions {
  std::vector<std::int64_t> hidden{128};  // ReLU layers of phi, after its encoder
  std::int64_t features = 64;
  nn::EnsembleOptions ensemble;

  explicit DisagreementOptions(const Config& config) {
    config.Get("hidden", &hidden, InRange(1, 1 << 16));
    config.Get("features", &features, InRange(1, 1 << 12));
    nn::ReadEnsemble(config, &ensemble);
  }
};

class Disagreement final : public RewardModule {
 public:
  Disagreement(const Config& config, const RewardDeps& deps)
      : options_(config),
        inputs_(config, deps.env.obs),
        actions_(config, deps.env.action),
        minibatches_(config),
        phi_(inputs_.net_input(), options_.hidden, options_.features, DeriveSeed(deps.seed, "disagreement", 0)),
        ensemble_(options_.ensemble, options_.features, actions_.size(), DeriveSeed(deps.seed, "disagreement", 1)) {}

  RewardTraits traits() const override { return {.trains = true}; }

  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    Score(rollout, ReadFresh(rollout, inputs_), out);
  }

  void ScoreReplayed(const BatchView& batch, const Noise&, std::span<float> out) const override {
    Score(batch, ReadBatch(batch, inputs_), out);
  }

  Metrics Train(const BatchView& batch, const Noise& noise) override {
    double loss = 0;
    std::uint64_t steps = 0;
    ForEachMinibatch(minibatches_, noise, LiveRows(batch), [&](std::span<const std::int32_t> rows) {
      loss += ensemble_.Train(Embed(ReadStates(batch, rows, 0, inputs_)), ReadActions(batch, rows, actions_),
                              Embed(ReadStates(batch, rows, 1, inputs_)), noise.Sub(++steps));
    });
    Metrics metrics;
    metrics.Set("loss", steps > 0 ? loss / static_cast<double>(steps) : 0);
    return metrics;
  }

  void Serialize(Archive& ar) override {
    ar.Section("disagreement", 1, [&](int) {
      ar("inputs", inputs_);
      ar("phi", phi_);
      ar("ensemble", ensemble_);
    });
  }

 private:
  std::vector<float> Embed(std::span<const float> x) const {
    std::vector<float> y(x.size() / static_cast<std::size_t>(inputs_.size()) * static_cast<std::size_t>(options_.features));
    phi_.Embed(x, y);
    return y;
  }

  void Score(const SequenceView& rows, const ObsRows& obs, std::span<float> out) const {
    std::vector<float> variance(obs.lead + rows.rows());
    // Of all observations, though the last ones are not asked for: the same rows stand at the same places.
    ensemble_.Disagreement(Embed(obs.x), ReadLiveActions(rows, obs.lead, actions_), variance);
    ScoreRows(rows, out, [&](int t, int i) { return variance[obs.at(rows.index(t, i))]; });
  }

  DisagreementOptions options_;
  nn::WhitenedInputs inputs_;
  nn::ActionInputs actions_;
  MinibatchOptions minibatches_;
  nn::RandomFeatures phi_;
  nn::ForwardEnsemble ensemble_;
};

const RewardRegistrar kDisagreement("disagreement", "variance of an ensemble of forward models in features of a random network",
                                    [](const Config& config, const RewardDeps& deps) {
                                      return std::make_unique<Disagreement>(config, deps);
                                    });

}  // namespace
}  // namespace rove
