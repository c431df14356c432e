// The policy of SAC: a diagonal Gaussian squashed into (-1, 1) by tanh (Haarnoja et al. 2018b, arXiv 1812.05905, appendix C),
// with gradients in closed form. Plain C++ on one row: mean and log_std of A actions side by side, [2 A].
//
//   log_std is clamped to [log_std_min, log_std_max];  u = mean + exp(log_std) noise,  noise ~ N(0, I);  a = tanh(u)
//   log pi(a) = sum_j [ -noise_j^2 / 2 - log_std_j - log(2 pi) / 2 - log(1 - a_j^2) ]
// The last term is 2 (log 2 - |u| - log(1 + exp(-2 |u|))), which stays finite where a rounds to 1.
#pragma once

#include <span>

namespace rove::nn {

struct SquashedGaussian {
  float log_std_min = -20, log_std_max = 2;

  // row: [2 A]; noise, action: [A]. Writes the action, returns log pi(action).
  float Sample(std::span<const float> row, std::span<const float> noise, std::span<float> action) const;

  // Gradient of  log_prob_coef * log pi(a) + sum_j daction_j a_j  with respect to row, noise held fixed (reparameterisation).
  // action: as Sample wrote it. drow: [2 A]. A clamped log_std gets gradient 0.
  void Gradient(std::span<const float> row, std::span<const float> noise, std::span<const float> action, float log_prob_coef,
                std::span<const float> daction, std::span<float> drow) const;
};

}  // namespace rove::nn
