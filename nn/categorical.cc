#include "nn/categorical.h"

#include <algorithm>
#include <cmath>

namespace rove::nn {

void LogSoftmax(std::span<const float> logits, std::span<float> log_prob) {
  const float most = *std::ranges::max_element(logits);
  float sum = 0;
  for (const float logit : logits) sum += std::exp(logit - most);
  const float shift = most + std::log(sum);
  for (std::size_t j = 0; j < logits.size(); ++j) log_prob[j] = logits[j] - shift;
}

std::size_t SampleCategorical(std::span<const float> log_prob, float u) {
  float sum = 0;
  for (std::size_t j = 0; j < log_prob.size(); ++j) {
    sum += std::exp(log_prob[j]);
    if (sum > u) return j;
  }
  return ArgMax(log_prob);  // rounding left the sum at or below u
}

std::size_t ArgMax(std::span<const float> x) { return static_cast<std::size_t>(std::ranges::max_element(x) - x.begin()); }

}  // namespace rove::nn
