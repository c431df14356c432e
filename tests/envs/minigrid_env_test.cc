// The batch of MiniGrid environments: rewards, keys, rows and memory.
#include "envs/minigrid/minigrid_env.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "core/cpu.h"
#include "core/file.h"
#include "core/parallel.h"
#include "tests/envs/env_batch.h"

namespace rove::minigrid {
namespace {

constexpr Cell kRedKey = MakeCell(kKey, kRed), kRedBox = MakeCell(kBox, kRed), kBlueDoor = MakeCell(kDoorClosed, kBlue);

// A corridor, 6 x 3: the agent at (1, 1) looks right at `cells`, which begin at (2, 1).
class Lane final : public Family {
 public:
  explicit Lane(std::vector<Cell> cells, int max_steps = 100)
      : Family({{6, 3}, max_steps, false, {""}}), cells_(std::move(cells)) {}
  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    level.SetAgent(1, 1, 0);
    for (std::size_t i = 0; i < cells_.size(); ++i) level.Set(2 + static_cast<int>(i), 1, cells_[i]);
  }

 private:
  std::vector<Cell> cells_;
};

EnvBatch Play(std::vector<Cell> cells, std::initializer_list<Action> actions = {}) {
  EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Lane>(std::move(cells)), 1));
  batch.Reset(0);
  for (const Action action : actions) batch.Step(action);
  return batch;
}

// Python 3: zlib.crc32(b"".join(struct.pack("<d", 1 - 0.9 * (s / m)) for s in range(1, m + 1))).
TEST_CASE("success pays the reference's double after every number of steps", "[envs][golden]") {
  for (const auto& [max_steps, crc] : {std::pair{100, 0x322ea342u}, {250, 0x837b2738u}, {270, 0x865a861au}, {640, 0x60699924u}}) {
    INFO(max_steps);
    const auto n = static_cast<std::size_t>(max_steps);
    EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Lane>(std::vector{kGoalCell}, max_steps), max_steps));
    batch.Reset(0);
    std::vector<double> paid(n);
    for (std::size_t t = 0; t < n; ++t) {  // row t waits t steps, then takes the last one
      std::ranges::fill(batch.action().As<std::int32_t>(), kDone);
      batch.action().As<std::int32_t>()[t] = kForward;
      batch.Step(static_cast<int>(t), max_steps);
      paid[t] = batch.reward(static_cast<int>(t));
    }
    CHECK(Crc32({reinterpret_cast<const char*>(paid.data()), n * sizeof(double)}) == crc);
  }
}

TEST_CASE("an episode is a success if and only if it paid", "[envs][unit]") {
  EnvBatch solved = Play({kGoalCell}, {kForward}), burnt = Play({kLavaCell}, {kForward});
  REQUIRE(solved.spec().success_return.has_value());
  CHECK(solved.reward() > *solved.spec().success_return);
  CHECK_FALSE(burnt.reward() > *burnt.spec().success_return);
}

TEST_CASE("one state has one key, by whatever way it was reached", "[envs][unit]") {
  const auto key = [](std::vector<Cell> cells, std::initializer_list<Action> actions = {}) {
    return Play(std::move(cells), actions).obs<std::int64_t>("state_key")[0];
  };
  const auto key_lane = key({kRedKey}), door_lane = key({kBlueDoor});
  // There and back.
  CHECK(key({kRedKey}, {kPickUp, kDrop}) == key_lane);
  CHECK(key({kBlueDoor}, {kToggle, kToggle}) == door_lane);
  CHECK(key({kRedKey}, {kTurnLeft, kTurnLeft, kTurnLeft, kTurnLeft}) == key_lane);
  CHECK(key({}, {kForward, kTurnLeft, kTurnLeft, kForward, kTurnRight, kTurnRight}) == key({}));
  // By play, and as a level drawn so.
  CHECK(key({kBlueDoor}, {kToggle}) == key({MakeCell(kDoorOpen, kBlue)}));
  CHECK(key({kRedBox}, {kToggle}) == key({}));
  CHECK(key({kRedKey}, {kPickUp}) == key({}));  // the carried object is not part of it
  // Whatever else moves is.
  CHECK(key({kRedKey}, {kPickUp, kForward, kDrop, kTurnLeft, kTurnLeft, kForward, kTurnLeft, kTurnLeft}) ==
        key({kEmptyCell, kRedKey}));
  CHECK(key({kEmptyCell, kRedKey}) != key_lane);
  CHECK(key({}) != key_lane);
  CHECK(key({kRedKey}, {kTurnLeft}) != key_lane);
  CHECK(key({}, {kForward}) != key({}));
  CHECK(key({kBlueDoor}, {kToggle}) != door_lane);
  CHECK(key({MakeCell(kKey, kBlue)}) != key_lane);
}

TEST_CASE("an illegal action is named with its row; earlier rows have stepped", "[envs][unit]") {
  EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Lane>(std::vector<Cell>{}), 4));
  batch.Reset(0);
  std::ranges::fill(batch.action().As<std::int32_t>(), kForward);
  batch.action().As<std::int32_t>()[2] = 7;
  CHECK_THROWS_WITH(batch.Step(), "environment 2: action 7 is not in 0..6");
  CHECK(batch.obs<std::int32_t>("position")[2] == 2);
  CHECK(batch.obs<std::int32_t>("position")[4] == 1);
}

TEST_CASE("Reset in mid-episode restarts the rows it names, from their own streams", "[envs][unit]") {
  constexpr int kRows = 3;
  EnvBatch batch("MiniGrid-DoorKey-8x8-v0", kRows), fresh("MiniGrid-DoorKey-8x8-v0", kRows);
  const auto rng = [](EnvBatch& b, int row) { return dynamic_cast<const GridInspectable&>(b.env()).Inspect(row).rng; };
  batch.Reset(20);
  fresh.Reset(20);
  const std::string third = batch.Row(2);
  const Pcg64::State before = rng(batch, 0);
  batch.Step(kTurnLeft);
  const std::array<int, 2> rows = {2, 0};
  const std::array<std::optional<Seed>, 2> seeds = {22, std::nullopt};
  batch.env().Reset(rows, seeds, batch.columns());
  CHECK((batch.Row(2) == third));                 // its seed again
  CHECK((rng(batch, 1) == rng(fresh, 1)));        // untouched
  CHECK(batch.step_type(1) == StepType::kMid);    //
  CHECK(batch.step_type(0) == StepType::kFirst);  // the next level of its stream
  CHECK_FALSE((rng(batch, 0) == before));
}

TEST_CASE("no cut of the rows into ranges and threads changes a byte", "[envs][threads]") {
  constexpr int kRows = 53, kSteps = 200;  // rows are taken sixteen at a time
  const std::string id = GENERATE(as<std::string>(), "MiniGrid-MultiRoom-N4-S5-v1",
                                  "MiniGrid-KeyCorridorS3R1-v0, view_size: 9, outputs: [one_hot, full, symbolic, flat, carrying, "
                                  "position, rgb_partial, state_key]",
                                  "MiniGrid-LavaCrossingS9N1-v0, levels: {first: 5, count: 7}, "
                                  "wrappers: [{type: no_death, types: [lava]}, {type: position_bonus}, {type: action_bonus}]",
                                  "MiniGrid-DoorKey-5x5-v0, levels: {seeds: [4, 1], order: cycle}", "BabyAI-PickupLoc-v0");
  CAPTURE(id);
  const auto play = [&id](int parts) {
    EnvBatch batch(Envs().Create(Config::Parse("{type: " + id + "}"), {.num_envs = kRows}));
    batch.Reset(1);
    std::string rows;
    for (int t = 0; t < kSteps; ++t) {
      batch.DrawActions(Noise(8, "actions").At(0, static_cast<std::uint64_t>(t)));
      ParallelFor(parts, [&](int p) { batch.Step(kRows * p / parts, kRows * (p + 1) / parts); });
      rows += batch.Rows();
    }
    return rows;
  };
  const std::string whole = play(1);
  for (const int threads : {1, 2, 3, 5}) {
    INFO(threads);
    SetThreads(threads);
    CHECK((play(5) == whole));
    CHECK((play(kRows) == whole));
  }
  SetThreads(NumCores());
}

TEST_CASE("an environment is small: two thousand of DoorKey-8x8 fit a megabyte", "[envs][unit]") {
  const auto env = Envs().Create(Config::Parse("type: MiniGrid-DoorKey-8x8-v0"), {.num_envs = 1});
  CHECK(dynamic_cast<const MiniGrid&>(*env).bytes_per_env() <= 512);  // 320 on x86-64
}

}  // namespace
}  // namespace rove::minigrid
