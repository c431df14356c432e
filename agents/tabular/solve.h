// Exact solutions of a finite model: values, optimal policies, occupancy measures. Two readings of one Mdp:
//   episodic    H steps from the start, undiscounted; values and policies have a step: Q_h(s, a) is [H, S, A], V_h is [H + 1, S]
//   discounted  gamma < 1, no cut; policies are stationary, [S, A]; solved as linear systems, so exact to rounding
// A policy table holds probabilities; its rows over actions sum to 1. All functions are pure.
#pragma once

#include <span>
#include <vector>

#include "core/mdp.h"

namespace rove::tabular {

using Table = std::vector<double>;

struct EpisodicValues {
  Table q;           // [H, S, A]
  Table v;           // [H + 1, S]; v_H = 0
  double value = 0;  // of the start distribution
};
// Value iteration backwards from the horizon.
EpisodicValues OptimalValues(const Mdp& mdp);
// Of a policy [H, S, A].
EpisodicValues PolicyValues(const Mdp& mdp, std::span<const double> policy);
// Expected visits of each (h, s, a) under a policy [H, S, A]; each step's sum is the chance that the episode still runs.
Table EpisodicOccupancy(const Mdp& mdp, std::span<const double> policy);

struct DiscountedValues {
  Table q;           // [S, A]
  Table v;           // [S]
  double value = 0;  // of the start distribution
};
// Values of a policy [S, A] for a reward [S, A]: (I - gamma P_pi) v = r_pi.
DiscountedValues PolicyValues(const Mdp& mdp, std::span<const double> reward, std::span<const double> policy);
// d(s, a) = (1 - gamma) sum_t gamma^t P(s_t = s, a_t = a), [S, A]; sums to 1 if no outcome ends an episode. <d, r> / (1 - gamma)
// is the policy's value for any reward r.
Table Occupancy(const Mdp& mdp, std::span<const double> policy);
// An optimal deterministic policy [S, A] for a reward [S, A], by policy iteration (ties go to the lower action).
Table OptimalPolicy(const Mdp& mdp, std::span<const double> reward);
// The stationary policy [S, A] whose occupancy is d: d(s, a) / d(s), uniform where d(s) = 0.
Table PolicyOf(const Mdp& mdp, std::span<const double> occupancy);

}  // namespace rove::tabular
