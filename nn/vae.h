// Variational autoencoder (Kingma & Welling 2014) as a density model: Gaussian q(z|x) with diagonal covariance, N(0, I) prior,
// one reparameterised sample z = mu + sigma * noise.
//
//   KL(x)    = 1/2 sum over latents (mu^2 + sigma^2 - 1 - log sigma^2)          nats
//   recon(x) = mean over elements (x^ - x)^2, or of one-hot groups the sum over groups of -log softmax(x^)[x]      nats
//   loss     = mean over rows (recon_weight * recon + kl_weight * KL)
// ReLU layers with linear outputs, orthogonal weights of gain sqrt(2), but 0.1 for mu and log sigma^2, so that KL starts near 0;
// biases 0. Adam (epsilon 1e-8).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/rng.h"
#include "nn/mlp.h"
#include "nn/train_step.h"

namespace rove::nn {

struct VaeOptions {
  std::vector<std::int64_t> hidden{128};  // widths of the encoder; the decoder has them in reverse
  std::int64_t latent = 8;                // Z
  float learning_rate = 1e-3f;
  float kl_weight = 1;  // below 1: latents pay less for what they explain
};
// Reads the keys hidden, latent, learning_rate and kl_weight.
void ReadVae(const Config& config, VaeOptions* options);

class Vae {
 public:
  // What a row of `width` floats is: numbers (groups empty), or one-hot groups of these sizes, side by side.
  struct Data {
    std::int64_t width = 0;
    std::vector<std::int64_t> groups;
  };
  Vae(const VaeOptions& options, float recon_weight, Data data, Seed seed);

  std::int64_t latent() const { return options_.latent; }

  // x: [rows, inputs]; noise: [rows, latent], standard normal; kl and recon: [rows]. Thread-safe beside other calls of itself.
  void Score(std::span<const float> x, std::span<const float> noise, std::span<float> kl, std::span<float> recon) const;

  struct Loss {
    double kl = 0, recon = 0;  // means over rows, before the step
    double square = 0;         // mean of (KL + recon_weight * recon)^2
  };
  // One optimiser step on all rows of x.
  Loss Train(std::span<const float> x, std::span<const float> noise);

  void Serialize(Archive& ar);  // parameters and optimiser

 private:
  struct Net {
    ParamLayout layout;
    Mlp encoder;
    int posterior_weight, posterior_bias;
    Mlp decoder, output;
    Net(std::int64_t inputs, const VaeOptions& options);
    // [B, 2 Z]: mu beside log sigma^2.
    at::Tensor Encode(const Params& params, const at::Tensor& x) const {
      return Linear(encoder.Forward(params, x), params[posterior_weight], params[posterior_bias], Activation::kNone);
    }
    at::Tensor Decode(const Params& params, const at::Tensor& z) const {
      return output.Forward(params, decoder.Forward(params, z));
    }
  };
  struct Part {  // of a training batch
    std::int64_t first, rows, all_rows;
  };
  // recon of one row; if d is not null, writes scale * drecon/dguess to it, [width].
  float Recon(const float* guess, const float* x, float scale, float* d) const;
  Loss AddGradient(const Params& params, std::span<const float> x, std::span<const float> noise, const Part& part) const;

  VaeOptions options_;
  float recon_weight_;
  Data data_;
  Net net_;
  TrainStep step_;
};

}  // namespace rove::nn
