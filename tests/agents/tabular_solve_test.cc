// Exact solutions against numbers worked by hand and against plain sums over time.
#include <catch2/catch.hpp>
#include <cmath>

#include "agents/tabular.h"
#include "envs/registry.h"

namespace rove::tabular {
namespace {

using Catch::Matchers::Approx;

std::unique_ptr<VectorEnv> Make(const std::string& yaml) { return Envs().Create(Config::Parse(yaml), {}); }
const Mdp& ModelOf(const VectorEnv& env) { return dynamic_cast<const FiniteModel&>(env).mdp(); }

// Action 0 stays and pays 1, action 1 goes to the other state and pays 0 from state 0, 4 from state 1 (then the episode ends).
Mdp TwoStates(int horizon = 2) {
  return Mdp({.states = 2, .actions = 2, .horizon = horizon, .gamma = 0.5}, {1, 0}, [](int s, int a) -> std::vector<MdpOutcome> {
    if (a == 0) return {{s, 1, 1, false}};
    return {{1 - s, 1, s == 0 ? 0.0 : 4.0, s == 1}};
  });
}

// A policy that depends on s and a only through these numbers; rows sum to 1.
Table SomePolicy(int rows, int A) {
  Table policy;
  for (int i = 0; i < rows; ++i) {
    double total = 0;
    for (int a = 0; a < A; ++a) total += 1 + (3 * i + 2 * a) % 5;
    for (int a = 0; a < A; ++a) policy.push_back((1 + (3 * i + 2 * a) % 5) / total);
  }
  return policy;
}

TEST_CASE("optimal values of two states and two steps, by hand", "[agents][unit]") {
  // Last step: state 0 earns 1 (stay), state 1 earns 4. First step, state 0: stay 1 + 1, go 0 + 4; state 1: stay 1 + 4, go 4.
  const EpisodicValues optimal = OptimalValues(TwoStates());
  CHECK_THAT(optimal.q, Approx(Table{2, 4, 5, 4, 1, 0, 1, 4}));
  CHECK_THAT(optimal.v, Approx(Table{4, 5, 1, 4, 0, 0}));
  CHECK(optimal.value == 4);
}

TEST_CASE("values and visits of the uniform policy, by hand", "[agents][unit]") {
  // Last step: 0.5 and 2.5. First: state 0 is half of 1 + 0.5 and half of 2.5: 2; state 1: half of 1 + 2.5, half of 4: 3.75.
  const Table uniform(8, 0.5);
  CHECK_THAT(PolicyValues(TwoStates(), uniform).v, Approx(Table{2, 3.75, 0.5, 2.5, 0, 0}));
  CHECK_THAT(EpisodicOccupancy(TwoStates(), uniform), Approx(Table{0.5, 0.5, 0, 0, 0.25, 0.25, 0.25, 0.25}));
  // A third step: half of what was in state 1 went to the end, the rest of it stayed; state 0 kept half and sent half.
  const Table longer = EpisodicOccupancy(TwoStates(3), Table(12, 0.5));
  CHECK_THAT(Table(longer.begin() + 8, longer.end()), Approx(Table{0.125, 0.125, 0.25, 0.25}));
}

TEST_CASE("discounted: staying earns 2, going on 2 from the start and 4 from there; policy iteration finds both",
          "[agents][unit]") {
  // gamma 0.5. State 1: stay for ever 2, go 4. State 0: stay for ever 1 / (1 - 0.5) = 2, go 0.5 * 4 = 2, a tie (lower action).
  const Mdp mdp = TwoStates();
  const Table policy = OptimalPolicy(mdp, mdp.rewards());
  CHECK_THAT(policy, Approx(Table{1, 0, 0, 1}));
  const DiscountedValues values = PolicyValues(mdp, mdp.rewards(), policy);
  CHECK_THAT(values.v, Approx(Table{2, 4}));
  CHECK_THAT(values.q, Approx(Table{2, 2, 3, 4}));
  // Going at once: half of the discounted time in state 0, a quarter in state 1; the rest is after the end.
  CHECK_THAT(Occupancy(mdp, Table{0, 1, 0, 1}), Approx(Table{0, 0.5, 0, 0.25}));
}

TEST_CASE("the lock's optimal value: walk to the high end, and what the walk costs", "[agents][unit]") {
  // H = 5, slip 0.1, cost 0.02 / 4 a move: 0.9^4 (1) - 0.005 (0.9 + 0.81 + 0.729 + 0.6561) = 0.6561 - 0.0154755.
  for (const int seed : {0, 1, 2, 3}) {
    const auto env = Make("{type: tabular/lock, lock_seed: " + std::to_string(seed) + "}");
    CHECK(std::abs(OptimalValues(ModelOf(*env)).value - 0.6406245) < 1e-7);  // rewards are floats: 0.005 is off by 1e-10
  }
}

TEST_CASE("always right is best on the chain, and worth gamma^4 / (1 - gamma)", "[agents][unit]") {
  // Always right on the chain of H = 3 (gamma 3/4): four moves, then 1 for ever: gamma^4 / (1 - gamma) = 1.265625.
  const auto env = Make("{type: tabular/chain, horizon: 3}");
  const Mdp& mdp = ModelOf(*env);
  const DiscountedValues best = PolicyValues(mdp, mdp.rewards(), OptimalPolicy(mdp, mdp.rewards()));
  CHECK(best.value == ::Approx(1.265625).epsilon(1e-12));
}

TEST_CASE("occupancies equal the plain sum over time, and price every reward", "[agents][property]") {
  for (const char* yaml : {"{type: tabular/grid_world}", "{type: tabular/river_swim}", "{type: tabular/lock}"}) {
    const auto env = Make(yaml);
    const Mdp& mdp = ModelOf(*env);
    const Table policy = SomePolicy(mdp.states(), mdp.actions());
    const Table d = Occupancy(mdp, policy);
    Table summed(d.size()), now(mdp.start().begin(), mdp.start().end());
    double weight = 1 - mdp.gamma();
    while (weight > 1e-18) {  // what is left out is below 1e-18 / (1 - gamma)
      Table next(now.size());
      for (int s = 0; s < mdp.states(); ++s) {
        for (int a = 0; a < mdp.actions(); ++a) {
          const double here = now[static_cast<std::size_t>(s)] * policy[mdp.Pair(s, a)];
          summed[mdp.Pair(s, a)] += weight * here;
          for (const MdpOutcome& o : mdp.outcomes(s, a))
            if (!o.ends) next[static_cast<std::size_t>(o.next)] += here * o.probability;
        }
      }
      now = next;
      weight *= mdp.gamma();
    }
    double worst = 0, earned = 0;
    for (std::size_t i = 0; i < d.size(); ++i) {
      worst = std::max(worst, std::abs(d[i] - summed[i]));
      earned += d[i] * mdp.rewards()[i] / (1 - mdp.gamma());
    }
    CAPTURE(yaml);
    CHECK(worst < 1e-12);  // a solve with condition number below 2 / (1 - gamma) = 67, in doubles
    CHECK(earned == ::Approx(PolicyValues(mdp, mdp.rewards(), policy).value).epsilon(1e-10));
    const Table again = PolicyOf(mdp, d);
    double differs = 0;
    for (std::size_t i = 0; i < d.size(); ++i) differs = std::max(differs, d[i] > 0 ? std::abs(again[i] - policy[i]) : 0);
    CHECK(differs < 1e-9);
  }
}

TEST_CASE("no deterministic stationary policy beats the optimal values; discounted, one of them reaches them",
          "[agents][property]") {
  const auto env = Make("{type: tabular/river_swim}");
  const Mdp& mdp = ModelOf(*env);
  const double best = OptimalValues(mdp).value;
  const double discounted = PolicyValues(mdp, mdp.rewards(), OptimalPolicy(mdp, mdp.rewards())).value;
  double episodic_best = 0, discounted_best = 0;
  for (int bits = 0; bits < 64; ++bits) {  // all deterministic stationary policies of six states
    Table policy;
    for (int s = 0; s < 6; ++s) {
      policy.push_back(bits >> s & 1);
      policy.push_back(1 - (bits >> s & 1));
    }
    discounted_best = std::max(discounted_best, PolicyValues(mdp, mdp.rewards(), policy).value);
    Table repeated;
    for (int h = 0; h < mdp.horizon(); ++h) repeated.insert(repeated.end(), policy.begin(), policy.end());
    episodic_best = std::max(episodic_best, PolicyValues(mdp, repeated).value);
  }
  CHECK(discounted_best == ::Approx(discounted).epsilon(1e-10));  // some stationary policy is optimal, and it was among them
  CHECK(episodic_best <= best + 1e-12);
}

}  // namespace
}  // namespace rove::tabular
