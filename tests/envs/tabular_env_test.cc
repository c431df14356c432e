// The models of envs/tabular, worked by hand, and the one way of playing them. Reset seeds 1, 2, ... where not said.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "core/mdp.h"
#include "tests/envs/env_batch.h"

namespace rove {
namespace {

std::unique_ptr<VectorEnv> Make(const std::string& yaml, int n = 1) {
  return Envs().Create(Config::Parse(yaml), {.num_envs = n});
}
const Mdp& ModelOf(const VectorEnv& env) { return dynamic_cast<const FiniteModel&>(env).mdp(); }

// "2:0.9:-0.25 3:0.1:0!" (next state : probability : reward, ! ends)
std::string Outcomes(const Mdp& mdp, int s, int a) {
  std::ostringstream out;
  for (const MdpOutcome& o : mdp.outcomes(s, a)) {
    out << (out.tellp() > 0 ? " " : "") << o.next << ":" << o.probability << ":" << o.reward << (o.ends ? "!" : "");
  }
  return out.str();
}

TEST_CASE("tabular/lock: of two actions one goes on, slips and costs, the other and a dead state lead to dead", "[envs][unit]") {
  // H = 3: chain c, level h has its good state at 1 + 2 (3 c + h - 1), its dead state after it. Cost 0.5 over two moves: 0.25.
  const auto env = Make("{type: tabular/lock, horizon: 3, slip: 0.25, high: 1, low: 0.5, cost: 0.5}");
  const Mdp& mdp = ModelOf(*env);
  CHECK(mdp.states() == 13);
  CHECK(mdp.actions() == 2);
  CHECK(mdp.horizon() == 4);
  CHECK(mdp.gamma() == 0.75);
  CHECK(mdp.start()[0] == 1);
  CHECK(Outcomes(mdp, 0, 0) == "1:1:0");
  CHECK(Outcomes(mdp, 0, 1) == "7:1:0");
  std::multiset<std::string> ends;
  for (const int chain : {0, 1}) {
    for (const int level : {1, 2, 3}) {
      const int good = 1 + 2 * (3 * chain + level - 1), dead = good + 1;
      const std::multiset<std::string> of_good = {Outcomes(mdp, good, 0), Outcomes(mdp, good, 1)};
      CAPTURE(chain, level);
      if (level < 3) {
        const std::string next = std::to_string(good + 2), next_dead = std::to_string(good + 3);
        CHECK(of_good == std::multiset<std::string>{next + ":0.75:-0.25 " + next_dead + ":0.25:0", next_dead + ":1:0"});
        CHECK(Outcomes(mdp, dead, 0) == next_dead + ":1:0");
        CHECK(Outcomes(mdp, dead, 1) == next_dead + ":1:0");
      } else {
        for (const std::string& each : of_good) ends.insert(each.substr(each.find(':')));
        CHECK(Outcomes(mdp, dead, 0) == std::to_string(dead) + ":1:0!");
      }
    }
  }
  CHECK(ends == std::multiset<std::string>{":1:0!", ":1:0!", ":1:0.5!", ":1:1!"});
}

TEST_CASE("tabular/lock: lock_seed draws actions and the high end, the environment's seed only what happens", "[envs][unit]") {
  std::map<std::string, int> locks;
  for (int seed = 0; seed < 64; ++seed) {
    const auto env = Make("{type: tabular/lock, horizon: 2, lock_seed: " + std::to_string(seed) + "}");
    std::string all;
    for (int s = 0; s < 9; ++s) all += Outcomes(ModelOf(*env), s, 0) + ",";
    ++locks[all];
  }
  // 2^4 action keys, two places of the high end: 32 locks, of which 64 uniform draws miss all but 4.2 on average.
  CHECK(locks.size() > 20);
}

TEST_CASE("tabular/chain: one action of four goes right, and only it pays, at the end", "[envs][unit]") {
  const auto env = Make("{type: tabular/chain, horizon: 3}");
  const Mdp& mdp = ModelOf(*env);
  CHECK(mdp.states() == 5);
  CHECK(mdp.gamma() == 0.75);
  CHECK(mdp.horizon() == 20);
  CHECK(Outcomes(mdp, 0, 0) == "1:1:0");
  CHECK(Outcomes(mdp, 4, 0) == "4:1:1");
  for (const int left : {1, 2, 3}) {
    CHECK(Outcomes(mdp, 0, left) == "0:1:0");
    CHECK(Outcomes(mdp, 4, left) == "3:1:0");
  }
}

TEST_CASE("tabular/river_swim: the current carries back what swims right", "[envs][unit]") {
  const auto env = Make("{type: tabular/river_swim, states: 4, low: 0.25}");
  const Mdp& mdp = ModelOf(*env);
  CHECK(Outcomes(mdp, 0, 0) == "0:1:0.25");
  CHECK(Outcomes(mdp, 0, 1) == "0:0.4:0 1:0.6:0");
  CHECK(Outcomes(mdp, 2, 0) == "1:1:0");
  CHECK(Outcomes(mdp, 2, 1) == "3:0.35:0 2:0.6:0 1:0.05:0");
  CHECK(Outcomes(mdp, 3, 1) == "3:0.6:1 2:0.4:1");
}

TEST_CASE("tabular/deep_sea: right at every step pays 1 - 0.01 (N - 1) / N, and each cell has its own right", "[envs][unit]") {
  const auto env = Make("{type: tabular/deep_sea, size: 4}");
  const Mdp& mdp = ModelOf(*env);
  int s = 0;
  double earned = 0;
  std::set<int> right_actions;
  for (int row = 0; row < 4; ++row) {
    const int right = mdp.outcomes(s, 0)[0].reward != 0 ? 0 : 1;
    right_actions.insert(right);
    const MdpOutcome& outcome = mdp.outcomes(s, right)[0];
    earned += outcome.reward;
    CHECK(outcome.ends == (row == 3));
    if (row < 3) CHECK(outcome.next == 4 * (row + 1) + row + 1);
    CHECK(mdp.outcomes(s, 1 - right)[0].reward == 0);
    if (row < 3) CHECK(mdp.outcomes(s, 1 - right)[0].next == 4 * (row + 1) + std::max(row - 1, 0));
    s = outcome.next;
  }
  CHECK(earned == Approx(1 - 0.0075));  // 1e-5 relative: float rewards
  const auto slippery = Make("{type: tabular/deep_sea, size: 4, slip: 0.25}");
  const Mdp& slips = ModelOf(*slippery);
  CHECK(std::max(slips.outcomes(0, 0).size(), slips.outcomes(0, 1).size()) == 2);
}

TEST_CASE("success is the return that only the best end gives, whatever it costs on the way", "[envs][unit]") {
  const auto above = [](const std::string& yaml) { return Make("{type: " + yaml + "}")->spec().success_return; };
  CHECK(*above("tabular/lock, high: 1, low: 0.1, cost: 0.6") == Approx(0.2));   // 0.4 against 0 of dying at once
  CHECK(*above("tabular/lock, high: 1, low: 0.9, cost: 0.5") == Approx(0.45));  // 0.5 against 0.4
  CHECK(above("tabular/lock, high: 1, low: 0.1, cost: 2") == std::nullopt);
  CHECK(*above("tabular/river_swim, horizon: 200") == Approx(1.5));  // 1 for staying at the left bank
  CHECK(above("tabular/river_swim, low: 0.9") == std::nullopt);
  CHECK(*above("tabular/deep_sea, size: 10, cost: 1") == Approx(0.05));
  CHECK(above("tabular/deep_sea, size: 10, cost: 2") == std::nullopt);
}

TEST_CASE("tabular/grid_world: walls stop, slips go to the sides, the goal ends", "[envs][unit]") {
  // States row by row without walls: S is 0, '.' right of it 1, '.' below S 2, G 3 (below 1 is a wall).
  const auto env = Make("{type: tabular/grid_world, map: ['S.', '.#', 'G#'], slip: 0.5}");
  const Mdp& mdp = ModelOf(*env);
  CHECK(mdp.states() == 4);
  CHECK(Outcomes(mdp, 0, 0) == "0:0.5:0 1:0.25:0 0:0.25:0");   // up: the edge; sides right and left
  CHECK(Outcomes(mdp, 1, 2) == "1:0.5:0 0:0.25:0 1:0.25:0");   // down: a wall; sides left and right
  CHECK(Outcomes(mdp, 2, 2) == "3:0.5:1! 2:0.25:0 2:0.25:0");  // down: the goal
}

TEST_CASE("tabular/grid_world: a map that cannot be read is refused with its row", "[envs][unit]") {
  CHECK_THROWS_WITH(Make("{type: tabular/grid_world, map: ['S.', '.']}"), Catch::Contains("row 1 is not as long"));
  CHECK_THROWS_WITH(Make("{type: tabular/grid_world, map: ['S?']}"), Catch::Contains("row 0 holds '?'"));
  CHECK_THROWS_WITH(Make("{type: tabular/grid_world, map: ['..']}"), Catch::Contains("no start"));
}

TEST_CASE("a player's frequencies are the model's probabilities", "[envs][property]") {
  // 40,000 draws of 0.35 / 0.6 / 0.05 have standard errors below 0.0025; five of them: 6e-7 false alarms each.
  const auto env = Make("{type: tabular/river_swim, states: 3, horizon: 2}");
  const Mdp& mdp = ModelOf(*env);
  std::map<int, double> seen;
  double total = 0;
  MdpPlayer player(mdp);
  player.Reset(7);
  while (total < 40'000) {
    player.Reset(std::nullopt);
    if (player.Step(1).next != 1) continue;
    const MdpPlayer::Result result = player.Step(1);
    CHECK(result.end == kTruncated);
    ++seen[result.next];
    ++total;
  }
  CHECK(std::abs(seen[2] / total - 0.35) < 0.0125);
  CHECK(std::abs(seen[1] / total - 0.6) < 0.0125);
  CHECK(std::abs(seen[0] / total - 0.05) < 0.0055);
}

TEST_CASE("a row of a tabular batch is a player of its model", "[envs][unit]") {
  EnvBatch batch("tabular/river_swim", 3);
  batch.Reset(5);
  MdpPlayer player(ModelOf(batch.env()));
  player.Reset(6);
  for (int t = 0; t < 100; ++t) {
    if (batch.step_type(1) == StepType::kLast) {
      batch.Step(1);
      player.Reset(std::nullopt);
      CHECK(batch.reward(1) == 0);
    } else {
      batch.Step(1);
      CHECK(batch.reward(1) == player.Step(1).reward);
    }
    CHECK(batch.obs<std::int32_t>("state")[1] == player.state());
    CHECK(batch.obs<std::int32_t>("step")[1] == player.step());
    CHECK(batch.obs<std::int64_t>("state_key")[1] == player.state());
  }
}

}  // namespace
}  // namespace rove
