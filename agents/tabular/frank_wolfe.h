// MADE's objective on occupancy measures, and the paper's Algorithm 1: Frank-Wolfe with a moving objective, here with an exact
// planner and exact occupancies (Zhang et al. 2021, sections 3 and 4; it extends Hazan et al. 2019). All tables are [S, A].
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "agents/tabular/solve.h"

namespace rove::tabular {

// L(d) = <d, r> / (1 - gamma) + tau sum sqrt((d + lambda) / (rho + lambda)): concave in d; rho is held constant.
struct MadeObjective {
  const Mdp& mdp;
  double tau = 0.1, lambda = 1e-3;
  Table rho;  // the policy cover

  double Value(std::span<const double> d) const;
  // dL/dd = r / (1 - gamma) + tau / 2 / sqrt((d + lambda) (rho + lambda)): what Algorithm 1 plans for.
  Table Gradient(std::span<const double> d) const;
  // A bound of the second derivative on d >= 0: tau / (4 lambda^1.5 sqrt(min rho + lambda)).
  double Smoothness() const;
};

struct FrankWolfeOptions {
  int iterations = 100;                   // K
  double eta = 0.05;                      // weight of the newest policy in the mixture
  double tau = 0.1, decay = 0;            // tau_k = tau k^-decay
  double lambda = 1e-3;                   // smoothing
  std::optional<Table> fixed_cover = {};  // rho for all k; none: the average occupancy of all policies so far
};

struct FrankWolfeIteration {
  double before = 0, after = 0;  // L_k of the mixture before and after its step
  double gap = 0;                // <gradient, d of the planned policy - d of the mixture>: max L_k - before is at most this
};

struct FrankWolfeResult {
  Table mixture;  // its occupancy: weights eta (1 - eta)^(K - i) on policy i, (1 - eta)^K on the first
  Table cover;    // rho_{K+1}
  std::vector<FrankWolfeIteration> iterations;
};

// Starts from the uniform policy. PolicyOf(mixture) is one stationary policy with the mixture's occupancy.
FrankWolfeResult FrankWolfe(const Mdp& mdp, const FrankWolfeOptions& options);

}  // namespace rove::tabular
