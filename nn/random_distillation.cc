#include "nn/random_distillation.h"

#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>

#include "core/archive.h"
#include "core/parallel.h"
#include "nn/tiles.h"

namespace rove::nn {

void ReadDistillation(const Config& config, DistillationOptions* options) {
  config.Get("target", &options->target, InRange(1, 1 << 16));
  config.Get("predictor", &options->predictor, InRange(1, 1 << 16));
  config.Get("features", &options->features, InRange(1, 1 << 16));
  config.Get("learning_rate", &options->learning_rate, Positive());
}

RandomDistillation::Net::Net(std::int64_t inputs, const std::vector<std::int64_t>& widths, std::int64_t features)
    : hidden("hidden", inputs, widths, Activation::kRelu, &layout),
      output("output", hidden.outputs(), {features}, Activation::kNone, &layout) {}

RandomDistillation::RandomDistillation(const DistillationOptions& options, std::int64_t inputs, Seed seed)
    : options_(options),
      inputs_(inputs),
      target_(inputs, options.target, options.features),
      predictor_(inputs, options.predictor, options.features),
      target_values_(target_.layout.Initial(DeriveSeed(seed, "rnd.target", 0))),
      predictor_values_(static_cast<std::size_t>(predictor_.layout.size())),
      target_params_(target_.layout, target_values_),
      predictor_params_(predictor_.layout, predictor_values_),
      step_(predictor_.layout, DeriveSeed(seed, "rnd.predictor", 0), kBatchShards, {.epsilon = 1e-8f, .max_grad_norm = 0}) {
  CopyPredictor();
}

void RandomDistillation::CopyPredictor() { std::ranges::copy(step_.values(), predictor_values_.begin()); }

void RandomDistillation::Errors(std::span<const float> x, std::span<float> error) const {
  const auto rows = std::ssize(error);
  ParallelFor(static_cast<int>((rows + kTileRows - 1) / kTileRows), [&](int k) {
    const c10::InferenceMode inference;
    const at::Tensor tile = Tile(x, inputs_, k * kTileRows);
    const at::Tensor wanted = target_.Forward(target_params_, tile), guess = predictor_.Forward(predictor_params_, tile);
    const float *f = wanted.data_ptr<float>(), *g = guess.data_ptr<float>();
    for (std::int64_t row = k * kTileRows; row < std::min(rows, (k + 1) * kTileRows);
         ++row, f += options_.features, g += options_.features) {
      float sum = 0;
      for (std::int64_t j = 0; j < options_.features; ++j) sum += (g[j] - f[j]) * (g[j] - f[j]);
      error[static_cast<std::size_t>(row)] = sum / static_cast<float>(options_.features);
    }
  });
}

double RandomDistillation::Train(std::span<const float> x) {
  const auto rows = static_cast<std::int64_t>(x.size()) / inputs_;
  if (rows == 0) return 0;
  const auto elements = static_cast<double>(rows * options_.features);
  std::array<double, kBatchShards> sums{};
  step_.Step(options_.learning_rate, [&](int shard, const Params& params) {
    const auto [begin, end] = ShardRows(rows, shard);
    for (std::int64_t first = begin; first < end; first += kTileRows) {
      const at::Tensor tile = Tile(x, inputs_, first);
      at::Tensor wanted;
      {
        const at::NoGradGuard no_grad;
        wanted = target_.Forward(target_params_, tile);
      }
      const at::Tensor guess = predictor_.Forward(params, tile);
      at::Tensor gradient = at::zeros_like(wanted);  // stays 0 on rows that are not this shard's
      const float *f = wanted.data_ptr<float>(), *g = guess.data_ptr<float>();
      float* d = gradient.data_ptr<float>();
      for (std::int64_t k = 0; k < std::min(kTileRows, end - first) * options_.features; ++k) {
        const float difference = g[k] - f[k];
        d[k] = static_cast<float>(2 / elements) * difference;
        sums[static_cast<std::size_t>(shard)] += static_cast<double>(difference * difference);
      }
      torch::autograd::backward({guess}, {gradient});
    }
  });
  CopyPredictor();
  return (sums[0] + sums[1]) / elements;
}

void RandomDistillation::Serialize(Archive& ar) {
  ar.Section("random_distillation", 1, [&](int) {
    ar.Block("target", target_values_.data(), target_values_.size() * sizeof(float));
    ar("predictor", step_);
  });
  if (ar.reading()) CopyPredictor();
}

}  // namespace rove::nn
