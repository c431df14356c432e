#include "nn/inverse_dynamics.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/archive.h"
#include "nn/tiles.h"

namespace rove::nn {
namespace {

std::vector<std::int64_t> If(bool wanted, std::vector<std::int64_t> widths) {
  return wanted ? widths : std::vector<std::int64_t>{};
}

}  // namespace

void ReadDynamics(const Config& config, DynamicsOptions* options) {
  config.Get("hidden", &options->hidden, InRange(1, 1 << 16));
  config.Get("features", &options->features, InRange(1, 1 << 12));
  config.Get("inverse", &options->inverse, InRange(1, 1 << 16));
  config.Get("learning_rate", &options->learning_rate, Positive());
  ReadOptimizer(config, &options->optimizer);
  if (!options->predicts) return;
  config.Get("forward", &options->forward, InRange(1, 1 << 16));
  config.Get("inverse_coef", &options->inverse_coef, AtLeast(0));
  config.Get("forward_coef", &options->forward_coef, AtLeast(0));
}

InverseDynamics::InverseDynamics(const DynamicsOptions& options, const NetInput& input, std::int64_t actions,
                                 std::int64_t choices, Seed seed)
    : options_(options),
      width_(input.width),
      actions_(actions),
      choices_(choices),
      phi_(input, options.hidden, options.features, &layout_),
      inverse_("inverse", 2 * options.features, options.inverse, Activation::kRelu, &layout_),
      inverse_out_("inverse.out", inverse_.outputs(), {actions}, Activation::kNone, &layout_),
      forward_("forward", options.features + actions, If(options.predicts, options.forward), Activation::kRelu, &layout_),
      forward_out_("forward.out", forward_.outputs(), If(options.predicts, {options.features}), Activation::kNone, &layout_),
      step_(layout_, DeriveSeed(seed, "dynamics", 0), kBatchShards, options.optimizer) {}

at::Tensor InverseDynamics::Guess(const Params& params, const Mlp& hidden, const Mlp& output, const at::Tensor& a,
                                  const at::Tensor& b) const {
  return output.Forward(params, hidden.Forward(params, at::cat({a, b}, 1)));
}

void InverseDynamics::Embed(std::span<const float> x, std::span<float> out) const {
  ForEachTile(x, width_, [&](const at::Tensor& tile, std::int64_t first, std::int64_t rows) {
    const at::Tensor y = phi_.Forward(step_.params(), tile);
    std::copy_n(y.data_ptr<float>(), rows * features(), out.begin() + first * features());
  });
}

void InverseDynamics::ForwardErrors(std::span<const float> phi, std::span<const float> action, std::int64_t step,
                                    std::span<float> error) const {
  ForEachTile(action, actions_, [&](const at::Tensor& tile, std::int64_t first, std::int64_t rows) {
    const at::Tensor guess = Guess(step_.params(), forward_, forward_out_, Tile(phi, features(), first), tile);
    const float *g = guess.data_ptr<float>(), *wanted = phi.data() + (first + step) * features();
    for (std::int64_t row = first; row < first + rows; ++row) {
      float sum = 0;
      for (std::int64_t j = 0; j < features(); ++j, ++g, ++wanted) sum += (*g - *wanted) * (*g - *wanted);
      error[static_cast<std::size_t>(row)] = 0.5f * sum;
    }
  });
}

// Of one row: writes weight * dloss/dguess to d; returns the loss.
double InverseDynamics::InverseGradient(const float* guess, const float* action, double weight, float* d, double* hits) const {
  if (choices_ == 0) {
    double squares = 0;
    for (std::int64_t j = 0; j < actions_; ++j) {
      d[j] = guess[j] - action[j];
      squares += static_cast<double>(d[j] * d[j]);
      d[j] *= static_cast<float>(2 * weight / static_cast<double>(actions_));
    }
    return squares / static_cast<double>(actions_);
  }
  const float most = *std::max_element(guess, guess + actions_);
  double sum = 0, log_chosen = 0;
  for (std::int64_t j = 0; j < actions_; ++j) sum += std::exp(static_cast<double>(guess[j] - most));
  for (std::int64_t j = 0; j < actions_; ++j) {
    const double log_p = static_cast<double>(guess[j] - most) - std::log(sum);
    d[j] = static_cast<float>(weight * (std::exp(log_p) - static_cast<double>(action[j])));
    if (action[j] == 0) continue;
    log_chosen = log_p;
    *hits += guess[j] == most;
  }
  return -log_chosen;
}

// Of one row: writes weight * dloss/dguess and weight * dloss/dwanted; returns the loss.
double InverseDynamics::ForwardGradient(const float* guess, const float* wanted, double weight, float* d_guess,
                                        float* d_wanted) const {
  double squares = 0;
  for (std::int64_t j = 0; j < features(); ++j) squares += static_cast<double>((guess[j] - wanted[j]) * (guess[j] - wanted[j]));
  const bool is_norm = options_.forward_loss == DynamicsOptions::ForwardLoss::kNorm;
  const double norm = std::sqrt(squares);
  const auto scale = static_cast<float>(!is_norm ? weight : norm > 0 ? weight / norm : 0);
  for (std::int64_t j = 0; j < features(); ++j) {
    d_guess[j] = scale * (guess[j] - wanted[j]);
    d_wanted[j] = -d_guess[j];
  }
  return is_norm ? norm : squares / 2;
}

InverseDynamics::Loss InverseDynamics::AddGradient(const Params& params, std::span<const float> x, std::span<const float> action,
                                                   std::span<const float> next_x, const Part& part) const {
  const at::Tensor a = Tile(action, actions_, part.first);
  const at::Tensor now = phi_.Forward(params, Tile(x, width_, part.first));
  const at::Tensor next = phi_.Forward(params, Tile(next_x, width_, part.first));
  const at::Tensor inverse = Guess(params, inverse_, inverse_out_, now, next);
  std::vector<at::Tensor> ends{inverse}, gradients{at::zeros_like(inverse)};  // gradients stay 0 on rows of other shards
  if (options_.predicts) {
    ends.push_back(Guess(params, forward_, forward_out_, now, a));
    ends.push_back(next);
    gradients.push_back(at::zeros_like(next));
    gradients.push_back(at::zeros_like(next));
  }
  Loss sums;
  const double inverse_weight = static_cast<double>(options_.inverse_coef) / part.all_rows;
  const double forward_weight = static_cast<double>(options_.forward_coef) / part.all_rows;
  for (std::int64_t row = 0; row < part.rows; ++row) {
    const auto at = [row](const at::Tensor& tensor) { return tensor.data_ptr<float>() + row * tensor.size(1); };
    sums.inverse += InverseGradient(at(inverse), at(a), inverse_weight, at(gradients[0]), &sums.hits);
    if (options_.predicts)
      sums.forward += ForwardGradient(at(ends[1]), at(next), forward_weight, at(gradients[1]), at(gradients[2]));
  }
  torch::autograd::backward(ends, gradients);
  return sums;
}

InverseDynamics::Loss InverseDynamics::Train(std::span<const float> x, std::span<const float> action,
                                             std::span<const float> next_x) {
  const auto rows = static_cast<std::int64_t>(x.size()) / width_;
  if (rows == 0) return {};
  const auto all_rows = static_cast<double>(rows);
  std::array<Loss, kBatchShards> sums{};
  step_.Step(options_.learning_rate, [&](int shard, const Params& params) {
    const auto [begin, end] = ShardRows(rows, shard);
    Loss& sum = sums[static_cast<std::size_t>(shard)];
    for (std::int64_t first = begin; first < end; first += kTileRows) {
      const Loss tile = AddGradient(params, x, action, next_x, {first, std::min(kTileRows, end - first), all_rows});
      sum.inverse += tile.inverse;
      sum.forward += tile.forward;
      sum.hits += tile.hits;
    }
  });
  return {(sums[0].inverse + sums[1].inverse) / all_rows, (sums[0].forward + sums[1].forward) / all_rows,
          (sums[0].hits + sums[1].hits) / all_rows};
}

void InverseDynamics::Serialize(Archive& ar) {
  ar.Section("inverse_dynamics", 1, [&](int) { ar("train_step", step_); });
}

}  // namespace rove::nn
