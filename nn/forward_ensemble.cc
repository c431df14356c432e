#include "nn/forward_ensemble.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <string>

#include "core/archive.h"
#include "nn/tiles.h"

namespace rove::nn {

void ReadEnsemble(const Config& config, EnsembleOptions* options) {
  config.Get("models", &options->models, InRange(2, 100));
  config.Get("forward", &options->forward, InRange(1, 1 << 16));
  config.Get("share", &options->share, Range{.low = 0, .high = 1, .low_open = true});
  config.Get("learning_rate", &options->learning_rate, Positive());
  ReadOptimizer(config, &options->optimizer);
}

namespace {

template <class Model>
std::vector<Model> MakeModels(const EnsembleOptions& options, std::int64_t features, std::int64_t actions, ParamLayout* layout) {
  std::vector<Model> models;
  for (std::int64_t m = 0; m < options.models; ++m) {
    const std::string name = "model" + std::to_string(m);
    Mlp hidden(name, features + actions, options.forward, Activation::kRelu, layout);
    Mlp output(name + ".out", hidden.outputs(), {features}, Activation::kNone, layout);
    models.push_back({std::move(hidden), std::move(output)});
  }
  return models;
}

}  // namespace

ForwardEnsemble::ForwardEnsemble(const EnsembleOptions& options, std::int64_t features, std::int64_t actions, Seed seed)
    : options_(options),
      features_(features),
      actions_(actions),
      models_(MakeModels<Model>(options, features, actions, &layout_)),
      step_(layout_, DeriveSeed(seed, "ensemble", 0), kBatchShards, options.optimizer) {}

void ForwardEnsemble::Disagreement(std::span<const float> phi, std::span<const float> action, std::span<float> out) const {
  ForEachTile(action, actions_, [&](const at::Tensor& tile, std::int64_t first, std::int64_t rows) {
    const at::Tensor input = at::cat({Tile(phi, features_, first), tile}, 1);
    std::vector<at::Tensor> guesses;
    for (const Model& model : models_) guesses.push_back(Guess(step_.params(), model, input));
    const auto count = static_cast<double>(guesses.size());
    for (std::int64_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (std::int64_t j = row * features_; j < (row + 1) * features_; ++j) {
        double mean = 0, squares = 0;
        for (const at::Tensor& guess : guesses) mean += static_cast<double>(guess.data_ptr<float>()[j]) / count;
        for (const at::Tensor& guess : guesses) {
          const double apart = static_cast<double>(guess.data_ptr<float>()[j]) - mean;
          squares += apart * apart;
        }
        sum += squares / count;
      }
      out[static_cast<std::size_t>(first + row)] = static_cast<float>(sum / static_cast<double>(features_));
    }
  });
}

double ForwardEnsemble::Train(std::span<const float> phi, std::span<const float> action, std::span<const float> next_phi,
                              const Noise& noise) {
  const auto rows = static_cast<std::int64_t>(action.size()) / actions_;
  if (rows == 0) return 0;
  const double weight = 2 / (options_.share * static_cast<double>(rows * features_));
  std::array<double, kBatchShards> sums{};
  step_.Step(options_.learning_rate, [&](int shard, const Params& params) {
    const auto [begin, end] = ShardRows(rows, shard);
    for (std::int64_t first = begin; first < end; first += kTileRows) {
      const at::Tensor input = at::cat({Tile(phi, features_, first), Tile(action, actions_, first)}, 1);
      std::vector<at::Tensor> guesses, gradients;  // gradients stay 0 on rows of other shards, and where a model does not learn
      for (const Model& model : models_) {
        guesses.push_back(Guess(params, model, input));
        gradients.push_back(at::zeros_like(guesses.back()));
      }
      for (std::int64_t row = first; row < std::min(first + kTileRows, end); ++row) {
        NoiseStream stream = noise.At(static_cast<std::uint64_t>(row), 0);
        const float* wanted = next_phi.data() + row * features_;
        for (std::size_t m = 0; m < guesses.size(); ++m) {
          const float* guess = guesses[m].data_ptr<float>() + (row - first) * features_;
          float* d = gradients[m].data_ptr<float>() + (row - first) * features_;
          const auto scale = static_cast<float>(stream.UniformDouble() < options_.share ? weight : 0);
          for (std::int64_t j = 0; j < features_; ++j) {
            const float apart = guess[j] - wanted[j];
            d[j] = scale * apart;
            sums[static_cast<std::size_t>(shard)] += static_cast<double>(apart * apart);
          }
        }
      }
      torch::autograd::backward(guesses, gradients);
    }
  });
  return (sums[0] + sums[1]) / static_cast<double>(rows * features_ * options_.models);
}

void ForwardEnsemble::Serialize(Archive& ar) {
  ar.Section("forward_ensemble", 1, [&](int) { ar("train_step", step_); });
}

}  // namespace rove::nn
