// The episodic learners: updates worked by hand, and what they reach.
#include <catch2/catch.hpp>
#include <cmath>

#include "agents/tabular.h"
#include "envs/registry.h"

namespace rove::tabular {
namespace {

std::unique_ptr<Learner> Make(const std::string& yaml, const LearnerDeps& deps) {
  return Learners().Create(Config::Parse(yaml), deps);
}

TEST_CASE("a greedy policy shares ties, and Choose draws each action with its probability", "[agents][unit]") {
  Table policy(3);
  Greedy(Table{1, 2, 2}, policy);
  CHECK(policy == Table{0, 0.5, 0.5});
  CHECK(Choose(Table{0.25, 0, 0.75}, 0.2) == 0);
  CHECK(Choose(Table{0.25, 0, 0.75}, 0.25) == 2);
  CHECK(Choose(Table{0.5, 0.5 - 1e-16, 0}, 1 - 1e-17) == 1);  // never an impossible action
}

TEST_CASE("tabular.q_learning: two updates by hand", "[agents][unit]") {
  // H = 2, two states, two actions, bonus 0.5 / sqrt(N). First visit: rate 1, Q = 0 + V_1 + 0.5 with V_1 = H = 2, capped later.
  auto learner = Make("{type: tabular.q_learning, bonus: {type: count, c: 0.5}}", {.states = 2, .actions = 2, .horizon = 2});
  learner->Observe({.h = 0, .state = 0, .action = 1, .reward = 0, .next = 1, .terminated = false});
  CHECK(learner->q()[1] == Approx(2.5));
  learner->Observe({.h = 1, .state = 1, .action = 0, .reward = 0.25, .next = 0, .terminated = false});
  CHECK(learner->q()[6] == Approx(0.75));  // V_2 = 0
  learner->Observe({.h = 1, .state = 1, .action = 1, .reward = 0, .next = 0, .terminated = true});
  CHECK(learner->q()[7] == Approx(0.5));
  // Second visit of (0, 0, 1): rate 3 / 4; V_1(1) = 0.75, bonus 0.5 / sqrt 2: 2.5 / 4 + 3/4 (0.75 + 0.353553).
  learner->Observe({.h = 0, .state = 0, .action = 1, .reward = 0, .next = 1, .terminated = false});
  CHECK(learner->q()[1] == Approx(0.625 + 0.75 * (0.75 + 0.5 / std::sqrt(2))));
}

TEST_CASE("tabular.vi: the empirical model's Q by hand, caps included", "[agents][unit]") {
  // H = 2, one state, two actions. Action 0 seen twice (rewards 0.2, 0.4; the second ended the episode), action 1 never.
  auto learner = Make("{type: tabular.vi, bonus: {type: count, c: 0.1}}", {.states = 1, .actions = 2, .horizon = 2});
  learner->Observe({.h = 0, .state = 0, .action = 0, .reward = 0.2, .next = 0, .terminated = false});
  learner->Observe({.h = 1, .state = 0, .action = 0, .reward = 0.4, .next = 0, .terminated = true});
  learner->EndEpisode();
  // Step 1: 0.3 + 0.1 / sqrt 2, and the cap 1. Step 0: 0.3 + 1/2 V_1 + 0.1 / sqrt 2 with V_1 = 1, and the cap 2.
  const double bonus = 0.1 / std::sqrt(2);
  const auto q = learner->q();
  CHECK(q[2] == Approx(0.3 + bonus));
  CHECK(q[3] == 1);
  CHECK(q[0] == Approx(0.8 + bonus));
  CHECK(q[1] == 2);
  CHECK(learner->policy()[1] == 1);
}

TEST_CASE("tabular.vi: Bernstein's bonus gets the variance of the next value", "[agents][unit]") {
  // From state 0 to states 1 and 2, once each; there the last step paid 1 and 0: variance 1/4, N = 2.
  auto learner =
      Make("{type: tabular.vi, bonus: {type: bernstein, c: 0.01, lower_order: 0}}", {.states = 3, .actions = 1, .horizon = 2});
  for (const int next : {1, 2}) {
    learner->Observe({.h = 0, .state = 0, .action = 0, .reward = 0, .next = next, .terminated = false});
    learner->Observe({.h = 1, .state = next, .action = 0, .reward = next == 1 ? 1.0 : 0.0, .next = 0, .terminated = true});
  }
  learner->EndEpisode();
  const double iota = std::log(3.0 * 4);
  CHECK(learner->BonusTable()[0] == Approx(0.01 * std::sqrt(0.25 * iota / 2)));
  CHECK(learner->q()[0] == Approx(0.5 + 0.01 * std::sqrt(0.25 * iota / 2)));
}

TEST_CASE("tabular.oppo: one mirror step by hand", "[agents][unit]") {
  // H = 1, one state: Q = (0.5, 0) after action 0 paid 0.5 and action 1 paid 0; policy ~ exp(2 Q).
  auto learner = Make("{type: tabular.oppo, step: 2, bonus: {type: none}}", {.states = 1, .actions = 2, .horizon = 1});
  learner->Observe({.h = 0, .state = 0, .action = 0, .reward = 0.5, .next = 0, .terminated = true});
  learner->Observe({.h = 0, .state = 0, .action = 1, .reward = 0, .next = 0, .terminated = true});
  learner->EndEpisode();
  CHECK(learner->policy()[0] == Approx(std::exp(1.0) / (1 + std::exp(1.0))));
}

TEST_CASE("on a lock without slips, every learner with a bonus opens the high end; oppo without one does not",
          "[agents][learn]") {
  // H = 6: a uniform policy opens it with probability 2^-7 an episode; the low end or giving up is found first.
  const auto env = Envs().Create(Config::Parse("{type: tabular/lock, horizon: 6, slip: 0, cost: 0.1, lock_seed: 3}"), {});
  const Mdp& mdp = dynamic_cast<const FiniteModel&>(*env).mdp();
  const double best = OptimalValues(mdp).value;
  const auto share = [&](const std::string& yaml) {
    auto learner = Make(yaml, {mdp.states(), mdp.actions(), mdp.horizon()});
    return Play(mdp, *learner, 600, /*seed=*/1).back() / best;
  };
  for (const std::string bonus : {"{type: count, c: 0.1}", "{type: made.tabular, c: 0.1, buffer: 300}",
                                  "{type: bernstein, c: 0.1, lower_order: 0.1}", "{type: hoeffding, c: 0.03}"}) {
    CAPTURE(bonus);
    CHECK(share("{type: tabular.vi, bonus: " + bonus + "}") > 0.99);
    CHECK(share("{type: tabular.oppo, step: 1, bonus: " + bonus + "}") > 0.9);
    CHECK(share("{type: tabular.q_learning, bonus: " + bonus + "}") > 0.99);
  }
  CHECK(share("{type: tabular.oppo, step: 1, bonus: {type: none}}") < 0.2);
}

TEST_CASE("Play returns the exact value of the policy each episode was played with", "[agents][unit]") {
  const auto env = Envs().Create(Config::Parse("{type: tabular/river_swim}"), {});
  const Mdp& mdp = dynamic_cast<const FiniteModel&>(*env).mdp();
  const std::string yaml = "{type: tabular.oppo, bonus: {type: count, c: 0.1}}";
  auto learner = Make(yaml, {mdp.states(), mdp.actions(), mdp.horizon()});
  std::vector<Table> after;
  const Table values =
      Play(mdp, *learner, 20, 3, [&](int) { after.emplace_back(learner->policy().begin(), learner->policy().end()); });
  REQUIRE(values.size() == 20);
  CHECK(values[0] == Approx(PolicyValues(mdp, Table(after[0].size(), 0.5)).value));
  for (std::size_t k = 1; k < values.size(); ++k) CHECK(values[k] == Approx(PolicyValues(mdp, after[k - 1]).value));
}

}  // namespace
}  // namespace rove::tabular
