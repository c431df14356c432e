#include "agents/tabular/frank_wolfe.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace rove::tabular {

double MadeObjective::Value(std::span<const double> d) const {
  const Table rewards = mdp.rewards();
  double value = 0;
  for (std::size_t i = 0; i < d.size(); ++i)
    value += d[i] * rewards[i] / (1 - mdp.gamma()) + tau * std::sqrt((d[i] + lambda) / (rho[i] + lambda));
  return value;
}

Table MadeObjective::Gradient(std::span<const double> d) const {
  Table gradient = mdp.rewards();
  for (std::size_t i = 0; i < d.size(); ++i)
    gradient[i] = gradient[i] / (1 - mdp.gamma()) + tau / 2 / std::sqrt((d[i] + lambda) * (rho[i] + lambda));
  return gradient;
}

double MadeObjective::Smoothness() const {
  const double least = *std::ranges::min_element(rho) + lambda;
  return tau / (4 * std::pow(lambda, 1.5) * std::sqrt(least));
}

FrankWolfeResult FrankWolfe(const Mdp& mdp, const FrankWolfeOptions& options) {
  FrankWolfeResult result;
  result.mixture = Occupancy(mdp, Table(static_cast<std::size_t>(mdp.pairs()), 1.0 / mdp.actions()));
  result.cover = options.fixed_cover.value_or(result.mixture);
  for (int k = 1; k <= options.iterations; ++k) {
    const MadeObjective objective{mdp, options.tau * std::pow(k, -options.decay), options.lambda, result.cover};
    const Table gradient = objective.Gradient(result.mixture);
    const Table planned = Occupancy(mdp, OptimalPolicy(mdp, gradient));
    FrankWolfeIteration iteration{.before = objective.Value(result.mixture)};
    for (std::size_t i = 0; i < planned.size(); ++i) {
      iteration.gap += gradient[i] * (planned[i] - result.mixture[i]);
      result.mixture[i] += options.eta * (planned[i] - result.mixture[i]);
      if (!options.fixed_cover) result.cover[i] += (planned[i] - result.cover[i]) / (k + 1);
    }
    iteration.after = objective.Value(result.mixture);
    result.iterations.push_back(iteration);
  }
  return result;
}

}  // namespace rove::tabular
