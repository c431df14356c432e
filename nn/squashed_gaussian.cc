#include "nn/squashed_gaussian.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace rove::nn {

float SquashedGaussian::Sample(std::span<const float> row, std::span<const float> noise, std::span<float> action) const {
  constexpr float kHalfLogTwoPi = 0.91893853f, kLogTwo = 0.69314718f;
  const std::size_t actions = action.size();
  float log_prob = 0;
  for (std::size_t j = 0; j < actions; ++j) {
    const float log_std = std::clamp(row[actions + j], log_std_min, log_std_max);
    const float u = row[j] + std::exp(log_std) * noise[j], size = std::abs(u), e = std::exp(-2 * size);
    action[j] = std::copysign((1 - e) / (1 + e), u);
    log_prob -= 0.5f * noise[j] * noise[j] + log_std + kHalfLogTwoPi + 2 * (kLogTwo - size - std::log1p(e));
  }
  return log_prob;
}

void SquashedGaussian::Gradient(std::span<const float> row, std::span<const float> noise, std::span<const float> action,
                                float log_prob_coef, std::span<const float> daction, std::span<float> drow) const {
  const std::size_t actions = action.size();
  for (std::size_t j = 0; j < actions; ++j) {
    const float a = action[j], raw = row[actions + j], log_std = std::clamp(raw, log_std_min, log_std_max);
    // d log pi / du = 2 a, from the squashing alone; da / du = 1 - a^2.
    const float du = log_prob_coef * 2 * a + daction[j] * (1 - a * a);
    drow[j] = du;
    drow[actions + j] = log_std == raw ? du * std::exp(log_std) * noise[j] - log_prob_coef : 0;
  }
}

}  // namespace rove::nn
