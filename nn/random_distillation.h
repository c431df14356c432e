// Random network distillation (Burda et al. 2019): a predictor f^ learns to imitate a fixed random network f on the inputs it is
// shown; where it was shown little, the error stays large.
//
//   error(x) = mean over features (f^(x) - f(x))^2          loss = mean over rows of error
// or, as the MiniGrid baselines train it, loss = mean over rows of the L2 norm ||f^(x) - f(x)||. Both are FeatureNets; where the
// input has an encoder, either each has one of its own (RIDE's RND) or both read one random encoder that never learns (NovelD).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/rng.h"
#include "nn/feature_net.h"
#include "nn/train_step.h"

namespace rove::nn {

struct DistillationOptions {
  std::vector<std::int64_t> target{128}, predictor{128, 128};  // hidden widths
  std::int64_t features = 64;
  float learning_rate = 1e-4f;
  enum class Loss : std::uint8_t { kMeanSquare, kNorm } loss = Loss::kMeanSquare;
  enum class Trunk : std::uint8_t { kOwn, kFrozen } trunk = Trunk::kOwn;  // the encoder, if the input has one
  OptimizerOptions optimizer{.epsilon = 1e-8f, .max_grad_norm = 0};
};
// Reads the keys target, predictor, features, learning_rate, loss, trunk (if the input has an encoder) and those of
// ReadOptimizer.
void ReadDistillation(const Config& config, const NetInput& input, DistillationOptions* options);

class RandomDistillation {
 public:
  RandomDistillation(const DistillationOptions& options, const NetInput& input, Seed seed);

  // x: [rows, input.width]; error: [rows]. Thread-safe beside other calls of itself.
  void Errors(std::span<const float> x, std::span<float> error) const;
  void Norms(std::span<const float> x, std::span<float> norm) const;  // ||f^(x) - f(x)||

  // One optimiser step on all rows of x; none if there is no row. Returns the loss before it.
  double Train(std::span<const float> x);

  void Serialize(Archive& ar);  // all networks and the optimiser

 private:
  // Of the row's squared differences, writes the loss gradient to d, [features]; returns the row's loss.
  double RowGradient(const float* guess, const float* wanted, double rows, float* d) const;
  at::Tensor TrunkFeatures(const at::Tensor& x) const { return trunk_ ? trunk_->Forward(x) : x; }

  DistillationOptions options_;
  std::int64_t width_;
  std::optional<RandomFeatures> trunk_;  // the encoder, if it is frozen
  RandomFeatures target_;
  ParamLayout layout_;  // of the predictor
  FeatureNet predictor_;
  TrainStep step_;
};

}  // namespace rove::nn
