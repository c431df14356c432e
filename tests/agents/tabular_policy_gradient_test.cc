// The exact policy gradient and its regularisers against finite differences, and the projection against its definition.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "agents/tabular.h"
#include "envs/registry.h"

namespace rove::tabular {
namespace {

Mdp Chain() {
  static const auto env = Envs().Create(Config::Parse("{type: tabular/chain, horizon: 3}"), {});
  return dynamic_cast<const FiniteModel&>(*env).mdp();
}

Table RandomPolicy(const Mdp& mdp, unsigned seed) {
  std::mt19937 random(seed);
  Table policy(static_cast<std::size_t>(mdp.pairs()));
  for (int s = 0; s < mdp.states(); ++s) {
    double total = 0;
    for (int a = 0; a < mdp.actions(); ++a) total += policy[mdp.Pair(s, a)] = 0.2 + static_cast<double>(random() % 1000) / 1000;
    for (int a = 0; a < mdp.actions(); ++a) policy[mdp.Pair(s, a)] /= total;
  }
  return policy;
}

TEST_CASE("every regulariser's gradient equals central differences along the simplex", "[agents][unit]") {
  // Moves h = 1e-6 of mass from one action to another: truncation below 1e-9, rounding 1e-15 / 1e-6.
  const Mdp mdp = Chain();
  for (const Regulariser regulariser : {Regulariser::kNone, Regulariser::kEntropy, Regulariser::kRelative, Regulariser::kMade}) {
    CAPTURE(std::string(Name(regulariser)));
    const PolicyGradientOptions options{.regulariser = regulariser, .lambda = 1e-3};
    const Table policy = RandomPolicy(mdp, 3);
    const RegularisedValue at = Evaluate(mdp, policy, options, /*tau=*/0.3);
    for (int s = 0; s < mdp.states(); ++s) {
      for (int a = 1; a < mdp.actions(); ++a) {
        constexpr double kStep = 1e-6;
        const auto moved = [&](double by) {
          Table other = policy;
          other[mdp.Pair(s, a)] += by;
          other[mdp.Pair(s, 0)] -= by;
          return Evaluate(mdp, other, options, 0.3).objective;
        };
        const double differences = (moved(kStep) - moved(-kStep)) / (2 * kStep);
        CHECK(std::abs(differences - (at.gradient[mdp.Pair(s, a)] - at.gradient[mdp.Pair(s, 0)])) < 1e-7);
      }
    }
  }
}

TEST_CASE("the projection is the nearest point: by hand, and no random point of the simplex is nearer", "[agents][property]") {
  Table row = {0.5, 1.0, -0.25};  // threshold 0.25: sum of what exceeds it is 1
  ProjectToSimplex(row, 0);
  CHECK_THAT(row, Catch::Matchers::Approx(Table{0.25, 0.75, 0}));
  std::mt19937 random(1);
  const auto uniform = [&] { return static_cast<double>(random()) / static_cast<double>(std::mt19937::max()); };
  for (int trial = 0; trial < 50; ++trial) {
    const Table from = {4 * uniform() - 2, 4 * uniform() - 2, 4 * uniform() - 2, 4 * uniform() - 2};
    Table nearest = from;
    ProjectToSimplex(nearest, 0.05);
    const auto distance = [&](const Table& p) {
      double sum = 0;
      for (std::size_t i = 0; i < p.size(); ++i) sum += (p[i] - from[i]) * (p[i] - from[i]);
      return sum;
    };
    CHECK(std::abs(nearest[0] + nearest[1] + nearest[2] + nearest[3] - 1) < 1e-12);
    CHECK(*std::ranges::min_element(nearest) >= 0.05 - 1e-12);
    for (int other = 0; other < 200; ++other) {
      Table p = {-std::log(uniform()), -std::log(uniform()), -std::log(uniform()), -std::log(uniform())};
      const double total = p[0] + p[1] + p[2] + p[3];
      for (double& x : p) x = 0.05 + 0.8 * x / total;
      CHECK(distance(nearest) <= distance(p) + 1e-12);
    }
  }
}

TEST_CASE("both parametrisations climb the short chain to its optimum", "[agents][learn]") {
  const Mdp mdp = Chain();
  const double best = PolicyValues(mdp, mdp.rewards(), OptimalPolicy(mdp, mdp.rewards())).value;
  const Table uniform(static_cast<std::size_t>(mdp.pairs()), 0.25);
  for (const Parametrisation parametrisation : {Parametrisation::kDirect, Parametrisation::kSoftmax}) {
    const Table values = PolicyGradient(mdp, {.parametrisation = parametrisation, .step = 1, .iterations = 3000}, uniform);
    REQUIRE(values.size() == 3000);
    CHECK(values.front() < 0.1 * best);
    CHECK(values.back() > 0.98 * best);  // softmax nears it like 1 / k
    CHECK(std::ranges::is_sorted(values));
  }
}

}  // namespace
}  // namespace rove::tabular
