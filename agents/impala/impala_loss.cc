#include "agents/impala/impala_loss.h"

#include <algorithm>
#include <cmath>

namespace rove {

ImpalaSums& ImpalaSums::operator+=(const ImpalaSums& other) {
  policy_loss += other.policy_loss;
  value_loss += other.value_loss;
  entropy += other.entropy;
  return *this;
}

void ImpalaLoss(const ImpalaWeights& weights, std::span<const ImpalaSample> samples, int heads, std::span<const float> log_prob,
                std::span<const float> values, std::span<float> dlogits, std::span<float> dvalues, ImpalaSums* sums) {
  const auto width = static_cast<std::size_t>(heads), actions = log_prob.size() / samples.size();
  std::ranges::fill(dlogits, 0.0f);
  std::ranges::fill(dvalues, 0.0f);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const ImpalaSample& sample = samples[i];
    if (sample.action < 0) continue;
    const auto log_p = log_prob.subspan(i * actions, actions);
    const auto d = dlogits.subspan(i * actions, actions);
    float entropy = 0;
    for (std::size_t j = 0; j < actions; ++j) {
      d[j] = std::exp(log_p[j]);
      entropy -= d[j] * log_p[j];
    }
    for (std::size_t j = 0; j < actions; ++j) {
      d[j] *= weights.row * (sample.advantage + weights.entropy_coef * (log_p[j] + entropy));
    }
    const auto action = static_cast<std::size_t>(sample.action);
    d[action] -= weights.row * sample.advantage;
    sums->policy_loss -= sample.advantage * log_p[action];
    sums->entropy += entropy;
    for (std::size_t h = 0; h < width; ++h) {
      const float error = values[i * width + h] - sample.target[h];
      dvalues[i * width + h] = weights.row * weights.value_coef * error;
      sums->value_loss += 0.5f * error * error;
    }
  }
}

}  // namespace rove
