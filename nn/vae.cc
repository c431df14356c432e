#include "nn/vae.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/archive.h"
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
  config.Get("kl_weight", &options->kl_weight, AtLeast(0));
}

Vae::Net::Net(std::int64_t inputs, const VaeOptions& options)
    : encoder("encoder", inputs, options.hidden, Activation::kRelu, &layout),
      posterior_weight(layout.AddWeight("posterior.weight", encoder.outputs(), 2 * options.latent, 0.1f)),
      posterior_bias(layout.AddBias("posterior.bias", 2 * options.latent)),
      decoder("decoder", options.latent, {options.hidden.rbegin(), options.hidden.rend()}, Activation::kRelu, &layout),
      output("output", decoder.outputs(), {inputs}, Activation::kNone, &layout) {}

Vae::Vae(const VaeOptions& options, float recon_weight, Data data, Seed seed)
    : options_(options),
      recon_weight_(recon_weight),
      data_(std::move(data)),
      net_(data_.width, options),
      step_(net_.layout, DeriveSeed(seed, "vae", 0), kBatchShards, {.epsilon = 1e-8f, .max_grad_norm = 0}) {}

float Vae::Recon(const float* guess, const float* x, float scale, float* d) const {
  float sum = 0;
  if (data_.groups.empty()) {
    const auto width = static_cast<float>(data_.width);
    for (std::int64_t e = 0; e < data_.width; ++e) {
      const float apart = guess[e] - x[e];
      sum += apart * apart;
      if (d != nullptr) d[e] = 2 * scale / width * apart;
    }
    return sum / width;
  }
  for (const std::int64_t size : data_.groups) {
    const float most = *std::max_element(guess, guess + size);
    float total = 0, chosen = 0, log_chosen = 0;
    for (std::int64_t e = 0; e < size; ++e) total += std::exp(guess[e] - most);
    for (std::int64_t e = 0; e < size; ++e) {
      chosen += x[e];  // 0 where the group has no code
      log_chosen += x[e] * (guess[e] - most);
    }
    sum += chosen * std::log(total) - log_chosen;
    for (std::int64_t e = 0; d != nullptr && e < size; ++e) d[e] = scale * (chosen * std::exp(guess[e] - most) / total - x[e]);
    guess += size;
    x += size;
    d = d == nullptr ? d : d + size;
  }
  return sum;
}

void Vae::Score(std::span<const float> x, std::span<const float> noise, std::span<float> kl, std::span<float> recon) const {
  ForEachTile(x, data_.width, [&](const at::Tensor& tile, std::int64_t first, std::int64_t rows) {
    const at::Tensor posterior = net_.Encode(step_.params(), tile);
    at::Tensor z = at::zeros({kTileRows, options_.latent}, at::kFloat);
    SampleLatent(posterior, noise.data() + first * options_.latent, rows, z);
    const at::Tensor guess = net_.Decode(step_.params(), z);
    const float *p = posterior.data_ptr<float>(), *g = guess.data_ptr<float>(), *in = tile.data_ptr<float>();
    for (std::int64_t row = first; row < first + rows; ++row, p += 2 * options_.latent, g += data_.width, in += data_.width) {
      kl[static_cast<std::size_t>(row)] = Kl(p, options_.latent);
      recon[static_cast<std::size_t>(row)] = Recon(g, in, 0, nullptr);
    }
  });
}

// The graph is cut at z, so that both losses enter in closed form: dL/dz comes from the decoder's backward pass, and with
// s = log sigma^2 and w = kl_weight / rows:  dL/dmu = dL/dz + w mu,  dL/ds = 1/2 dL/dz * noise * exp(s / 2) + 1/2 w (exp(s) - 1).
Vae::Loss Vae::AddGradient(const Params& params, std::span<const float> x, std::span<const float> noise, const Part& part) const {
  const std::int64_t width = options_.latent;
  const auto row_weight = 1 / static_cast<float>(part.all_rows), kl_weight = options_.kl_weight * row_weight;
  const at::Tensor tile = Tile(x, data_.width, part.first), posterior = net_.Encode(params, tile);
  at::Tensor z = at::zeros({kTileRows, width}, at::kFloat);
  SampleLatent(posterior, noise.data() + part.first * width, part.rows, z);
  z.set_requires_grad(true);
  const at::Tensor guess = net_.Decode(params, z);

  Loss sums;
  std::array<float, kTileRows> recon;
  at::Tensor dguess = at::zeros_like(tile);
  {
    const float *g = guess.data_ptr<float>(), *in = tile.data_ptr<float>();
    float* d = dguess.data_ptr<float>();
    for (std::int64_t row = 0; row < part.rows; ++row, g += data_.width, in += data_.width, d += data_.width)
      recon[static_cast<std::size_t>(row)] = Recon(g, in, recon_weight_ * row_weight, d);
  }
  torch::autograd::backward({guess}, {dguess});

  at::Tensor dposterior = at::zeros_like(posterior);
  const float *p = posterior.data_ptr<float>(), *dz = z.grad().data_ptr<float>(), *eps = noise.data() + part.first * width;
  float* d = dposterior.data_ptr<float>();
  for (std::int64_t row = 0; row < part.rows; ++row, p += 2 * width, d += 2 * width, dz += width, eps += width) {
    const double kl = Kl(p, width), error = recon[static_cast<std::size_t>(row)], nats = kl + recon_weight_ * error;
    sums.kl += kl;
    sums.recon += error;
    sums.square += nats * nats;
    for (std::int64_t j = 0; j < width; ++j) {
      const float sigma = std::exp(0.5f * p[width + j]);
      d[j] = dz[j] + kl_weight * p[j];
      d[width + j] = 0.5f * (dz[j] * eps[j] * sigma + kl_weight * (sigma * sigma - 1));
    }
  }
  torch::autograd::backward({posterior}, {dposterior});
  return sums;
}

Vae::Loss Vae::Train(std::span<const float> x, std::span<const float> noise) {
  const auto rows = static_cast<std::int64_t>(x.size()) / data_.width;
  std::array<Loss, kBatchShards> sums{};
  step_.Step(options_.learning_rate, [&](int shard, const Params& params) {
    const auto [begin, end] = ShardRows(rows, shard);
    Loss& sum = sums[static_cast<std::size_t>(shard)];
    for (std::int64_t first = begin; first < end; first += kTileRows) {
      const Loss tile = AddGradient(params, x, noise, {first, std::min(kTileRows, end - first), rows});
      sum.kl += tile.kl;
      sum.recon += tile.recon;
      sum.square += tile.square;
    }
  });
  const auto count = static_cast<double>(rows);
  return {(sums[0].kl + sums[1].kl) / count, (sums[0].recon + sums[1].recon) / count, (sums[0].square + sums[1].square) / count};
}

void Vae::Serialize(Archive& ar) {
  ar.Section("vae", 1, [&](int) { ar("train_step", step_); });
}

}  // namespace rove::nn
