#include "rewards/embedding.h"

#include <cmath>
#include <utility>

#include "core/archive.h"
#include "nn/action_inputs.h"
#include "nn/inverse_dynamics.h"
#include "nn/whitened_inputs.h"
#include "rewards/minibatches.h"

namespace rove {
namespace {

nn::DynamicsOptions ReadOptions(const Config& config, const EmbeddingOptions& options) {
  nn::DynamicsOptions out{
      .predicts = options.predicts, .inverse_coef = options.inverse_coef, .forward_coef = options.forward_coef};
  using ForwardLoss = nn::DynamicsOptions::ForwardLoss;
  out.forward_loss = options.norm ? ForwardLoss::kNorm : ForwardLoss::kHalfSquare;
  nn::ReadDynamics(config, &out);
  return out;
}

}  // namespace

struct Embedding::Parts {
  nn::WhitenedInputs inputs;
  nn::ActionInputs actions;
  MinibatchOptions minibatches;
  EmbeddingOptions options;
  nn::InverseDynamics dynamics;

  Parts(const Config& config, const RewardDeps& deps, const EmbeddingOptions& o)
      : inputs(config, deps.env.obs),
        actions(config, deps.env.action),
        minibatches(config),
        options(o),
        dynamics(ReadOptions(config, o), inputs.net_input(), actions.size(), actions.choices(),
                 DeriveSeed(deps.seed, o.purpose, 0)) {}

  Embedded Embed(ObsRows obs) const {
    const auto features = static_cast<std::size_t>(dynamics.features());
    Embedded out{.obs = std::move(obs), .features = features, .phi = {}};
    out.phi.resize(out.obs.rows() * features);
    dynamics.Embed(out.obs.x, out.phi);
    return out;
  }
};

Embedding::Embedding(const Config& config, const RewardDeps& deps, const EmbeddingOptions& options)
    : parts_(std::make_unique<Parts>(config, deps, options)) {}

Embedding::~Embedding() = default;

nn::WhitenedInputs& Embedding::inputs() { return parts_->inputs; }

std::size_t Embedding::features() const { return static_cast<std::size_t>(parts_->dynamics.features()); }

Embedded Embedding::Fresh(const RolloutView& rollout) { return parts_->Embed(ReadFresh(rollout, parts_->inputs)); }

Embedded Embedding::Batch(const SequenceView& batch) const { return parts_->Embed(ReadBatch(batch, parts_->inputs)); }

void Embedding::ForwardErrors(const SequenceView& rows, const Embedded& embedded, std::span<float> out) const {
  std::vector<float> error(embedded.obs.lead + rows.rows());
  parts_->dynamics.ForwardErrors(embedded.phi, ReadLiveActions(rows, embedded.obs.lead, parts_->actions), rows.n, error);
  ScoreRows(rows, out, [&](int t, int i) {
    const float half_square = error[embedded.obs.at(rows.index(t, i))];
    return parts_->options.norm ? std::sqrt(2 * half_square) : half_square;
  });
}

Metrics Embedding::Train(const BatchView& batch, const Noise& noise) {
  nn::InverseDynamics::Loss sum;
  double steps = 0;
  ForEachMinibatch(parts_->minibatches, noise, LiveRows(batch), [&](std::span<const std::int32_t> rows) {
    const auto loss =
        parts_->dynamics.Train(ReadStates(batch, rows, 0, parts_->inputs), ReadActions(batch, rows, parts_->actions),
                               ReadStates(batch, rows, 1, parts_->inputs));
    sum.inverse += loss.inverse;
    sum.forward += loss.forward;
    sum.hits += loss.hits;
    ++steps;
  });
  const double mean = steps > 0 ? 1 / steps : 0;
  Metrics metrics;
  metrics.Set("inverse_loss", sum.inverse * mean);
  if (parts_->actions.choices() > 0) metrics.Set("inverse_accuracy", sum.hits * mean);
  if (parts_->options.predicts) metrics.Set("forward_loss", sum.forward * mean);
  return metrics;
}

void Embedding::Serialize(Archive& ar) {
  ar.Section("embedding", 1, [&](int) {
    ar("inputs", parts_->inputs);
    ar("dynamics", parts_->dynamics);
  });
}

}  // namespace rove
