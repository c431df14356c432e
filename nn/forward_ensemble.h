// An ensemble of forward models of given features (Pathak et al. 2019, arXiv 1906.04161): each predicts phi(x') from phi(x) and
// the action, from its own random start and on its own random share of the rows; where they were taught little, they disagree.
//
//   disagreement = mean over features of the variance over models (population)
//   loss         = sum over models of the mean over rows of m / share * mean over features (h - phi(x'))^2,  m ~ Bernoulli(share)
// Models are ReLU layers with a linear output. phi is no part of it: no gradient leaves.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/rng.h"
#include "nn/mlp.h"
#include "nn/train_step.h"

namespace rove::nn {

struct EnsembleOptions {
  std::int64_t models = 5;
  std::vector<std::int64_t> forward{128};  // hidden widths of each
  double share = 0.8;                      // of the rows that each model learns from
  float learning_rate = 1e-4f;
  OptimizerOptions optimizer{.epsilon = 1e-8f, .max_grad_norm = 0};
};
// Reads the keys models, forward, share, learning_rate and those of ReadOptimizer.
void ReadEnsemble(const Config& config, EnsembleOptions* options);

class ForwardEnsemble {
 public:
  ForwardEnsemble(const EnsembleOptions& options, std::int64_t features, std::int64_t actions, Seed seed);

  // phi: [at least rows, features]; action: [rows, actions]; out: [rows]. Thread-safe beside other calls of itself.
  void Disagreement(std::span<const float> phi, std::span<const float> action, std::span<float> out) const;

  // One optimiser step on all rows; none if there is no row. Row k draws its shares from noise.At(k, 0). Returns the mean over
  // models of the unmasked loss before the step.
  double Train(std::span<const float> phi, std::span<const float> action, std::span<const float> next_phi, const Noise& noise);

  void Serialize(Archive& ar);

 private:
  struct Model {
    Mlp hidden, output;
  };
  at::Tensor Guess(const Params& params, const Model& model, const at::Tensor& input) const {
    return model.output.Forward(params, model.hidden.Forward(params, input));
  }

  EnsembleOptions options_;
  std::int64_t features_, actions_;
  ParamLayout layout_;
  std::vector<Model> models_;
  TrainStep step_;
};

}  // namespace rove::nn
