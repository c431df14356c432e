#include "agents/ppo/ppo_loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/categorical.h"

namespace rove {
namespace {

// Writes dL/dlogits of one row, row_weight aside. log_prob: [A], overwritten.
void PolicyGradient(const PpoLossOptions& options, const PpoSample& sample, float advantage, std::span<float> log_prob,
                    std::span<float> dlogits, PpoSums* sums) {
  const auto action = static_cast<std::size_t>(sample.action);
  const float log_ratio = log_prob[action] - sample.log_prob, ratio = std::exp(log_ratio);
  const float clipped_ratio = std::clamp(ratio, 1 - options.clip, 1 + options.clip);
  const float loss = -advantage * ratio, clipped_loss = -advantage * clipped_ratio;
  const float dlog_prob = loss >= clipped_loss ? loss : 0;  // d(ratio)/d(log_prob) = ratio; where clipped, constant

  float entropy = 0;
  for (std::size_t j = 0; j < log_prob.size(); ++j) {
    dlogits[j] = std::exp(log_prob[j]);
    entropy -= dlogits[j] * log_prob[j];
  }
  for (std::size_t j = 0; j < log_prob.size(); ++j) {
    const float p = dlogits[j];
    dlogits[j] = -dlog_prob * p + options.entropy_coef * p * (log_prob[j] + entropy);
  }
  dlogits[action] += dlog_prob;

  sums->policy_loss += std::max(loss, clipped_loss);
  sums->entropy += entropy;
  sums->approx_kl += (ratio - 1) - log_ratio;  // Schulman 2020, http://joschu.net/blog/kl-approx.html, k3
  sums->clipped += std::abs(ratio - 1) > options.clip;
}

// Returns d/dv of one head's loss, value_coef aside.
float ValueGradient(const PpoLossOptions& options, float value, float old_value, float target, PpoSums* sums) {
  const float error = value - target;
  if (options.clip_value) {
    const float step = value - old_value;
    const float clipped_error = old_value + std::clamp(step, -options.clip, options.clip) - target;
    if (clipped_error * clipped_error > error * error) {
      sums->value_loss += 0.5f * clipped_error * clipped_error;
      return std::abs(step) <= options.clip ? clipped_error : 0;
    }
  }
  sums->value_loss += 0.5f * error * error;
  return error;
}

}  // namespace

PpoSums& PpoSums::operator+=(const PpoSums& other) {
  policy_loss += other.policy_loss;
  value_loss += other.value_loss;
  entropy += other.entropy;
  approx_kl += other.approx_kl;
  clipped += other.clipped;
  return *this;
}

void PpoLoss(const PpoLossOptions& options, const PpoMinibatch& minibatch, std::span<const PpoSample> samples, int heads,
             std::span<const float> logits, std::span<const float> values, std::span<float> dlogits, std::span<float> dvalues,
             PpoSums* sums) {
  const auto width = static_cast<std::size_t>(heads), rows = values.size() / width, actions = logits.size() / rows;
  std::ranges::fill(dlogits, 0.0f);
  std::ranges::fill(dvalues, 0.0f);
  std::vector<float> log_prob(actions);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const PpoSample& sample = samples[i];
    if (sample.row < 0) continue;
    const auto row = dlogits.subspan(i * actions, actions);
    nn::LogSoftmax(logits.subspan(i * actions, actions), log_prob);
    PolicyGradient(options, sample, (sample.advantage - minibatch.shift) * minibatch.scale, log_prob, row, sums);
    for (float& d : row) d *= minibatch.row_weight;
    for (std::size_t h = 0; h < width; ++h) {
      dvalues[i * width + h] = minibatch.row_weight * options.value_coef *
                               ValueGradient(options, values[i * width + h], sample.value[h], sample.target[h], sums);
    }
  }
}

}  // namespace rove
