#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "tests/rewards/rollout_builder.h"

namespace rove::testing {
namespace {

using Catch::Matchers::Approx;
using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

const float kRoot2 = std::sqrt(2.0f), kRoot3 = std::sqrt(3.0f);

// The formulas of docs/rewards.md on std containers. classes: how many states the key can tell apart.
std::vector<float> CountOracle(RolloutSlot& slot, const std::string& scope, int classes) {
  const RolloutView r = slot.view();
  const auto state = [&](int t, int i) { return r.obs[3].As<std::int64_t>()[r.index(t, i)] % classes; };
  std::map<std::int64_t, int> visits;
  std::vector<std::set<std::int64_t>> episode(static_cast<std::size_t>(r.n));
  std::vector<float> out;
  for (int t = 0; t < r.T; ++t) {
    for (int i = 0; i < r.n; ++i) {
      auto& seen = episode[static_cast<std::size_t>(i)];
      if (r.step_type[r.index(t, i)] == StepType::kFirst) seen = {state(t, i)};
      if (r.dead(t, i)) {
        out.push_back(0);
        continue;
      }
      const double global = 1 / std::sqrt(++visits[state(t + 1, i)]);
      const double first = seen.insert(state(t + 1, i)).second;
      out.push_back(static_cast<float>(scope == "global" ? global : scope == "episodic" ? first : global * first));
    }
  }
  return out;
}

TEST_CASE("count: the third visit pays 1/sqrt(3), in any cut of the rollout", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(/*T=*/4, /*n=*/1).States({5, 7, 5, 5}).Build();
  auto whole = MakeReward("{type: count}", 1), pieces = MakeReward("{type: count}", 1);
  CHECK_THAT(ScoreFresh(*whole, rollout), Approx(std::vector<float>{1, 1, 1 / kRoot2, 1 / kRoot3}));
  CHECK_THAT(ScoreInPieces(pieces, rollout, {1, 2}), Approx(std::vector<float>{1, 1, 1 / kRoot2, 1 / kRoot3}));
}

TEST_CASE("count: environments share one table, walked time-major", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(2, 2).States({5, 5, 7, 5}).Build();
  auto count = MakeReward("{type: count}", 2);
  CHECK_THAT(ScoreFresh(*count, rollout), Approx(std::vector<float>{1, 1 / kRoot2, 1, 1 / kRoot3}));
}

TEST_CASE("count: a terminal state is counted, the dead row and the next start are not", "[rewards][unit]") {
  // Row 1 ends in state 5; dead row 2 leads to start state 7; row 3 goes to 7 for the first time.
  RolloutSlot rollout = RolloutBuilder(5, 1).States({5, 5, 7, 7, 5}).End(1, 0).Build();
  auto count = MakeReward("{type: count}", 1);
  CHECK_THAT(ScoreFresh(*count, rollout), Approx(std::vector<float>{1, 1 / kRoot2, 0, 1, 1 / kRoot3}));
}

TEST_CASE("count: in an episode only the first visit pays, and coming back to the start does not", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(7, 1).Start(0, 9).States({5, 9, 5, 7, 9, 5, 9}).End(3, 0).Build();
  auto episodic = MakeReward("{type: count, scope: episodic}", 1), both = MakeReward("{type: count, scope: both}", 1);
  CHECK_THAT(ScoreFresh(*episodic, rollout), Equals(std::vector<float>{1, 0, 0, 1, 0, 1, 0}));
  CHECK_THAT(ScoreFresh(*both, rollout), Approx(std::vector<float>{1, 0, 0, 1, 0, 1 / kRoot3, 0}));
}

TEST_CASE("count: equals the plain reference for every scope and key, in any cut, saved and restored", "[rewards][property]") {
  const std::map<std::string, int> keys = {{"full_state", 24}, {"view_position_direction", 12}, {"view", 3}};
  for (const auto& [key, classes] : keys) {
    for (const std::string scope : {"global", "episodic", "both"}) {
      const std::string yaml = "{type: count, scope: " + scope + ", key: " + key + "}";
      for (unsigned seed = 0; seed < 5; ++seed) {
        CAPTURE(yaml, seed);
        RolloutSlot rollout = RandomRollout(seed, 60, 3);
        const std::vector<float> expected = CountOracle(rollout, scope, classes);
        auto whole = MakeReward(yaml, 3), pieces = MakeReward(yaml, 3);
        CHECK_THAT(ScoreFresh(*whole, rollout), Approx(expected));
        CHECK_THAT(ScoreInPieces(pieces, rollout, {1, 7, 2, 20}, [&] { SaveAndRestore(pieces, yaml, 3); }), Approx(expected));
      }
    }
  }
}

TEST_CASE("count: a replayed transition gets today's count and is not counted again", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(4, 1).States({5, 7, 5, 5}).Build();
  RolloutSlot unseen = RolloutBuilder(3, 1).States({8, 5, 7}).End(0, 0).Build();
  auto count = MakeReward("{type: count}", 1);
  ScoreFresh(*count, rollout);
  for (int repeat = 0; repeat < 2; ++repeat) {
    CHECK_THAT(ScoreReplayed(*count, rollout), Approx(std::vector<float>{1 / kRoot3, 1, 1 / kRoot3, 1 / kRoot3}));
    CHECK_THAT(ScoreReplayed(*count, unseen), Approx(std::vector<float>{1, 0, 1}));
  }
}

TEST_CASE("count: a full table stops the run and names the key to raise", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(3, 1).States({5, 7, 8}).Build();
  auto count = MakeReward("{type: count, max_states: 2}", 1);
  CHECK_THROWS_WITH(ScoreFresh(*count, rollout), Contains("max_states: all 2 states are in use; start again"));
  RolloutSlot known = RolloutBuilder(3, 1).States({5, 7, 5}).Build();
  CHECK_NOTHROW(ScoreFresh(*MakeReward("{type: count, max_states: 2}", 1), known));
}

TEST_CASE("count: a frozen table counts all states beyond it as one", "[rewards][unit]") {
  const std::string yaml = "{type: count, max_states: 2, on_full: freeze}";
  auto count = MakeReward(yaml, 1);
  RolloutSlot first = RolloutBuilder(3, 1).States({5, 7, 8}).Build(), second = RolloutBuilder(3, 1).States({9, 5, 8}).Build();
  CHECK_THAT(ScoreFresh(*count, first), Approx(std::vector<float>{1, 1, 1}));
  SaveAndRestore(count, yaml, 1);
  CHECK_THAT(ScoreFresh(*count, second), Approx(std::vector<float>{1 / kRoot2, 1 / kRoot2, 1 / kRoot3}));
  CHECK_THAT(ScoreReplayed(*count, first), Approx(std::vector<float>{1 / kRoot2, 1, 1 / kRoot3}));
}

TEST_CASE("count: a column that the environment lacks is named, with those it has", "[rewards][unit]") {
  EnvSpec flat = GridSpec();
  flat.obs.resize(2);
  CHECK_THROWS_WITH(Rewards().Create(Config::Parse("{type: count}"), {.env = flat}),
                    Contains("key: needs the column \"state_key\"; this environment has image, direction"));
}

TEST_CASE("count: a table of another size than the checkpoint's is refused", "[rewards][unit]") {
  Archive written;
  MakeReward("{type: count, max_states: 5}", 1)->Serialize(written);
  Archive read(written.bytes(), "test");
  CHECK_THROWS_WITH(MakeReward("{type: count, max_states: 6}", 1)->Serialize(read), Contains("was written with 5, got 6"));
}

}  // namespace
}  // namespace rove::testing
