#include "nn/vae.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/archive.h"
#include "core/parallel.h"
#include "nn/tiles.h"

namespace rove::nn {
namespace {

// z = mu + exp(1/2 log sigma^2) * noise for the first `rows` rows of z, [tile, Z]; posterior: [tile, 2 Z]; noise: from their row.
void SampleLatent(const at::Tensor& posterior, const float* noise, std::int64_t rows, const at::Tensor& z) {
  const std::int64_t width = z.size(1);
  const float* p = posterior.data_ptr<float>();
  float* to = z.data_ptr<float>();
  for (std::int64_t row = 0; row < rows; ++row, p += 2 * width, to += width, noise += width) {
    for (std::int64_t j = 0; j < width; ++j) to[j] = p[j] + std::exp(0.5f * p[width + j]) * noise[j];
  }
}

// One row's KL; p: mu, then log sigma^2.
float Kl(const float* p, std::int64_t width) {
  float sum = 0;
  for (std::int64_t j = 0; j < width; ++j) sum += p[j] * p[j] + std::exp(p[width + j]) - 1 - p[width + j];
  return 0.5f * sum;
}

}  // namespace

void ReadVae(const Config& config, VaeOptions* options) {
  config.Get("hidden", &options->hidden, InRange(1, 1 << 16));
  config.Get("latent", &options->latent, InRange(1, 1 << 16));
  config.Get("learning_rate", &options->learning_rate, Positive());
}

Vae::Net::Net(std::int64_t inputs, const VaeOptions& options)
    : encoder("encoder", inputs, options.hidden, Activation::kRelu, &layout),
      posterior_weight(layout.AddWeight("posterior.weight", encoder.outputs(), 2 * options.latent, 0.1f)),
      posterior_bias(layout.AddBias("posterior.bias", 2 * options.latent)),
      decoder("decoder", options.latent, {options.hidden.rbegin(), options.hidden.rend()}, Activation::kRelu, &layout),
      output("output", decoder.outputs(), {inputs}, Activation::kNone, &layout) {}

Vae::Vae(const VaeOptions& options, float mse_weight, std::int64_t inputs, Seed seed)
    : options_(options),
      mse_weight_(mse_weight),
      inputs_(inputs),
      net_(inputs, options),
      values_(static_cast<std::size_t>(net_.layout.size())),
      params_(net_.layout, values_),
      step_(net_.layout, DeriveSeed(seed, "vae", 0), kBatchShards, {.epsilon = 1e-8f, .max_grad_norm = 0}) {
  CopyValues();
}

void Vae::CopyValues() { std::ranges::copy(step_.values(), values_.begin()); }

void Vae::Score(std::span<const float> x, std::span<const float> noise, std::span<float> kl, std::span<float> mse) const {
  const auto rows = std::ssize(kl);
  ParallelFor(static_cast<int>((rows + kTileRows - 1) / kTileRows), [&](int k) {
    const c10::InferenceMode inference;
    const std::int64_t first = k * kTileRows, count = std::min(kTileRows, rows - first);
    const at::Tensor tile = Tile(x, inputs_, first), posterior = net_.Encode(params_, tile);
    at::Tensor z = at::zeros({kTileRows, options_.latent}, at::kFloat);
    SampleLatent(posterior, noise.data() + first * options_.latent, count, z);
    const at::Tensor guess = net_.Decode(params_, z);
    const float *p = posterior.data_ptr<float>(), *g = guess.data_ptr<float>(), *in = tile.data_ptr<float>();
    for (std::int64_t row = 0; row < count; ++row, p += 2 * options_.latent, g += inputs_, in += inputs_) {
      float sum = 0;
      for (std::int64_t e = 0; e < inputs_; ++e) sum += (g[e] - in[e]) * (g[e] - in[e]);
      kl[static_cast<std::size_t>(first + row)] = Kl(p, options_.latent);
      mse[static_cast<std::size_t>(first + row)] = sum / static_cast<float>(inputs_);
    }
  });
}

// The graph is cut at z, so that both losses enter in closed form: dL/dz comes from the decoder's backward pass, and with
// s = log sigma^2:  dL/dmu = dL/dz + mu / rows,  dL/ds = 1/2 dL/dz * noise * exp(s / 2) + 1/2 (exp(s) - 1) / rows.
Vae::Loss Vae::AddGradient(const Params& params, std::span<const float> x, std::span<const float> noise, const Part& part) const {
  const std::int64_t width = options_.latent;
  const auto row_weight = 1 / static_cast<float>(part.all_rows);
  const at::Tensor tile = Tile(x, inputs_, part.first), posterior = net_.Encode(params, tile);
  at::Tensor z = at::zeros({kTileRows, width}, at::kFloat);
  SampleLatent(posterior, noise.data() + part.first * width, part.rows, z);
  z.set_requires_grad(true);
  const at::Tensor guess = net_.Decode(params, z);

  Loss sums;
  at::Tensor dguess = at::zeros_like(tile);
  {
    const float *g = guess.data_ptr<float>(), *in = tile.data_ptr<float>();
    float* d = dguess.data_ptr<float>();
    const float scale = 2 * mse_weight_ * row_weight / static_cast<float>(inputs_);
    for (std::int64_t k = 0; k < part.rows * inputs_; ++k) {
      const float difference = g[k] - in[k];
      d[k] = scale * difference;
      sums.mse += static_cast<double>(difference * difference);
    }
    sums.mse /= static_cast<double>(inputs_);
  }
  torch::autograd::backward({guess}, {dguess});

  at::Tensor dposterior = at::zeros_like(posterior);
  const float *p = posterior.data_ptr<float>(), *dz = z.grad().data_ptr<float>(), *eps = noise.data() + part.first * width;
  float* d = dposterior.data_ptr<float>();
  for (std::int64_t row = 0; row < part.rows; ++row, p += 2 * width, d += 2 * width, dz += width, eps += width) {
    sums.kl += static_cast<double>(Kl(p, width));
    for (std::int64_t j = 0; j < width; ++j) {
      const float sigma = std::exp(0.5f * p[width + j]);
      d[j] = dz[j] + row_weight * p[j];
      d[width + j] = 0.5f * (dz[j] * eps[j] * sigma + row_weight * (sigma * sigma - 1));
    }
  }
  torch::autograd::backward({posterior}, {dposterior});
  return sums;
}

Vae::Loss Vae::Train(std::span<const float> x, std::span<const float> noise) {
  const auto rows = static_cast<std::int64_t>(x.size()) / inputs_;
  std::array<Loss, kBatchShards> sums{};
  step_.Step(options_.learning_rate, [&](int shard, const Params& params) {
    const auto [begin, end] = ShardRows(rows, shard);
    Loss& sum = sums[static_cast<std::size_t>(shard)];
    for (std::int64_t first = begin; first < end; first += kTileRows) {
      const Loss tile = AddGradient(params, x, noise, {first, std::min(kTileRows, end - first), rows});
      sum.kl += tile.kl;
      sum.mse += tile.mse;
    }
  });
  CopyValues();
  const auto count = static_cast<double>(rows);
  return {(sums[0].kl + sums[1].kl) / count, (sums[0].mse + sums[1].mse) / count};
}

void Vae::Serialize(Archive& ar) {
  ar.Section("vae", 1, [&](int) { ar("train_step", step_); });
  if (ar.reading()) CopyValues();
}

}  // namespace rove::nn
