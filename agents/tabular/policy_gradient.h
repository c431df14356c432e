// Exact policy gradient on the discounted model, with one of four regularisers (Zhang et al. 2021, section 5.2; the chain and the
// log barrier are those of Agarwal et al. 2019). Maximises F(pi) = V(pi) + tau_k R(pi), tau_k = weight k^-decay:
//   none
//   entropy   R = E_d[-log pi(a | s)]             discounted policy entropy (Mei et al. 2020)
//   relative  R = 1 / (S A) sum log pi(a | s)     relative entropy to the uniform policy, up to a constant: the log barrier
//   made      R = sum sqrt(d(s, a) + lambda)      MADE with a uniform cover; d is the policy's occupancy
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "agents/tabular/solve.h"

namespace rove::tabular {

enum class Regulariser { kNone, kEntropy, kRelative, kMade };
std::string_view Name(Regulariser regulariser);

enum class Parametrisation {
  kDirect,   // pi itself, projected onto the simplex of each state (Euclidean) after each step
  kSoftmax,  // logits
};

struct PolicyGradientOptions {
  Regulariser regulariser = Regulariser::kNone;
  Parametrisation parametrisation = Parametrisation::kDirect;
  double step = 1, weight = 0.01, decay = 0.5;
  double lambda = 1e-6;  // of made
  double least = 1e-6;   // smallest probability under the direct parametrisation, where log pi and 1 / sqrt(d) need one
  int iterations = 1000;
};

// F, and its derivative by each pi(a | s) as if they were free numbers, [S, A] (differences within a state are what counts).
struct RegularisedValue {
  double value = 0, objective = 0;  // V, F
  Table gradient;
};
RegularisedValue Evaluate(const Mdp& mdp, std::span<const double> policy, const PolicyGradientOptions& options, double tau);

// V of each iterate, the first of them `policy` [S, A] (positive), [iterations].
Table PolicyGradient(const Mdp& mdp, const PolicyGradientOptions& options, Table policy);

// The nearest point p with p_i >= least and sum 1 to `row`, in place. least * size <= 1.
void ProjectToSimplex(std::span<double> row, double least);

}  // namespace rove::tabular
