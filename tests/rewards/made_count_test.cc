#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <deque>
#include <map>
#include <set>

#include "tests/rewards/rollout_builder.h"

namespace rove::testing {
namespace {

using Catch::Matchers::Approx;
using Catch::Matchers::Contains;

// The formula of rewards/made_count.cc on std containers.
std::vector<float> MadeOracle(RolloutSlot& slot, std::size_t buffer, const std::string& factors, bool mask) {
  const RolloutView r = slot.view();
  const auto state = [&](int t, int i) { return r.obs[3].As<std::int64_t>()[r.index(t, i)]; };
  std::map<std::int64_t, int> visits;
  std::deque<std::int64_t> fifo;
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
      const std::int64_t next = state(t + 1, i);
      const double N = ++visits[next];
      fifo.push_back(next);
      if (fifo.size() > buffer) fifo.pop_front();
      const auto B = static_cast<double>(std::ranges::count(fifo, next));
      double bonus = factors == "cover" ? 1 / std::sqrt(N) : factors == "recency" ? 1 / std::sqrt(B) : 1 / std::sqrt(N * B);
      if (const bool first = seen.insert(next).second; mask && !first) bonus = 0;
      out.push_back(static_cast<float>(bonus));
    }
  }
  return out;
}

TEST_CASE("made.count: a state forgotten by the buffer pays for its age", "[rewards][unit]") {
  // Buffer 3. Next states 5 5 5 7 8 9 5: when 5 comes back N = 4, and the window (8, 9, 5) holds it once: 1 / sqrt(4 * 1).
  RolloutSlot rollout = RolloutBuilder(7, 1).States({5, 5, 5, 7, 8, 9, 5}).Build();
  auto made = MakeReward("{type: made.count, buffer: 3}", 1);
  CHECK_THAT(ScoreFresh(*made, rollout), Approx(std::vector<float>{1, 0.5f, 1 / 3.0f, 1, 1, 1, 0.5f}));
}

TEST_CASE("made.count: with a buffer of all data the bonus is 1/N, not 1/sqrt(N)", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(4, 1).States({5, 5, 5, 5}).Build();
  auto made = MakeReward("{type: made.count, buffer: 1000}", 1);
  CHECK_THAT(ScoreFresh(*made, rollout), Approx(std::vector<float>{1, 1 / 2.0f, 1 / 3.0f, 1 / 4.0f}));
}

TEST_CASE("made.count: with equal recent counts the bonus has the Hoeffding shape 1/sqrt(N)", "[rewards][unit]") {
  // A buffer of 4 over a cycle of two states: from the third cycle on, B = 2 for both.
  RolloutSlot rollout = RolloutBuilder(10, 1).States({5, 7, 5, 7, 5, 7, 5, 7, 5, 7}).Build();
  auto made = MakeReward("{type: made.count, buffer: 4}", 1), count = MakeReward("{type: count}", 1);
  const std::vector<float> bonus = ScoreFresh(*made, rollout), hoeffding = ScoreFresh(*count, rollout);
  for (std::size_t row = 4; row < bonus.size(); ++row) CHECK(bonus[row] == ::Approx(hoeffding[row] / std::sqrt(2.0)));
}

TEST_CASE("made.count: equals the plain reference for every switch, in any cut, saved and restored", "[rewards][property]") {
  for (const std::string factors : {"cover", "recency", "product"}) {
    for (const bool mask : {false, true}) {
      for (const int buffer : {5, 37, 1000}) {
        const std::string yaml = "{type: made.count, factors: " + factors + ", buffer: " + std::to_string(buffer) +
                                 ", mask: " + (mask ? "episodic_first_visit" : "none") + "}";
        CAPTURE(yaml);
        RolloutSlot rollout = RandomRollout(static_cast<unsigned>(buffer), 60, 3);
        const std::vector<float> expected = MadeOracle(rollout, static_cast<std::size_t>(buffer), factors, mask);
        auto whole = MakeReward(yaml, 3), pieces = MakeReward(yaml, 3);
        CHECK_THAT(ScoreFresh(*whole, rollout), Approx(expected));
        CHECK_THAT(ScoreInPieces(pieces, rollout, {1, 7, 2, 20}, [&] { SaveAndRestore(pieces, yaml, 3); }), Approx(expected));
      }
    }
  }
}

TEST_CASE("made.count: a replayed transition gets today's N and B; a state out of the buffer has B = 1", "[rewards][unit]") {
  // After 5 5 5 7 8 with buffer 3 the window is (5, 7, 8). State 5: N = 3, B = 1; after two more 9s it has left: max(0, 1).
  RolloutSlot rollout = RolloutBuilder(5, 1).States({5, 5, 5, 7, 8}).Build(), more = RolloutBuilder(2, 1).States({9, 9}).Build();
  auto made = MakeReward("{type: made.count, buffer: 3}", 1);
  const float root3 = std::sqrt(3.0f);
  ScoreFresh(*made, rollout);
  CHECK_THAT(ScoreReplayed(*made, rollout), Approx(std::vector<float>{1 / root3, 1 / root3, 1 / root3, 1, 1}));
  ScoreFresh(*made, more);
  CHECK_THAT(ScoreReplayed(*made, rollout), Approx(std::vector<float>{1 / root3, 1 / root3, 1 / root3, 1, 1}));
  CHECK_THAT(ScoreReplayed(*made, more), Approx(std::vector<float>{0.5f, 0.5f}));
}

TEST_CASE("made.count: a buffer that does not exceed a rollout slot is refused with both numbers", "[rewards][unit]") {
  const auto make = [](const char* yaml) {
    return Rewards().Create(Config::Parse(yaml), {.env = GridSpec(), .num_envs = 16, .slot_rows = 2048});
  };
  CHECK_THROWS_WITH(make("{type: made.count, buffer: 2048}"),
                    Contains("buffer: expected more than the 2048 rows") && Contains("got 2048"));
  CHECK_THROWS_WITH(make("{type: made.count, buffer: -1}"), Contains("buffer"));
  CHECK_NOTHROW(make("{type: made.count, buffer: 2049}"));
}

}  // namespace
}  // namespace rove::testing
