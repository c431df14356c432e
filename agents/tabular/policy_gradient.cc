#include "agents/tabular/policy_gradient.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"

namespace rove::tabular {
namespace {

// For each state: its row of `policy` and of `other`.
template <class Each>
void ForEachState(const Mdp& mdp, Table& policy, Table& other, Each each) {
  const auto A = static_cast<std::size_t>(mdp.actions());
  for (int s = 0; s < mdp.states(); ++s)
    each(std::span(policy).subspan(mdp.Pair(s, 0), A), std::span(other).subspan(mdp.Pair(s, 0), A));
}

void Softmax(std::span<const double> logits, std::span<double> out) {
  const double best = *std::ranges::max_element(logits);
  double total = 0;
  for (std::size_t a = 0; a < out.size(); ++a) total += out[a] = std::exp(logits[a] - best);
  for (double& p : out) p /= total;
}

}  // namespace

std::string_view Name(Regulariser regulariser) {
  constexpr std::array<std::string_view, 4> kNames = {"none", "entropy", "relative entropy", "MADE"};
  return kNames[static_cast<std::size_t>(regulariser)];
}

RegularisedValue Evaluate(const Mdp& mdp, std::span<const double> policy, const PolicyGradientOptions& options, double tau) {
  const double effective = 1 - mdp.gamma();  // d = effective * discounted visits
  const Table d = Occupancy(mdp, policy), rewards = mdp.rewards();
  Table reward = rewards;  // pseudo-reward: by the policy gradient theorem its derivative may be left out, or is constant in a
  RegularisedValue out;
  double regulariser = 0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    out.value += d[i] * rewards[i] / effective;
    switch (options.regulariser) {
      case Regulariser::kNone: break;
      case Regulariser::kEntropy:
        regulariser -= d[i] * std::log(policy[i]);
        reward[i] -= effective * tau * std::log(policy[i]);
        break;
      case Regulariser::kRelative: regulariser += std::log(policy[i]) / static_cast<double>(d.size()); break;
      case Regulariser::kMade:
        regulariser += std::sqrt(d[i] + options.lambda);
        reward[i] += effective * tau / 2 / std::sqrt(d[i] + options.lambda);
        break;
    }
  }
  out.objective = out.value + (options.regulariser == Regulariser::kNone ? 0 : tau * regulariser);
  out.gradient = PolicyValues(mdp, reward, policy).q;
  for (int s = 0; s < mdp.states(); ++s) {
    double visits = 0;
    for (int a = 0; a < mdp.actions(); ++a) visits += d[mdp.Pair(s, a)] / effective;
    for (int a = 0; a < mdp.actions(); ++a) {
      double& gradient = out.gradient[mdp.Pair(s, a)];
      gradient *= visits;
      if (options.regulariser == Regulariser::kRelative) gradient += tau / static_cast<double>(d.size()) / policy[mdp.Pair(s, a)];
    }
  }
  return out;
}

Table PolicyGradient(const Mdp& mdp, const PolicyGradientOptions& options, Table policy) {
  const bool direct = options.parametrisation == Parametrisation::kDirect;
  Table values, logits;
  for (const double p : policy) logits.push_back(std::log(p));
  for (int k = 1; k <= options.iterations; ++k) {
    RegularisedValue at = Evaluate(mdp, policy, options, options.weight * std::pow(k, -options.decay));
    values.push_back(at.value);
    if (direct) {
      ForEachState(mdp, policy, at.gradient, [&](std::span<double> row, std::span<double> gradient) {
        for (std::size_t a = 0; a < row.size(); ++a) row[a] += options.step * gradient[a];
        ProjectToSimplex(row, options.least);
      });
    } else {
      ForEachState(mdp, policy, at.gradient, [&](std::span<double> row, std::span<double> gradient) {
        double mean = 0;
        for (std::size_t a = 0; a < row.size(); ++a) mean += row[a] * gradient[a];
        for (std::size_t a = 0; a < row.size(); ++a) gradient[a] = options.step * row[a] * (gradient[a] - mean);
      });
      for (std::size_t i = 0; i < logits.size(); ++i) logits[i] += at.gradient[i];
      ForEachState(mdp, policy, logits, [](std::span<double> row, std::span<double> logit) { Softmax(logit, row); });
    }
  }
  return values;
}

// Held, Wolfe & Crowder 1974, on what exceeds `least`: subtract one threshold from all, cut at 0.
void ProjectToSimplex(std::span<double> row, double least) {
  const double mass = 1 - least * static_cast<double>(row.size());
  ROVE_CHECK_GE(mass, 0.0);
  Table sorted(row.begin(), row.end());
  for (double& x : sorted) x -= least;
  std::ranges::sort(sorted, std::greater());
  double sum = 0, threshold = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    sum += sorted[i];
    const double candidate = (sum - mass) / static_cast<double>(i + 1);
    if (sorted[i] > candidate) threshold = candidate;
  }
  for (double& x : row) x = std::max(x - least - threshold, 0.0) + least;
}

}  // namespace rove::tabular
