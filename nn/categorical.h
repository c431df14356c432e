// A categorical distribution over logits, in plain C++ on spans: how discrete agents act and how their losses see it.
#pragma once

#include <cstddef>
#include <span>

namespace rove::nn {

// log_prob_j = logit_j - log(sum_k exp(logit_k)). Both [A]; may be the same memory.
void LogSoftmax(std::span<const float> logits, std::span<float> log_prob);

// Inverse CDF: the first j with p_0 + ... + p_j > u. u in [0, 1).
std::size_t SampleCategorical(std::span<const float> log_prob, float u);

std::size_t ArgMax(std::span<const float> x);  // the first of equals

}  // namespace rove::nn
