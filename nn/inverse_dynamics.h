// An embedding phi learned by telling which action led from x to x', so that it keeps what the agent can influence (Pathak et al.
// 2017, arXiv 1705.05363), and, if asked for, a forward model h that predicts phi(x') from phi(x) and the action.
//
//   inverse  discrete actions: cross-entropy of softmax g(phi(x), phi(x')); others: mean over elements of (g(...) - a)^2
//   forward  1/2 ||h(phi(x), a) - phi(x')||^2, or ||h(phi(x), a) - phi(x')||
//   loss     mean over rows of inverse_coef inverse + forward_coef forward
// All gradients reach phi, on both sides of the forward error, as in the released codes of ICM and RIDE. phi is a FeatureNet; g
// and h are ReLU layers with a linear output.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/rng.h"
#include "nn/feature_net.h"
#include "nn/train_step.h"

namespace rove::nn {

struct DynamicsOptions {
  std::vector<std::int64_t> hidden{128};  // ReLU layers of phi, after its encoder
  std::int64_t features = 64;             // F
  std::vector<std::int64_t> inverse{128}, forward{128};
  bool predicts = false;  // there is a forward model
  enum class ForwardLoss : std::uint8_t { kHalfSquare, kNorm } forward_loss = ForwardLoss::kHalfSquare;
  float inverse_coef = 1, forward_coef = 1;
  float learning_rate = 3e-4f;
  OptimizerOptions optimizer{.epsilon = 1e-8f, .max_grad_norm = 0};
};
// Reads the keys hidden, features, inverse, learning_rate and those of ReadOptimizer; with a forward model also forward,
// inverse_coef and forward_coef.
void ReadDynamics(const Config& config, DynamicsOptions* options);

class InverseDynamics {
 public:
  // actions: floats of an action, A; choices: of a discrete one (then A is one-hot), else 0.
  InverseDynamics(const DynamicsOptions& options, const NetInput& input, std::int64_t actions, std::int64_t choices, Seed seed);

  std::int64_t features() const { return phi_.features(); }

  // x: [rows, input.width]; out: [rows, F]. Thread-safe beside other const calls.
  void Embed(std::span<const float> x, std::span<float> out) const;

  // error[k] = 1/2 ||h(phi_k, action_k) - phi_{k + step}||^2. action: [rows, A]; phi: [rows + step, F]; error: [rows].
  void ForwardErrors(std::span<const float> phi, std::span<const float> action, std::int64_t step, std::span<float> error) const;

  struct Loss {
    double inverse = 0, forward = 0;  // means over rows, before the step
    double hits = 0;                  // share of rows whose discrete action has the highest logit
  };
  // One optimiser step on all rows; none if there is no row.
  Loss Train(std::span<const float> x, std::span<const float> action, std::span<const float> next_x);

  void Serialize(Archive& ar);

 private:
  struct Part {  // of a training batch
    std::int64_t first, rows;
    double all_rows;
  };
  at::Tensor Guess(const Params& params, const Mlp& hidden, const Mlp& output, const at::Tensor& a, const at::Tensor& b) const;
  Loss AddGradient(const Params& params, std::span<const float> x, std::span<const float> action, std::span<const float> next_x,
                   const Part& part) const;
  double InverseGradient(const float* guess, const float* action, double weight, float* d, double* hits) const;
  double ForwardGradient(const float* guess, const float* wanted, double weight, float* d_guess, float* d_wanted) const;

  DynamicsOptions options_;
  std::int64_t width_, actions_, choices_;
  ParamLayout layout_;
  FeatureNet phi_;
  Mlp inverse_, inverse_out_, forward_, forward_out_;  // the last two without layers if there is no forward model
  TrainStep step_;
};

}  // namespace rove::nn
