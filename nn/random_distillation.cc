#include "nn/random_distillation.h"

#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/archive.h"
#include "nn/tiles.h"

namespace rove::nn {

void ReadDistillation(const Config& config, const NetInput& input, DistillationOptions* options) {
  config.Get("target", &options->target, InRange(1, 1 << 16));
  config.Get("predictor", &options->predictor, InRange(1, 1 << 16));
  config.Get("features", &options->features, InRange(1, 1 << 16));
  config.Get("learning_rate", &options->learning_rate, Positive());
  config.GetEnum("loss", &options->loss, {"mean_square", "norm"});
  if (input.encoder) config.GetEnum("trunk", &options->trunk, {"own", "frozen"});
  ReadOptimizer(config, &options->optimizer);
}

namespace {

std::optional<RandomFeatures> FrozenTrunk(const DistillationOptions& options, const NetInput& input, Seed seed) {
  if (options.trunk != DistillationOptions::Trunk::kFrozen || !input.encoder) return {};
  return std::optional<RandomFeatures>(std::in_place, input, std::vector<std::int64_t>{}, 0, DeriveSeed(seed, "rnd.trunk", 0));
}

NetInput AfterTrunk(const std::optional<RandomFeatures>& trunk, const NetInput& input) {
  return trunk ? NetInput{.width = trunk->features(), .encoder = {}} : input;
}

}  // namespace

RandomDistillation::RandomDistillation(const DistillationOptions& options, const NetInput& input, Seed seed)
    : options_(options),
      width_(input.width),
      trunk_(FrozenTrunk(options, input, seed)),
      target_(AfterTrunk(trunk_, input), options.target, options.features, DeriveSeed(seed, "rnd.target", 0)),
      predictor_(AfterTrunk(trunk_, input), options.predictor, options.features, &layout_),
      step_(layout_, DeriveSeed(seed, "rnd.predictor", 0), kBatchShards, options.optimizer) {}

void RandomDistillation::Errors(std::span<const float> x, std::span<float> error) const {
  ForEachTile(x, width_, [&](const at::Tensor& tile, std::int64_t first, std::int64_t rows) {
    const at::Tensor features = TrunkFeatures(tile);
    const at::Tensor wanted = target_.Forward(features), guess = predictor_.Forward(step_.params(), features);
    const float *f = wanted.data_ptr<float>(), *g = guess.data_ptr<float>();
    for (std::int64_t row = first; row < first + rows; ++row, f += options_.features, g += options_.features) {
      float sum = 0;
      for (std::int64_t j = 0; j < options_.features; ++j) sum += (g[j] - f[j]) * (g[j] - f[j]);
      error[static_cast<std::size_t>(row)] = sum / static_cast<float>(options_.features);
    }
  });
}

void RandomDistillation::Norms(std::span<const float> x, std::span<float> norm) const {
  Errors(x, norm);
  for (float& n : norm) n = std::sqrt(n * static_cast<float>(options_.features));
}

double RandomDistillation::RowGradient(const float* guess, const float* wanted, double rows, float* d) const {
  double squares = 0;
  for (std::int64_t j = 0; j < options_.features; ++j) {
    d[j] = guess[j] - wanted[j];
    squares += static_cast<double>(d[j] * d[j]);
  }
  const bool mean_square = options_.loss == DistillationOptions::Loss::kMeanSquare;
  const auto features = static_cast<double>(options_.features);
  const double norm = std::sqrt(squares), scale = mean_square ? 2 / (rows * features) : norm > 0 ? 1 / (rows * norm) : 0;
  for (std::int64_t j = 0; j < options_.features; ++j) d[j] *= static_cast<float>(scale);
  return mean_square ? squares / features : norm;
}

double RandomDistillation::Train(std::span<const float> x) {
  const auto rows = static_cast<std::int64_t>(x.size()) / width_;
  if (rows == 0) return 0;
  std::array<double, kBatchShards> sums{};
  step_.Step(options_.learning_rate, [&](int shard, const Params& params) {
    const auto [begin, end] = ShardRows(rows, shard);
    for (std::int64_t first = begin; first < end; first += kTileRows) {
      at::Tensor features, wanted;
      {
        const at::NoGradGuard no_grad;
        features = TrunkFeatures(Tile(x, width_, first));
        wanted = target_.Forward(features);
      }
      const at::Tensor guess = predictor_.Forward(params, features);
      at::Tensor gradient = at::zeros_like(wanted);  // stays 0 on rows that are not this shard's
      const float *f = wanted.data_ptr<float>(), *g = guess.data_ptr<float>();
      float* d = gradient.data_ptr<float>();
      for (std::int64_t row = first; row < std::min(first + kTileRows, end); ++row) {
        sums[static_cast<std::size_t>(shard)] += RowGradient(g, f, static_cast<double>(rows), d);
        f += options_.features;
        g += options_.features;
        d += options_.features;
      }
      torch::autograd::backward({guess}, {gradient});
    }
  });
  return (sums[0] + sums[1]) / static_cast<double>(rows);
}

void RandomDistillation::Serialize(Archive& ar) {
  ar.Section("random_distillation", 2, [&](int) {
    if (trunk_) ar("trunk", *trunk_);
    ar("target", target_);
    ar("predictor", step_);
  });
}

}  // namespace rove::nn
