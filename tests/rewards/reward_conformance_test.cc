// Every registered reward, with its default options, on random rollouts.
#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/parallel.h"
#include "tests/rewards/point_rollout.h"
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

bool Refuses(const std::string& yaml) {
  try {
    MakePointReward(yaml, 1);
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kUser;
  }
  return false;
}

// rollout(seed) of seeds 21 and 22, 25 steps each, one after the other.
template <class Rollout>
std::vector<RolloutSlot> TwoSlots(const Rollout& rollout) {
  std::vector<RolloutSlot> slots;
  for (const int seed : {21, 22}) slots.push_back(rollout(seed));
  slots[1].first_step = 25;
  return slots;
}

// Two slots are scored and trained on, the second time by a module restored from the first one's bytes, or not. Returns the bytes
// at the end and all that was paid.
template <class Make>
std::pair<std::string, std::vector<float>> TwoUpdates(const Make& make, std::vector<RolloutSlot>& slots, bool restore) {
  auto module = make();
  std::vector<float> paid;
  for (std::size_t update = 0; update < slots.size(); ++update) {
    const std::vector<float> fresh = Fresh(*module, slots[update], update);
    paid.insert(paid.end(), fresh.begin(), fresh.end());
    module->Observe(AsBatch(slots[update].view()), Noise(1, "test").Sub(update));
    if (module->traits().trains) module->Train(AsBatch(slots[update].view()), Noise(1, "train").Sub(update));
    if (!restore || update != 0) continue;
    const std::string bytes = Saved(*module);
    module = make();
    Restore(bytes, *module);
  }
  return {Saved(*module), paid};
}

TEST_CASE("every reward: its resolved config makes a module that pays and learns the same", "[rewards][conformance]") {
  ForEachReward([](const std::string& yaml) {
    const auto update = [](const Config& config) {
      auto slots = TwoSlots([](int seed) { return RandomRollout(static_cast<unsigned>(seed), 25, kEnvs); });
      const auto make = [&] {
        return Rewards().Create(config, {.env = GridSpec(), .num_envs = kEnvs, .slot_rows = 25 * kEnvs, .seed = 1});
      };
      return TwoUpdates(make, slots, false);
    };
    const Config config = Config::Parse(yaml);
    const auto expected = update(config);
    const Config resolved = Config::Parse(config.Resolved());
    CHECK(update(resolved) == expected);
    CHECK(resolved.Resolved() == config.Resolved());
  });
}

TEST_CASE("every reward: 1, 2, 3 and 5 threads and a restore in mid-episode and mid-training end with the same bytes",
          "[rewards][conformance][threads]") {
  ForEachReward([](const std::string& yaml) {
    for (const bool discrete : {true, false}) {
      if (!discrete && Refuses(yaml)) {  // for columns or actions that PointSpec has not
        for (const char* name :
             {"none", "count", "made.count", "rnd", "made.rnd_vae", "noveld", "icm", "ride", "ngu", "e3b", "re3", "disagreement"})
          CHECK(yaml != std::string("{type: ") + name + "}");
        continue;
      }
      const auto make = [&] { return discrete ? MakeReward(yaml, 7) : MakePointReward(yaml, 7); };
      auto slots = TwoSlots([&](int seed) {
        return discrete ? RandomRollout(static_cast<unsigned>(seed), 25, 7) : PointRollout(static_cast<Seed>(seed), 25, 7);
      });
      SetThreads(1);
      const auto one = TwoUpdates(make, slots, false);
      for (const int threads : {2, 3, 5}) {
        SetThreads(threads);
        CHECK(TwoUpdates(make, slots, false) == one);
      }
      SetThreads(2);
      CHECK(TwoUpdates(make, slots, true) == one);
    }
  });
}

}  // namespace
}  // namespace rove::testing
