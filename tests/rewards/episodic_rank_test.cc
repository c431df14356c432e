// Do the episodic bonuses rank states as the counts of their episode do, and re3 as those of the recent past? On a grid world
// whose true counts are known, before any claim about RL. (needs torch: the rewards under test)
#include <array>
#include <catch2/catch.hpp>
#include <map>

#include "tests/rewards/grid_world.h"

namespace rove::testing {
namespace {

constexpr int kEnvs = 8, kSteps = 64, kEpisode = 60;

// Random walks of kEnvs environments from the grid's middle, all cells one-hot, cut into slots.
class Walks {
 public:
  explicit Walks(Seed seed) : noise_(seed, "walk") {}

  // The next slot; afterwards counts[row] is the number of visits, this one included, of row's next state in its episode.
  RolloutSlot Next() {
    RolloutSlot slot({.T = kSteps, .n = kEnvs}, spec.obs, spec.action, {}, {});
    const RolloutView view = slot.view();
    slot.first_step = steps_;
    counts.assign(view.rows(), 0);
    for (int i = 0; i < kEnvs; ++i) {
      Walk& walk = walks_[static_cast<std::size_t>(i)];
      NoiseStream stream = noise_.At(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(steps_));
      WriteCell(spec, view, 0, i, walk.cell);
      for (int t = 0; t < kSteps; ++t) {
        const std::size_t row = view.index(t, i);
        view.step_type[row] = walk.type;
        const int action = static_cast<int>(stream.Below(4));
        view.action.As<std::int32_t>()[row] = action;
        if (walk.type == StepType::kLast) {
          walk = {};
        } else {
          if (walk.type == StepType::kFirst) walk.visits = {{walk.cell, 1}};
          walk.cell = Move(walk.cell, action);
          counts[row] = ++walk.visits[walk.cell];
          walk.type = ++walk.age == kEpisode ? StepType::kLast : StepType::kMid;
        }
        WriteCell(spec, view, t + 1, i, walk.cell);
        view.step_type[view.index(t + 1, i)] = walk.type;
      }
    }
    for (std::size_t row = 0; row < view.rows(); ++row) {
      if (counts[row] > 0) recent.push_back(static_cast<int>(view.obs[1].As<std::int64_t>()[row + kEnvs]));
    }
    steps_ += kSteps;
    return slot;
  }

  EnvSpec spec = Spec(/*one_hot=*/true);
  std::vector<int> counts;
  std::vector<int> recent;  // all next states, time-major

 private:
  struct Walk {
    int cell = 45, age = 0;
    StepType type = StepType::kFirst;
    std::map<int, int> visits;
  };
  Noise noise_;
  std::array<Walk, kEnvs> walks_;
  std::int64_t steps_ = 0;
};

// Rank correlation of the bonus with 1/sqrt(N_ep) over the live rows of the last 20 slots.
double EpisodicRank(const std::string& yaml, Seed seed, int updates, double* first_visits = nullptr) {
  Walks walks(seed);
  const auto module =
      Rewards().Create(Config::Parse(yaml), {.env = walks.spec, .num_envs = kEnvs, .slot_rows = kSteps * kEnvs, .seed = seed});
  std::vector<double> bonus, rarity;
  double paid = 0, paid_first = 0;
  for (int update = 0; update < updates; ++update) {
    const Noise noise = Noise(seed, "study").Sub(static_cast<std::uint64_t>(update));
    RolloutSlot slot = walks.Next();
    std::vector<float> out(slot.view().rows());
    module->ScoreFresh(slot.view(), noise, out);
    module->Train(AsBatch(slot.view()), noise);
    for (std::size_t row = 0; row < out.size() && update >= updates - 20; ++row) {
      if (walks.counts[row] == 0) continue;  // dead
      bonus.push_back(static_cast<double>(out[row]));
      rarity.push_back(1 / std::sqrt(walks.counts[row]));
      paid += bonus.back();
      paid_first += walks.counts[row] == 1 ? bonus.back() : 0;
    }
  }
  if (first_visits != nullptr) *first_visits = paid_first / paid;
  return Spearman(bonus, rarity);
}

// Of re3's bonus of every cell with 1/sqrt of its number among the last `memory` next states.
double RecentRank(const std::string& yaml, Seed seed, int updates, std::ptrdiff_t memory) {
  Walks walks(seed);
  const auto module =
      Rewards().Create(Config::Parse(yaml), {.env = walks.spec, .num_envs = kEnvs, .slot_rows = kSteps * kEnvs, .seed = seed});
  for (int update = 0; update < updates; ++update) {
    RolloutSlot slot = walks.Next();
    std::vector<float> out(slot.view().rows());
    module->ScoreFresh(slot.view(), Noise(seed, "study"), out);
  }
  RolloutSlot cells({.T = 1, .n = kSide * kSide}, walks.spec.obs, walks.spec.action, {}, {});
  std::ranges::fill(cells.view().step_type, StepType::kMid);
  std::vector<double> bonus, rarity;
  for (int cell = 0; cell < kSide * kSide; ++cell) {
    WriteCell(walks.spec, cells.view(), 1, cell, cell);
    const auto count = std::count(walks.recent.end() - memory, walks.recent.end(), cell);
    rarity.push_back(1 / std::sqrt(std::max<double>(static_cast<double>(count), 0.5)));
  }
  std::vector<float> out(kSide * kSide);
  module->ScoreReplayed(AsBatch(cells.view()), Noise(seed, "study"), out);
  for (const float b : out) bonus.push_back(static_cast<double>(b));
  return Spearman(bonus, rarity);
}

// Measured with seeds 1 to 10 (as all figures here): in the lines.
TEST_CASE("episodic rank: e3b and ngu rank the states of an episode as 1/sqrt(N_ep) does, if they remember it",
          "[rewards][statistics]") {
  for (const Seed seed : {1, 2}) {
    CHECK(EpisodicRank("{type: e3b, learning_rate: 1e-3}", seed, 150) > 0.9);                   // 0.950 to 0.955
    CHECK(EpisodicRank("{type: ngu, lifelong: false, learning_rate: 1e-3}", seed, 150) > 0.9);  // 0.950 to 0.955
  }
  CHECK(std::abs(EpisodicRank("{type: e3b, learning_rate: 1e-3, lambda: 1e6}", 1, 150)) < 0.2);  // -0.088 to 0.009: C never grows
  CHECK(EpisodicRank("{type: ngu, lifelong: false, learning_rate: 1e-3, memory: 1}", 1, 150) < 0.3);  // 0.118 to 0.168
}

TEST_CASE("episodic rank: noveld pays first visits of an episode and nothing else", "[rewards][statistics]") {
  double share = 0;
  CHECK(EpisodicRank("{type: noveld}", 1, 150, &share) > 0.8);  // 0.853 to 0.857; first visits are not equal to it
  CHECK(share == 1);
  EpisodicRank("{type: noveld, mask: none}", 1, 150, &share);
  CHECK(share < 0.9);
}

TEST_CASE("recent rank: re3 ranks cells as 1/sqrt of their number in its memory does, and less so by that in a longer past",
          "[rewards][statistics]") {
  const std::string yaml = "{type: re3, neighbours: 10, average: true}";
  for (const Seed seed : {1, 2}) {
    const double own = RecentRank(yaml, seed, 20, 1024);
    CHECK(own > 0.85);                                    // 0.899 to 0.982
    CHECK(RecentRank(yaml, seed, 20, 8000) < own - 0.1);  // 0.614 to 0.808 with seeds 1 to 3
  }
}

}  // namespace
}  // namespace rove::testing
