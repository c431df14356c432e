// IMPALA's loss and its gradient with respect to logits and values, in closed form on plain spans.
//
//   L = sum_i w [ -A_i log pi(a_i|x_i) - entropy_coef * H_i + value_coef * sum_heads 1/2 (v_i - target_i)^2 ]
// A and target come from V-trace and are constants here (Espeholt et al. 2018, section 4.2: a policy gradient, an L2 and an
// entropy term). tests/agents/impala_loss_test.cc holds autograd and finite differences against it.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "agents/actor_critic/actor_critic.h"

namespace rove {

// One row of a network call, as the loss sees it.
struct ImpalaSample {
  std::int32_t action = -1;  // index, from 0; -1: no loss (a dead row, a bootstrap row, padding)
  float advantage = 0;       // heads combined
  std::array<float, kMaxValueHeads> target{};
};

// Sums over rows with a loss; divided by their number they are the metrics of docs/metrics.md.
struct ImpalaSums {
  double policy_loss = 0, value_loss = 0, entropy = 0;
  ImpalaSums& operator+=(const ImpalaSums& other);
};

struct ImpalaWeights {
  float row = 1;  // w
  float value_coef = 0.5f, entropy_coef = 0.01f;
};

// log_prob: [B, A] log softmax of the logits; values: [B, heads]; samples: [B]. Overwrites dlogits [B, A] and dvalues [B, heads],
// adds to sums.
void ImpalaLoss(const ImpalaWeights& weights, std::span<const ImpalaSample> samples, int heads, std::span<const float> log_prob,
                std::span<const float> values, std::span<float> dlogits, std::span<float> dvalues, ImpalaSums* sums);

}  // namespace rove
