// PPO's loss and its gradient with respect to logits and values, in closed form on plain spans: a handful of vector operations on
// [A] numbers a row, where autograd would dispatch some forty operators a minibatch.
//
//   L = mean_i [ max(-A_i r_i, -A_i clip(r_i, 1 - c, 1 + c)) - entropy_coef * H_i + value_coef * sum_heads V_i ]
//   r = pi(a|x) / pi_old(a|x);  V = 1/2 (v - target)^2, or with value clipping
//   V = 1/2 max((v - target)^2, (v_old + clip(v - v_old, -c, c) - target)^2)
// Schulman et al. 2017, eq. 7 and 9; value clipping from OpenAI baselines. tests/agents/ppo_loss_test.cc holds autograd and
// finite differences against it.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "agents/actor_critic/actor_critic.h"

namespace rove {

// One row of a rollout, as the loss sees it.
struct PpoSample {
  std::int32_t row = -1;    // in the rollout: t * n + i; -1: no loss (a dead row, padding)
  std::int32_t action = 0;  // index, from 0
  float log_prob = 0;       // of the policy that acted
  float advantage = 0;      // heads combined, not normalised
  std::array<float, kMaxValueHeads> value{}, target{};
};

struct PpoLossOptions {
  float clip = 0.2f;
  bool clip_value = true;
  float value_coef = 0.5f;  // times 1/2 (v - target)^2
  float entropy_coef = 0.01f;
};

// What the loss of a whole minibatch has in common: (advantage - shift) * scale is used, and each row weighs 1 / rows.
struct PpoMinibatch {
  float shift = 0, scale = 1;
  float row_weight = 1;
};

// Sums over rows; divided by the number of rows they are the metrics of docs/metrics.md.
struct PpoSums {
  double policy_loss = 0, value_loss = 0, entropy = 0, approx_kl = 0, clipped = 0;
  PpoSums& operator+=(const PpoSums& other);
};

// logits, dlogits: [B, A]; values, dvalues: [B, heads]; B >= samples.size(): gradients of samples without loss and of the rows
// after the samples are 0. Overwrites dlogits and dvalues, adds to sums.
void PpoLoss(const PpoLossOptions& options, const PpoMinibatch& minibatch, std::span<const PpoSample> samples, int heads,
             std::span<const float> logits, std::span<const float> values, std::span<float> dlogits, std::span<float> dvalues,
             PpoSums* sums);

}  // namespace rove
