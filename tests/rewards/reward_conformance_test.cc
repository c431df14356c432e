// Every registered reward, with its default options, on random rollouts.
#include <catch2/catch.hpp>

#include "tests/rewards/rollout_builder.h"

namespace rove::testing {
namespace {

constexpr int kEnvs = 3;

template <class Claim>
void ForEachReward(Claim claim) {
  REQUIRE(Rewards().Names().size() >= 3);
  for (const std::string& name : Rewards().Names()) {
    const std::string yaml = "{type: " + name + "}";
    DYNAMIC_SECTION(name) { claim(yaml); }
  }
}

TEST_CASE("every reward: writes 0 on dead rows, a number elsewhere", "[rewards][conformance]") {
  ForEachReward([](const std::string& yaml) {
    RolloutSlot rollout = RandomRollout(11, 50, kEnvs);
    auto module = MakeReward(yaml, kEnvs);
    const auto fresh = ScoreFresh(*module, rollout);
    const auto replayed = module->traits().relabelable ? ScoreReplayed(*module, rollout) : fresh;
    int dead = 0;
    for (std::size_t row = 0; row < fresh.size(); ++row) {
      CHECK(std::isfinite(fresh[row]));
      CHECK(std::isfinite(replayed[row]));
      if (rollout.view().step_type[row] != StepType::kLast) continue;
      CHECK(fresh[row] == 0);
      CHECK(replayed[row] == 0);
      ++dead;
    }
    REQUIRE(dead > 5);
  });
}

TEST_CASE("every reward: what dead rows and their actions hold changes nothing", "[rewards][conformance]") {
  ForEachReward([](const std::string& yaml) {
    RolloutSlot plain = RandomRollout(12, 50, kEnvs), scribbled = RandomRollout(12, 50, kEnvs);
    const RolloutView view = scribbled.view();
    for (std::size_t row = 0; row < view.rows(); ++row) {
      if (view.step_type[row] != StepType::kLast) continue;
      view.action.As<std::int32_t>()[row] = 1;
      view.intrinsic[row] = 77;
    }
    auto one = MakeReward(yaml, kEnvs), other = MakeReward(yaml, kEnvs);
    CHECK(ScoreFresh(*one, plain) == ScoreFresh(*other, scribbled));
  });
}

TEST_CASE("every reward: the cut into rollouts, and a checkpoint between them, changes nothing", "[rewards][conformance]") {
  ForEachReward([](const std::string& yaml) {
    RolloutSlot rollout = RandomRollout(13, 50, kEnvs);
    auto whole = MakeReward(yaml, kEnvs), pieces = MakeReward(yaml, kEnvs);
    const auto expected = ScoreFresh(*whole, rollout);
    CHECK(ScoreInPieces(pieces, rollout, {1, 3, 17}, [&] { SaveAndRestore(pieces, yaml, kEnvs); }) == expected);
    Archive after_whole, after_pieces;
    whole->Serialize(after_whole);
    pieces->Serialize(after_pieces);
    CHECK(after_whole.bytes() == after_pieces.bytes());
  });
}

TEST_CASE("every reward: rescoring a sample leaves its state alone", "[rewards][conformance]") {
  ForEachReward([](const std::string& yaml) {
    RolloutSlot rollout = RandomRollout(14, 50, kEnvs);
    auto module = MakeReward(yaml, kEnvs);
    if (!module->traits().relabelable) return;
    ScoreFresh(*module, rollout);
    Archive before, after;
    module->Serialize(before);
    const auto once = ScoreReplayed(*module, rollout), twice = ScoreReplayed(*module, rollout);
    module->Serialize(after);
    CHECK(once == twice);
    CHECK(before.bytes() == after.bytes());
  });
}

}  // namespace
}  // namespace rove::testing
