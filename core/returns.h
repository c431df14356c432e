// Returns, advantages and off-policy corrections on plain spans: no tensors, no allocation.
// Layout: time-major, element (t, i) at t * n + i. The action at t produced reward[t], discount[t], end[t] and state t + 1.
// Where step_type[t] == kLast, row t is dead (its action is ignored, the next episode starts): its advantage is 0, its target is
// its value, and it belongs to no episode. What follows a live row t, and with which factor:
//   episodic      state t + 1, gamma * discount[t]. If that is the last of its episode, its V bootstraps (unless discount is 0)
//                 and the sum ends there.
//   non-episodic  state t + 1, or t + 2 (the next episode's first) if t + 1 is the last of its episode, always gamma; the sum
//                 runs on. Where the rollout ends at such a t + 1 == T, V of that last state bootstraps.
// Hand-worked cases with a termination and a truncation are in tests/core/returns_test.cc.
#pragma once

#include <cstdint>
#include <span>

#include "core/spec.h"

namespace rove {

// How one stream of rewards (extrinsic, or an intrinsic value head) is summed.
struct ReturnStream {
  float gamma = 0.99f;
  float lambda = 0.95f;
  bool episodic = true;           // false: ignores discount and ends, and steps over dead rows (RND's intrinsic stream)
  bool timeout_terminal = false;  // true: a truncation ends the return as a termination does (older baselines); false: bootstraps
};

// Shapes: reward, discount, end [T*n]; step_type, value [(T+1)*n]; value[T] bootstraps. At kLast rows value is V(last state).
struct ReturnInputs {
  int T = 0, n = 0;
  std::span<const float> reward, discount;
  std::span<const std::uint8_t> end;
  std::span<const StepType> step_type;
  std::span<const float> value;
};

// Generalised advantage estimation (Schulman et al. 2016, eq. 16). Writes advantage and target = advantage + value, both [T*n].
void Gae(const ReturnInputs& in, const ReturnStream& stream, std::span<float> advantage, std::span<float> target);

// V-trace (Espeholt et al. 2018, eq. 1), with lambda as in its remark 2 (c_i = lambda * min(c_bar, rho_i)).
// log_rho [T*n] = log pi(a|x) - log mu(a|x). Writes target v_s and the policy-gradient advantage
// min(rho_bar, rho_s) * (r_s + gamma * v_{s+1} - V(x_s)), both [T*n]; 0 advantage and target = value on dead rows.
void VTrace(const ReturnInputs& in, const ReturnStream& stream, std::span<const float> log_rho, float rho_bar, float c_bar,
            std::span<float> advantage, std::span<float> target);

}  // namespace rove
