#include "rewards/mix.h"

#include <catch2/catch.hpp>

#include "core/error.h"
#include "tests/rewards/rollout_builder.h"

namespace rove::testing {
namespace {

using Catch::Matchers::Approx;
using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

// A bonus equal to the number of the next state, with traits as the test wants them.
class StateBonus final : public RewardModule {
 public:
  explicit StateBonus(const Config& config) {
    config.Get("relabelable", &traits_.relabelable);
    config.Get("self_normalized", &traits_.self_normalized);
  }
  RewardTraits traits() const override { return traits_; }
  void ScoreFresh(const RolloutView& r, const Noise&, std::span<float> out) override { Score(r, out); }
  void ScoreReplayed(const BatchView& b, const Noise&, std::span<float> out) const override { Score(b, out); }
  void Serialize(Archive&) override {}

 private:
  static void Score(const SequenceView& r, std::span<float> out) {
    ScoreRows(r, out, [&](int t, int i) { return r.obs[3].As<std::int64_t>()[r.index(t + 1, i)]; });
  }
  RewardTraits traits_;
};

const RewardRegistrar kStateBonus("probe/state", "the number of the next state",
                                  [](const Config& config, const RewardDeps& deps) {
                                    if (deps.env.obs.size() < 4) throw UserError("probe/state: needs GridSpec's columns");
                                    return std::make_unique<StateBonus>(config);
                                  });

RewardMix Mix(const std::string& yaml, int num_envs = 1) {
  return {Config::Parse(yaml), {.env = GridSpec(), .num_envs = num_envs, .slot_rows = 1, .seed = 1}};
}

std::vector<float> List(std::span<const float> values) { return {values.begin(), values.end()}; }

TEST_CASE("mix: without a bonus the total is the reward, clipped", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(3, 1).Rewards({0.5f, -3, 7}).Build();
  RewardMix none = Mix("{}"), clipped = Mix("{rewards: [], mix: {clip: [-1, 2]}}");
  CHECK(none.empty());
  CHECK_FALSE(none.intrinsic_head());
  const Metrics metrics = none.ScoreFresh(rollout.view(), 0, 0);
  CHECK_THAT(List(rollout.view().total), Equals(std::vector<float>{0.5f, -3, 7}));
  CHECK(*metrics.Find("reward/bonus_share") == 0);
  clipped.ScoreFresh(rollout.view(), 0, 0);
  CHECK_THAT(List(rollout.view().total), Equals(std::vector<float>{0.5f, -1, 2}));
}

TEST_CASE("mix: weighted bonuses add to the reward, and dead rows enter no mean", "[rewards][unit]") {
  // Live rows: states 2, 4, 6 with rewards 0, -1, 0; row 2 is dead. Bonus 0.5 s + 1 / sqrt(N), all N = 1: 2, 3, -, 4.
  RolloutSlot rollout = RolloutBuilder(4, 1).States({2, 4, 9, 6}).Rewards({0, -1, 0, 0}).End(1, 0).Build();
  RewardMix mix = Mix("rewards: [{type: probe/state, weight: 0.5, label: state}, {type: count}]");
  const Metrics metrics = mix.ScoreFresh(rollout.view(), 0, 0);
  CHECK_THAT(List(rollout.view().intrinsic), Equals(std::vector<float>{2, 3, 0, 4}));
  CHECK_THAT(List(rollout.view().total), Equals(std::vector<float>{2, 2, 0, 4}));
  CHECK(*metrics.Find("reward/state_mean") == 4);
  CHECK(*metrics.Find("reward/state_std") == ::Approx(std::sqrt(8 / 3.0)));
  CHECK(*metrics.Find("reward/state_max") == 6);
  CHECK(*metrics.Find("reward/count_mean") == 1);
  CHECK(*metrics.Find("reward/intrinsic_mean") == 3);
  CHECK(*metrics.Find("reward/bonus_share") == ::Approx(9 / 10.0));
}

TEST_CASE("mix: a negative weight turns the sign, and the share still counts magnitudes", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(2, 1).States({2, 4}).Rewards({2, 0}).Build();
  RewardMix mix = Mix("rewards: [{type: probe/state, weight: -1}]");
  const Metrics metrics = mix.ScoreFresh(rollout.view(), 0, 0);
  CHECK_THAT(List(rollout.view().total), Equals(std::vector<float>{0, -4}));
  CHECK(*metrics.Find("reward/bonus_share") == ::Approx(6 / 8.0));
}

TEST_CASE("mix: a second value head leaves the bonus out of the total", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(2, 1).States({2, 4}).Rewards({3, 0}).Build();
  RewardMix mix = Mix("{rewards: [{type: probe/state}], mix: {combine: head, clip: [-1, 1], gamma: 0.9}}");
  REQUIRE(mix.intrinsic_head());
  CHECK(mix.intrinsic_head()->gamma == 0.9f);
  CHECK(mix.intrinsic_head()->lambda == 0.95f);
  CHECK_FALSE(mix.intrinsic_head()->episodic);
  mix.ScoreFresh(rollout.view(), 0, 0);
  CHECK_THAT(List(rollout.view().intrinsic), Equals(std::vector<float>{2, 4}));
  CHECK_THAT(List(rollout.view().total), Equals(std::vector<float>{1, 0}));
}

TEST_CASE("mix: schedules scale the weight by frames", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(1, 1).States({8}).Build();
  const auto bonus_at = [&](const std::string& schedule, std::int64_t env_steps) {
    Mix("rewards: [{type: probe/state, schedule: " + schedule + "}]").ScoreFresh(rollout.view(), env_steps, 0);
    return rollout.view().intrinsic[0];
  };
  CHECK(bonus_at("{type: constant}", 1000) == 8);
  CHECK(bonus_at("{type: linear, frames: 100, final: 0.5}", 0) == 8);
  CHECK(bonus_at("{type: linear, frames: 100, final: 0.5}", 50) == 6);
  CHECK(bonus_at("{type: linear, frames: 100, final: 0.5}", 500) == 4);
  CHECK(bonus_at("{type: linear, frames: 100}", 100) == 0);
  CHECK(bonus_at("{type: exponential, decay: 0.5}", 3) == 1);
}

TEST_CASE("mix: std divides by the running std of the raw bonus over live rows", "[rewards][unit]") {
  // Live states 2, 4 (std 1), then 2, 4, 6, 8 in all (std sqrt 5). The dead row's state 9 is in neither.
  RolloutSlot first = RolloutBuilder(3, 1).States({2, 4, 9}).End(1, 0).Build(),
              second = RolloutBuilder(2, 1).States({6, 8}).Build();
  RewardMix mix = Mix("rewards: [{type: probe/state, normalize: std, weight: 10}]");
  mix.ScoreFresh(first.view(), 0, 0);
  CHECK_THAT(List(first.view().intrinsic), Approx(std::vector<float>{20, 40, 0}));
  mix.ScoreFresh(second.view(), 2, 1);
  const float root5 = std::sqrt(5.0f);
  CHECK_THAT(List(second.view().intrinsic), Approx(std::vector<float>{60 / root5, 80 / root5}));
  const Metrics replayed = mix.ScoreReplayed(AsBatch(first.view()), 4, 2);  // frozen: the std stays sqrt 5
  CHECK_THAT(List(first.view().intrinsic), Approx(std::vector<float>{20 / root5, 40 / root5, 0}));
  CHECK(*replayed.Find("reward/probe/state_mean") == 3);  // of what was sampled
  CHECK(*replayed.Find("reward/probe/state_max") == 4);
  CHECK(*replayed.Find("reward/intrinsic_mean") == Catch::Detail::Approx(30 / std::sqrt(5.0)));
  CHECK(*replayed.Find("reward/bonus_share") == 1);
}

TEST_CASE("mix: a constant bonus has no std to divide by and stays as it is", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(2, 1).States({4, 4}).Build();
  Mix("rewards: [{type: probe/state, normalize: std}]").ScoreFresh(rollout.view(), 0, 0);
  CHECK_THAT(List(rollout.view().intrinsic), Equals(std::vector<float>{4, 4}));
}

TEST_CASE("mix: return_std divides by the std of the discounted sums", "[rewards][unit]") {
  // gamma 0.5, states 4, 2, (dead), 6: sums 4, 4, -, 8, whose population std is sqrt(32 / 9).
  RolloutSlot rollout = RolloutBuilder(4, 1).States({4, 2, 9, 6}).End(1, 0).Build();
  Mix("rewards: [{type: probe/state, normalize: return_std, return_gamma: 0.5}]").ScoreFresh(rollout.view(), 0, 0);
  const float std = std::sqrt(32 / 9.0f);
  CHECK_THAT(List(rollout.view().intrinsic), Approx(std::vector<float>{4 / std, 2 / std, 0, 6 / std}));
}

TEST_CASE("mix: goes on after a checkpoint as if there had been none", "[rewards][unit]") {
  const std::string yaml = "rewards: [{type: count, normalize: std}, {type: probe/state, normalize: return_std}]";
  RolloutSlot first = RandomRollout(1, 20, 3), second = RandomRollout(2, 20, 3), again = RandomRollout(2, 20, 3);
  RewardMix mix = Mix(yaml, 3), restored = Mix(yaml, 3);
  mix.ScoreFresh(first.view(), 0, 0);
  Archive written;
  mix.Serialize(written);
  mix.ScoreFresh(second.view(), 60, 1);
  Archive read(written.bytes(), "test");
  restored.Serialize(read);
  read.ExpectEnd();
  restored.ScoreFresh(again.view(), 60, 1);
  CHECK(List(again.view().total) == List(second.view().total));
}

TEST_CASE("mix: episodic bonuses keep the value they were stored with, and do not mix with relabelled ones", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(2, 1).States({2, 4}).Rewards({1, 1}).Build();
  RewardMix stored = Mix("rewards: [{type: probe/state, relabelable: false}]");
  rollout.view().intrinsic[0] = 7;
  rollout.view().intrinsic[1] = 8;
  stored.CheckReplayed();
  const Metrics metrics = stored.ScoreReplayed(AsBatch(rollout.view()), 0, 0);
  CHECK(metrics.Find("reward/probe/state_mean") == nullptr);  // not scored anew
  CHECK(*metrics.Find("reward/intrinsic_mean") == 7.5);
  CHECK_THAT(List(rollout.view().total), Equals(std::vector<float>{8, 9}));
  RewardMix both = Mix("rewards: [{type: probe/state, relabelable: false}, {type: count}]");
  CHECK_THROWS_WITH(both.CheckReplayed(), Contains("rewards[0] and ") && Contains("do not mix in a replay"));
}

TEST_CASE("mix: a run without bonuses learns from none that imported rows were stored with", "[rewards][unit]") {
  RolloutSlot rollout = RolloutBuilder(2, 1).States({2, 4}).Rewards({1, 2}).Build();
  rollout.view().intrinsic[0] = 7;
  RewardMix none = Mix("rewards: []");
  CHECK(*none.ScoreReplayed(AsBatch(rollout.view()), 0, 0).Find("reward/bonus_share") == 0);
  CHECK_THAT(List(rollout.view().intrinsic), Equals(std::vector<float>{0, 0}));
  CHECK_THAT(List(rollout.view().total), Equals(std::vector<float>{1, 2}));
}

TEST_CASE("mix: bad configs are refused with the place and the remedy", "[rewards][unit]") {
  const auto refuses = [](const std::string& yaml, const std::string& place, const std::string& what) {
    CAPTURE(yaml);
    CHECK_THROWS_WITH(Mix(yaml), Contains(place) && Contains(what));
  };
  refuses("rewards: [{type: made.cout}]", "rewards[0].type", "did you mean \"made.count\"?");
  refuses("rewards: [{type: count, wieght: 1}]", "rewards[0].wieght", "weight");
  refuses("rewards: [{type: count, schedule: {type: linear}}]", "rewards[0].schedule", "frames");
  refuses("rewards: [{type: count, schedule: {type: constant, frames: 3}}]", "rewards[0].schedule.frames", "");
  refuses("rewards: [{type: count}, {type: count}]", "rewards[1].label", "rewards[0]");
  refuses("rewards: [{type: probe/state, self_normalized: true, normalize: std}]", "rewards[0].normalize", "normalises itself");
  refuses("rewards: [{type: made.count, buffer: -3}]", "rewards[0].buffer", "-3");
  refuses("mix: {clip: [1, -1]}", "mix.clip", "low < high");
  refuses("mix: {gamma: 0.9}", "mix.gamma", "combine: head");
  refuses("mix: {combine: haed}", "mix.combine", "head");
}

}  // namespace
}  // namespace rove::testing
