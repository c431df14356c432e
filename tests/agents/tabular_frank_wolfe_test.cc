// MADE's objective, and Theorem 1 (Zhang et al. 2021) put to the test with an exact planner and exact occupancies.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "agents/tabular.h"
#include "envs/registry.h"

namespace rove::tabular {
namespace {

// Five states: from the start, action a leads to state a + 1 for ever, where all four actions are alike. Nothing pays.
Mdp Star(double gamma = 0.9) {
  return Mdp({.states = 5, .actions = 4, .horizon = 10, .gamma = gamma}, {1, 0, 0, 0, 0},
             [](int s, int a) -> std::vector<MdpOutcome> {
               return {{s == 0 ? a + 1 : s, 1, 0, false}};
             });
}

// Five states in a ring: action 0 goes on with probability 0.8, action 1 stays; two states pay.
Mdp Ring() {
  return Mdp({.states = 5, .actions = 2, .horizon = 10, .gamma = 0.9}, {1, 0, 0, 0, 0},
             [](int s, int a) -> std::vector<MdpOutcome> {
               const double reward = s == 2 ? 0.25 : s == 4 ? 1 : 0;
               if (a == 1) return {{s, 1, reward, false}};
               return {{(s + 1) % 5, 0.8, reward, false}, {s, 0.2, reward, false}};
             });
}

Table RandomDistribution(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Table d;
  double total = 0;
  for (std::size_t i = 0; i < size; ++i) total += d.emplace_back(std::exponential_distribution<>(1)(random));
  for (double& x : d) x /= total;
  return d;
}

TEST_CASE("the gradient of the objective equals its central differences", "[agents][unit]") {
  // d and rho random, 0.003 to 0.4. Truncation h^2 / 6 L''' and rounding 2e-16 / h leave about 1e-8 at h = 1e-5.
  const Mdp mdp = Ring();
  for (const unsigned seed : {1u, 2u, 3u, 4u}) {
    const MadeObjective objective{mdp, /*tau=*/0.7, /*lambda=*/0.01, RandomDistribution(10, seed)};
    const Table d = RandomDistribution(10, seed + 100), gradient = objective.Gradient(d);
    for (std::size_t i = 0; i < d.size(); ++i) {
      constexpr double kStep = 1e-5;
      Table up = d, down = d;
      up[i] += kStep;
      down[i] -= kStep;
      CHECK(std::abs((objective.Value(up) - objective.Value(down)) / (2 * kStep) - gradient[i]) < 1e-6);
    }
  }
}

TEST_CASE("uniform cover: the objective is a constant times sum sqrt(d), largest at the uniform d", "[agents][unit]") {
  const Mdp star = Star();
  const MadeObjective objective{star, 1, 0, Table(20, 1.0 / 20)};
  for (const unsigned seed : {1u, 2u}) {
    const Table d = RandomDistribution(20, seed);
    double roots = 0;
    for (const double x : d) roots += std::sqrt(x);
    CHECK(objective.Value(d) == Approx(std::sqrt(20.0) * roots));
    CHECK(objective.Value(d) < objective.Value(Table(20, 1.0 / 20)));
  }
}

TEST_CASE("over the simplex the objective is largest at d ~ 1 / rho", "[agents][unit]") {
  const Mdp star = Star();
  const MadeObjective objective{star, 1, 0, RandomDistribution(20, 7)};
  Table best;
  double total = 0;
  for (const double rho : objective.rho) total += best.emplace_back(1 / rho);
  for (double& x : best) x /= total;
  const Table gradient = objective.Gradient(best);  // all equal: no direction within the simplex is better
  for (const double g : gradient) CHECK(g == Approx(gradient[0]));
}

TEST_CASE("fixed cover: the mixture reaches the argmax known in closed form", "[agents][unit]") {
  // q_a = chance of branch a. Symmetric rho within a branch: R = sum_a w_a sqrt(q_a), w_a = sqrt((1 - gamma) / rho(0, a)) +
  // 4 sqrt(gamma / 4 / rho(a + 1, .)): the maximum over the simplex is at q_a ~ w_a^2.
  const Mdp star = Star();
  Table rho(20);
  const double branch[] = {0.4, 0.3, 0.2, 0.1};
  for (int a = 0; a < 4; ++a) {
    rho[static_cast<std::size_t>(a)] = 0.1 * branch[3 - a];
    for (int b = 0; b < 4; ++b) rho[star.Pair(a + 1, b)] = 0.9 * branch[a] / 4;
  }
  Table weight;
  double total = 0;
  for (int a = 0; a < 4; ++a) {
    const double w = std::sqrt(0.1 / rho[static_cast<std::size_t>(a)]) + 4 * std::sqrt(0.9 / 4 / rho[star.Pair(a + 1, 0)]);
    total += weight.emplace_back(w * w);
  }
  const FrankWolfeResult result =
      FrankWolfe(star, {.iterations = 20'000, .eta = 5e-4, .tau = 1, .lambda = 1e-9, .fixed_cover = rho});
  // A constant step circles the optimum: each branch by about eta times the number of branches, 2e-3.
  for (int a = 0; a < 4; ++a)
    CHECK(std::abs(result.mixture[static_cast<std::size_t>(a)] / 0.1 - weight[static_cast<std::size_t>(a)] / total) < 4e-3);
}

TEST_CASE("the mixture weighs its policies geometrically, the cover all alike: three policies by hand", "[agents][unit]") {
  // Two branches with two actions each. Policy 0 is uniform. Policy 1 goes to branch 0, for all gradients are equal by symmetry;
  // that makes the step to branch 1 the rarer, so policy 2 goes there. gamma 0.9: a tenth of the time is spent at the start.
  const Mdp star({.states = 3, .actions = 2, .horizon = 10, .gamma = 0.9}, {1, 0, 0},
                 [](int s, int a) -> std::vector<MdpOutcome> {
                   return {{s == 0 ? a + 1 : s, 1, 0, false}};
                 });
  const Table d0 = {0.05, 0.05, 0.225, 0.225, 0.225, 0.225}, d1 = {0.1, 0, 0.9, 0, 0, 0}, d2 = {0, 0.1, 0, 0, 0.9, 0};
  const FrankWolfeResult result = FrankWolfe(star, {.iterations = 2, .eta = 0.25, .tau = 1, .lambda = 1e-6});
  for (std::size_t i = 0; i < d0.size(); ++i) {
    CHECK(result.mixture[i] == Approx(0.5625 * d0[i] + 0.1875 * d1[i] + 0.25 * d2[i]));
    CHECK(result.cover[i] == Approx((d0[i] + d1[i] + d2[i]) / 3));
  }
}

TEST_CASE("no step loses more than beta eta^2, and each gains what the gap promises, under any cover", "[agents][property]") {
  // Smoothness in the 2-norm, and |d' - d|^2 <= 2: L_after >= L_before + eta gap - beta eta^2. Rounding: 1e-12. A cover that
  // moves is bounded by rho >= 0, and tau_k by tau.
  const Mdp mdp = Ring();
  const Table cover = RandomDistribution(10, 5);
  constexpr double kTau = 20, kLambda = 0.05;
  const auto check = [&](const FrankWolfeOptions& options, double beta) {
    int broken = 0, stepped = 0;
    for (const FrankWolfeIteration& step : FrankWolfe(mdp, options).iterations) {
      broken += step.after < step.before + options.eta * step.gap - beta * options.eta * options.eta - 1e-12;
      broken += step.gap < -1e-12;  // the mixture is itself a point of the polytope that the planner searched
      stepped += step.after != step.before;
    }
    CHECK(broken == 0);
    CHECK(stepped > 100);
  };
  for (const double eta : {0.5, 0.1, 0.01}) {
    check({.iterations = 300, .eta = eta, .tau = kTau, .lambda = kLambda, .fixed_cover = cover},
          MadeObjective{mdp, kTau, kLambda, cover}.Smoothness());
    for (const double decay : {0.0, 0.5})
      check({.iterations = 300, .eta = eta, .tau = kTau, .decay = decay, .lambda = kLambda},
            MadeObjective{mdp, kTau, kLambda, Table(10, 0.0)}.Smoothness());
  }
}

// max L - L(mixture) is at most this: the largest <gradient, d - mixture> over the occupancies of all 32 deterministic policies,
// so that a planner that errs cannot vouch for itself.
double Gap(const MadeObjective& objective, const Table& mixture) {
  const Table gradient = objective.Gradient(mixture);
  double largest = -1e300;
  for (int bits = 0; bits < 32; ++bits) {
    Table policy;
    for (int s = 0; s < 5; ++s) {
      policy.push_back(bits >> s & 1);
      policy.push_back(1 - (bits >> s & 1));
    }
    const Table d = Occupancy(objective.mdp, policy);
    double gap = 0;
    for (std::size_t i = 0; i < d.size(); ++i) gap += gradient[i] * (d[i] - mixture[i]);
    largest = std::max(largest, gap);
  }
  return largest;
}

// K and eta from Theorem 1 with Hazan et al.'s constants; the gap of the mixture after K iterations.
double GapAfterTheorem(const Mdp& mdp, double epsilon, std::optional<Table> cover) {
  constexpr double kTau = 0.1, kLambda = 0.05;
  const double beta = kTau / (4 * kLambda * kLambda);               // rho >= 0
  const double bound = 10 + kTau * 10 * std::sqrt(1.05 / kLambda);  // B: largest L, r <= 1, gamma 0.9, ten pairs
  const double eta = 0.1 * epsilon / beta;
  const int K = static_cast<int>(std::ceil(std::log(10 * bound / epsilon) / eta));
  const FrankWolfeResult result =
      FrankWolfe(mdp, {.iterations = K, .eta = eta, .tau = kTau, .lambda = kLambda, .fixed_cover = std::move(cover)});
  const double gap = Gap({mdp, kTau, kLambda, result.cover}, result.mixture);
  CHECK(gap > -1e-12);
  return gap;
}

TEST_CASE("Theorem 1: after its number of iterations the mixture is within epsilon, whether or not the cover moves",
          "[agents][property]") {
  const Mdp mdp = Ring();
  for (const double epsilon : {1.0, 0.3}) {
    CHECK(GapAfterTheorem(mdp, epsilon, RandomDistribution(10, 6)) < epsilon);
    CHECK(GapAfterTheorem(mdp, epsilon, std::nullopt) < epsilon);
  }
}

TEST_CASE("moving cover without reward: the rarest pair of a corridor is met far more often than by the uniform policy",
          "[agents][learn]") {
  // Twelve cells in a row, slip 0.1; a random walk seldom sees the far end.
  const auto env = Envs().Create(Config::Parse("{type: tabular/grid_world, map: ['S...........'], gamma: 0.98}"), {});
  const Mdp& grid = dynamic_cast<const FiniteModel&>(*env).mdp();
  const FrankWolfeResult made = FrankWolfe(grid, {.iterations = 3000, .eta = 0.005, .lambda = 1e-4});
  const Table uniform = Occupancy(grid, Table(static_cast<std::size_t>(grid.pairs()), 0.25));
  CHECK(*std::ranges::min_element(made.mixture) > 3 * *std::ranges::min_element(uniform));
  CHECK_THAT(Occupancy(grid, PolicyOf(grid, made.mixture)), Catch::Matchers::Approx(made.mixture));  // one policy does it too
}

}  // namespace
}  // namespace rove::tabular
