// Random network distillation (Burda et al. 2019): a predictor f^ learns to imitate a fixed random network f on the inputs it is
// shown; where it was shown little, the error stays large.
//
//   error(x) = mean over features (f^(x) - f(x))^2          loss = mean over rows of error
// Both are stacks of ReLU layers with a linear output, orthogonal weights of gain sqrt(2), biases 0. Adam (epsilon 1e-8).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/rng.h"
#include "nn/mlp.h"
#include "nn/train_step.h"

namespace rove::nn {

struct DistillationOptions {
  std::vector<std::int64_t> target{128}, predictor{128, 128};  // hidden widths
  std::int64_t features = 64;
  float learning_rate = 1e-4f;
};
// Reads the keys target, predictor, features and learning_rate.
void ReadDistillation(const Config& config, DistillationOptions* options);

class RandomDistillation {
 public:
  RandomDistillation(const DistillationOptions& options, std::int64_t inputs, Seed seed);

  // x: [rows, inputs]; error: [rows]. Thread-safe beside other calls of itself.
  void Errors(std::span<const float> x, std::span<float> error) const;

  std::int64_t features() const { return options_.features; }

  // One optimiser step on all rows of x; none if there is no row. Returns the loss before it.
  double Train(std::span<const float> x);

  void Serialize(Archive& ar);  // both networks and the optimiser

 private:
  struct Net {
    ParamLayout layout;
    Mlp hidden, output;
    Net(std::int64_t inputs, const std::vector<std::int64_t>& widths, std::int64_t features);
    at::Tensor Forward(const Params& params, const at::Tensor& x) const {
      return output.Forward(params, hidden.Forward(params, x));
    }
  };
  void CopyPredictor();

  DistillationOptions options_;
  std::int64_t inputs_;
  Net target_, predictor_;
  std::vector<float> target_values_, predictor_values_;  // predictor_values_: a copy of step_'s, to be read without gradients
  Params target_params_, predictor_params_;
  TrainStep step_;
};

}  // namespace rove::nn
