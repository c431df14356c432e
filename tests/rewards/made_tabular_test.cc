// made.tabular by hand, and both forms of a count bonus (reward module, tabular bonus) on one rollout.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "agents/tabular.h"
#include "tests/rewards/rollout_builder.h"

namespace rove::testing {
namespace {

using Catch::Matchers::Approx;

void SetActions(RolloutSlot& slot, unsigned seed) {
  std::mt19937 random(seed);
  for (std::int32_t& action : slot.view().action.As<std::int32_t>()) action = static_cast<std::int32_t>(random() % 2);
}

TEST_CASE("made.tabular: pays by pair, and a pair forgotten by the buffer by its age", "[rewards][unit]") {
  // Buffer 2, action 0 but for t = 2. States acted in: 0 5 5 5 7 5; pairs (0,0) (5,0) (5,1) (5,0) (7,0) (5,0).
  // N: 1 1 1 2 1 3; the window holds the last two: B: 1 1 1 1 1 1. Then (5,0) again, from 5: N = 4, B = 2.
  RolloutSlot rollout = RolloutBuilder(7, 1).States({5, 5, 5, 7, 5, 5, 5}).Build();
  rollout.view().action.As<std::int32_t>()[2] = 1;
  auto made = MakeReward("{type: made.tabular, buffer: 2}", 1);
  const std::vector<float> expected = {1, 1, 1, 1 / std::sqrt(2.0f), 1, 1 / std::sqrt(3.0f), 1 / std::sqrt(8.0f)};
  CHECK_THAT(ScoreFresh(*made, rollout), Approx(expected));
  // Replayed under today's counts: (5, 0) has N = 4, B = 2; all others N = 1, B = 0, taken as 1.
  const float today = 1 / std::sqrt(8.0f);
  CHECK_THAT(ScoreReplayed(*made, rollout), Approx(std::vector<float>{1, today, 1, today, 1, today, today}));
}

TEST_CASE("count and made.tabular: the reward module and the tabular bonus agree on a rollout", "[rewards][property]") {
  const std::pair<const char*, const char*> forms[] = {
      {"{type: count, of: state_action}", "{type: count, c: 1}"},
      {"{type: made.tabular, buffer: 37}", "{type: made.tabular, c: 1, buffer: 37}"},
      {"{type: made.tabular, buffer: 37, factors: cover}", "{type: made.tabular, c: 1, buffer: 37, factors: cover}"},
      {"{type: made.tabular, buffer: 5, factors: recency}", "{type: made.tabular, c: 1, buffer: 5, factors: recency}"}};
  for (const auto& [as_reward, as_bonus] : forms) {
    CAPTURE(as_reward);
    RolloutSlot rollout = RandomRollout(21, 80, 3);
    SetActions(rollout, 22);
    const RolloutView view = rollout.view();
    auto module = MakeReward(as_reward, 3);
    auto bonus = tabular::Bonuses().Create(Config::Parse(as_bonus), {.states = 24, .actions = 2});
    std::vector<float> expected, replayed;
    const auto each_live = [&](auto score) {
      std::vector<float> scores;
      for (int t = 0; t < view.T; ++t) {
        for (int i = 0; i < view.n; ++i) {
          const std::size_t row = view.index(t, i);
          const int s = static_cast<int>(view.obs[3].As<std::int64_t>()[row]), a = view.action.As<std::int32_t>()[row];
          scores.push_back(view.dead(t, i) ? 0 : static_cast<float>(score(s, a)));
        }
      }
      return scores;
    };
    CHECK(ScoreFresh(*module, rollout) == each_live([&](int s, int a) {
            bonus->Visit(s, a);
            return bonus->At(s, a, 0);
          }));
    CHECK(ScoreReplayed(*module, rollout) == each_live([&](int s, int a) { return bonus->At(s, a, 0); }));
  }
}

}  // namespace
}  // namespace rove::testing
