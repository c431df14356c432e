// MiniGrid's rules one by one on drawn levels, worked by hand.
#include <catch2/catch.hpp>

#include "envs/minigrid/minigrid_env.h"
#include "envs/minigrid/room_grid.h"
#include "tests/envs/env_batch.h"

namespace rove::minigrid {
namespace {

constexpr Cell kYellowKey = MakeCell(kKey, kYellow), kRedKey = MakeCell(kKey, kRed), kGreyBox = MakeCell(kBox, kGrey);

// '#' wall, 'G' goal, 'L' lava, 'F' blue floor, 'D' locked yellow door, 'y' 'r' yellow and red key, 'B' grey box with a yellow
// key inside, '>' the agent.
class Drawn final : public Family {
 public:
  Drawn(std::vector<std::string> rows, int max_steps)
      : Family({{static_cast<int>(rows[0].size()), static_cast<int>(rows.size())}, max_steps, false, {""}}),
        rows_(std::move(rows)) {}
  void Generate(Level& level) const override {
    for (int y = 0; y < level.height(); ++y) {
      for (int x = 0; x < level.width(); ++x) {
        switch (rows_[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)]) {
          case '#': level.Set(x, y, kWallCell); break;
          case 'G': level.Set(x, y, kGoalCell); break;
          case 'L': level.Set(x, y, kLavaCell); break;
          case 'F': level.Set(x, y, MakeCell(kFloor, kBlue)); break;
          case 'D': level.Set(x, y, MakeCell(kDoorLocked, kYellow)); break;
          case 'y': level.Set(x, y, kYellowKey); break;
          case 'r': level.Set(x, y, kRedKey); break;
          case 'B':
            level.Set(x, y, kGreyBox);
            level.state().PutContent(x, y, kYellowKey);
            break;
          case '>': level.SetAgent(x, y, 0); break;
          default: break;
        }
      }
    }
  }

 private:
  std::vector<std::string> rows_;
};

EnvBatch Play(const std::vector<std::string>& rows, std::initializer_list<Action> actions, int max_steps = 20) {
  EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Drawn>(rows, max_steps), 1));
  batch.Reset(0);
  for (const Action action : actions) batch.Step(action);
  return batch;
}
using Codes = std::array<std::uint8_t, 3>;
GridState Shown(EnvBatch& batch) { return dynamic_cast<const GridInspectable&>(batch.env()).Inspect(0); }
Codes CellAt(EnvBatch& batch, int x, int y) {
  const GridState s = Shown(batch);
  const auto at = static_cast<std::size_t>(x * s.height + y) * 3;
  return {s.grid[at], s.grid[at + 1], s.grid[at + 2]};
}
constexpr Codes kOpenYellowDoor = {4, 4, 0}, kClosedYellowDoor = {4, 4, 1}, kLockedYellowDoor = {4, 4, 2}, kNothing = {1, 0, 0};

TEST_CASE("the goal pays 1 - 0.9 step / max_steps to the last bit, and ends the episode", "[envs][unit]") {
  EnvBatch batch = Play({"#####", "#> G#", "#####"}, {kDone, kForward, kForward});
  CHECK(batch.reward() == 0x1.bae147ae147aep-1);  // Python: 1 - 0.9 * (3 / 20)
  CHECK(batch.end() == kTerminated);
  CHECK(batch.discount() == 0);
  CHECK(batch.step_type() == StepType::kLast);
}

TEST_CASE("a reward is no fused multiply-add", "[envs][unit]") {
  EnvBatch batch = Play({"####", "#>G#", "####"}, {kDone, kDone, kDone, kDone, kDone, kDone, kDone, kForward});
  CHECK(batch.reward() == 0x1.47ae147ae147ap-1);  // Python: 1 - 0.9 * (8 / 20); fused it would end in b
}

TEST_CASE("the goal in the last step terminates, truncates and still pays", "[envs][unit]") {
  EnvBatch batch = Play({"#####", "#> G#", "#####"}, {kForward, kForward}, 2);
  CHECK(batch.reward() == 0x1.9999999999998p-4);  // Python: 1 - 0.9 * 1.0
  CHECK(batch.end() == (kTerminated | kTruncated));
  CHECK(batch.discount() == 0);
}

TEST_CASE("the time limit truncates with discount 1; the next step is the first of another episode", "[envs][unit]") {
  EnvBatch batch = Play({"#####", "#>  #", "#####"}, {kForward, kTurnLeft}, 2);
  CHECK(batch.end() == kTruncated);
  CHECK(batch.discount() == 1);
  CHECK(batch.obs<std::int32_t>("position")[0] == 2);
  batch.Step(kForward);
  CHECK(batch.step_type() == StepType::kFirst);
  CHECK(batch.obs<std::int32_t>("position")[0] == 1);
  CHECK(batch.obs<std::int32_t>("direction")[0] == 0);
}

TEST_CASE("lava ends the episode unpaid, with the agent on it", "[envs][unit]") {
  EnvBatch batch = Play({"####", "#>L#", "####"}, {kForward});
  CHECK(batch.reward() == 0);
  CHECK(batch.end() == kTerminated);
  CHECK(batch.obs<std::int32_t>("position")[0] == 2);
}

TEST_CASE("a locked door opens to the key of its colour, stays unlocked, and the key is kept", "[envs][unit]") {
  const std::vector<std::string> room = {"######", "#>y D#", "######"};
  EnvBatch without = Play({"####", "#>D#", "####"}, {kToggle, kForward});
  CHECK(CellAt(without, 2, 1) == kLockedYellowDoor);
  CHECK(without.obs<std::int32_t>("position")[0] == 1);
  EnvBatch wrong = Play({"######", "#>r D#", "######"}, {kPickUp, kForward, kForward, kToggle});
  CHECK(CellAt(wrong, 4, 1) == kLockedYellowDoor);
  EnvBatch right = Play(room, {kPickUp, kForward, kForward, kToggle});
  CHECK(CellAt(right, 4, 1) == kOpenYellowDoor);
  CHECK(right.obs<std::uint8_t>("carrying")[0] == kKey);
  CHECK(right.obs<std::uint8_t>("carrying")[1] == kYellow);
  EnvBatch again = Play(room, {kPickUp, kForward, kForward, kToggle, kToggle});
  CHECK(CellAt(again, 4, 1) == kClosedYellowDoor);
}

TEST_CASE("only one thing is carried, and it is put down on empty cells only", "[envs][unit]") {
  EnvBatch second = Play({"######", "#>yr #", "######"}, {kPickUp, kForward, kPickUp});
  CHECK(CellAt(second, 3, 1) == Codes{5, 0, 0});
  EnvBatch floor = Play({"######", "#>yF #", "######"}, {kPickUp, kForward, kDrop});
  CHECK(CellAt(floor, 3, 1) == Codes{3, 2, 0});
  CHECK(floor.obs<std::uint8_t>("carrying")[0] == kKey);
  EnvBatch empty = Play({"######", "#>y  #", "######"}, {kPickUp, kForward, kDrop});
  CHECK(CellAt(empty, 3, 1) == Codes{5, 4, 0});
  CHECK(empty.obs<std::uint8_t>("carrying")[0] == 0);
}

TEST_CASE("a box keeps its content while carried, and gives it up when toggled", "[envs][unit]") {
  const std::vector<std::string> room = {"######", "#>B  #", "######"};
  EnvBatch opened = Play(room, {kToggle});
  CHECK(CellAt(opened, 2, 1) == Codes{5, 4, 0});
  CHECK(Shown(opened).box.empty());
  EnvBatch carried = Play(room, {kPickUp, kForward, kDrop});
  CHECK(CellAt(carried, 2, 1) == kNothing);
  CHECK(Shown(carried).box == std::vector<std::array<int, 5>>{{3, 1, 5, 4, 0}});
  carried.Step(kToggle);
  CHECK(CellAt(carried, 3, 1) == Codes{5, 4, 0});
  carried.Step(kPickUp);
  carried.Step(kToggle);  // nothing in front
  CHECK(CellAt(carried, 3, 1) == kNothing);
}

TEST_CASE("a carried box's content is saved and restored with the environment", "[envs][unit]") {
  const std::vector<std::string> room = {"######", "#>B  #", "######"};
  EnvBatch carried = Play(room, {kPickUp});
  EnvBatch copy = Play(room, {});
  copy.Load(carried.Save());
  copy.Step(kDrop);
  CHECK(Shown(copy).box == std::vector<std::array<int, 5>>{{2, 1, 5, 4, 0}});
}

TEST_CASE("the view looks along the agent's direction and ends at what hides the rest", "[envs][unit]") {
  EnvBatch batch = Play({"######", "#>y D#", "######"}, {});
  const auto image = batch.obs<std::uint8_t>("image");
  const auto seen = [&](int column, int row) {
    const auto at = static_cast<std::size_t>(column * kView + row) * 3;
    return Codes{image[at], image[at + 1], image[at + 2]};
  };
  CHECK(seen(3, 6) == kNothing);           // the agent's own cell
  CHECK(seen(3, 5) == Codes{5, 4, 0});     // the key before it
  CHECK(seen(3, 4) == kNothing);           //
  CHECK(seen(3, 3) == kLockedYellowDoor);  //
  CHECK(seen(3, 2) == Codes{0, 0, 0});     // behind the door
  CHECK(seen(2, 6) == Codes{2, 5, 0});     // walls on both sides
  CHECK(seen(4, 5) == Codes{2, 5, 0});
  CHECK(seen(1, 6) == Codes{0, 0, 0});  // behind the wall on the left
  batch.Step(kPickUp);
  CHECK(seen(3, 6) == Codes{5, 4, 0});  // what it carries is shown where it stands
}

// A level to draw on by hand.
struct Sheet {
  explicit Sheet(const Layout& l) : layout(l), cells(static_cast<std::size_t>(l.bytes()), kWallCell) { state.rng.Reseed(1); }
  Layout layout;
  State state;
  std::vector<std::uint8_t> cells;
  Level level{layout, state, cells.data()};
};

TEST_CASE("placement gives up after max_tries + 1 tries of two draws", "[envs][unit]") {
  Sheet sheet({5, 5});
  sheet.level.WallRect({0, 0, 2, 2});
  CHECK_THROWS_AS(sheet.level.Place(kGoalCell, {0, 0, 2, 2}, 100), LevelFailed);
  Pcg64 expected(1);
  for (int draw = 0; draw < 101 * 2; ++draw) expected.Next32();
  CHECK((sheet.state.rng.state() == expected.state()));
}

TEST_CASE("where the reference would look for ever for a place to stand, the level has failed", "[envs][unit]") {
  Sheet sheet(RoomGrid::LayoutOf(3, 3, 3));
  RoomGrid rooms(sheet.level, 3, 3, 3);
  for (int side = 0; side < 4; ++side) rooms.AddDoor(1, 1, side, /*locked=*/false);
  CHECK_THROWS_AS(rooms.PlaceAgent(1, 1), LevelFailed);  // its one cell faces a door on every side
  rooms.PlaceAgent(0, 0);
  CHECK((sheet.state.x == 1 && sheet.state.y == 1));
}

TEST_CASE("a failed level is drawn again from the continuing stream", "[envs][unit]") {
  class Unlucky final : public Family {
   public:
    Unlucky() : Family({{5, 5}, 10, false, {""}}) {}
    void Generate(Level& level) const override {
      if (level.I(0, 8) != 7) throw LevelFailed{};
      level.WallRect(level.whole());
      level.SetAgent(1, 1, 0);
    }
  };
  EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Unlucky>(), 1));
  batch.Reset(0);
  Pcg64 expected(0);
  while (expected.Integers(0, 8) != 7) {
  }
  CHECK((Shown(batch).rng == expected.state()));
}

}  // namespace
}  // namespace rove::minigrid
