// RoomGrid's building blocks where recorded levels do not reach: where the reference gives up, or would never return.
#include "envs/minigrid/room_grid.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "envs/minigrid/minigrid_env.h"
#include "tests/envs/env_batch.h"

namespace rove::minigrid {
namespace {

// Rooms of one cell each by default: a wall then has one place for a door, so that making the rooms draws nothing.
constexpr int kRoom = 3;

class Sheet {
  Layout layout_;
  std::vector<std::uint8_t> cells_;

 public:
  State state;
  Level level;
  RoomGrid rooms;
  Sheet(int rows, int columns, int room_size = kRoom, Seed seed = 1)
      : layout_(RoomGrid::LayoutOf(room_size, rows, columns)),
        cells_(static_cast<std::size_t>(layout_.bytes()), kWallCell),
        state(Seeded(seed)),
        level(layout_, state, cells_.data()),
        rooms(level, room_size, rows, columns) {}

 private:
  static State Seeded(Seed seed) {
    State s;
    s.rng.Reseed(seed);
    return s;
  }
};

Pcg64::State After(int words) {  // 32-bit words drawn from seed 1
  Pcg64 rng(1);
  for (int i = 0; i < words; ++i) rng.Next32();
  return rng.state();
}

TEST_CASE("rooms share walls, and a room grid of single cells draws nothing", "[envs][unit]") {
  Sheet sheet(/*rows=*/2, /*columns=*/3);
  CHECK(sheet.level.width() == 7);
  CHECK(sheet.level.height() == 5);
  for (int x = 0; x < 7; ++x) {
    for (int y = 0; y < 5; ++y) CHECK(sheet.level.Get(x, y) == (x % 2 == 1 && y % 2 == 1 ? kEmptyCell : kWallCell));
  }
  CHECK((sheet.state.x == 3 && sheet.state.y == 3 && sheet.state.direction == 0));  // provisionally in room (1, 1)
  CHECK((sheet.state.rng.state() == After(0)));
}

TEST_CASE("an object keeps two cells from the agent, and is given up after 1001 tries of two draws", "[envs][unit]") {
  Sheet sheet(1, 1, /*room_size=*/5);  // the agent stands in the middle of 3 x 3 cells: the corners are free
  for (int k = 0; k < 4; ++k) CHECK(sheet.rooms.AddObject(0, 0, kBall, kRed).cell == MakeCell(kBall, kRed));
  for (const Point corner : {Point{1, 1}, {1, 3}, {3, 1}, {3, 3}}) CHECK(KindOf(sheet.level.Get(corner.x, corner.y)) == kBall);
  sheet.state.rng.Reseed(1);
  CHECK_THROWS_AS(sheet.rooms.AddObject(0, 0, kBall, kRed), LevelFailed);
  CHECK((sheet.state.rng.state() == After(2 * 1001)));
}

TEST_CASE("a removed wall opens the cells between its corners, from either side", "[envs][unit]") {
  struct Case {
    int i, j, side;
    Point open, closed;
  };
  for (const Case& c :
       {Case{0, 0, 0, {2, 1}, {1, 2}}, {1, 0, 2, {2, 1}, {1, 2}}, {0, 0, 1, {1, 2}, {2, 1}}, {0, 1, 3, {1, 2}, {2, 1}}}) {
    Sheet sheet(2, 2);
    sheet.rooms.RemoveWall(c.i, c.j, c.side);
    CHECK(sheet.level.Get(c.open.x, c.open.y) == kEmptyCell);
    CHECK(sheet.level.Get(c.closed.x, c.closed.y) == kWallCell);
    CHECK(sheet.level.Get(2, 2) == kWallCell);
  }
}

TEST_CASE("a room that only locked rooms could join is given up", "[envs][unit]") {
  Sheet sheet(1, 3);
  sheet.rooms.AddDoor(1, 0, /*side=*/2, /*locked=*/true, kRed);  // room 1 is locked, and joined to room 0
  CHECK_THROWS_AS(sheet.rooms.ConnectAll(), LevelFailed);
  CHECK((sheet.state.rng.state() == After(2 * 5001)));  // column and side; one row draws nothing
  CHECK(sheet.level.Get(4, 1) == kWallCell);            // towards room 2
}

TEST_CASE("unlocked doors are added until all rooms are joined", "[envs][unit]") {
  Sheet sheet(1, 3);
  sheet.rooms.ConnectAll();
  CHECK(KindOf(sheet.level.Get(2, 1)) == kDoorClosed);
  CHECK(KindOf(sheet.level.Get(4, 1)) == kDoorClosed);
  const Pcg64::State before = sheet.state.rng.state();
  sheet.rooms.ConnectAll();
  CHECK((sheet.state.rng.state() == before));  // nothing left to draw
}

void SurroundMiddleRoom(RoomGrid* rooms, int doors) {
  for (int side = 0; side < doors; ++side) rooms->AddDoor(1, 1, side, /*locked=*/false, kRed);
}

TEST_CASE("a place to stand that is merely hard to find is found", "[envs][unit]") {
  int long_searches = 0;
  for (Seed seed = 0; seed < 1000; ++seed) {
    Sheet sheet(3, 3, kRoom, seed);
    SurroundMiddleRoom(&sheet.rooms, 3);
    CHECK_NOTHROW(sheet.rooms.PlaceAgent(1, 1));
    CHECK((sheet.state.x == 3 && sheet.state.y == 3 && sheet.state.direction == 3));  // facing the only wall
    // How often that direction was missed: a try draws cells until the free one of nine, then a direction.
    Pcg64 rng(seed);
    int tries = 0, direction = 0;
    do {
      for (int x = 0, y = 0; x != 1 || y != 1;) {
        x = static_cast<int>(rng.Integers(0, 3));
        y = static_cast<int>(rng.Integers(0, 3));
      }
      direction = static_cast<int>(rng.Integers(0, 4));
      ++tries;
    } while (direction != 3);
    CHECK((rng.state() == sheet.state.rng.state()));
    long_searches += tries > 17;
  }
  CHECK(long_searches > 0);  // 0.75^17 = 0.8 % are expected
}

// The middle room has doors on all sides or, half of the time, on three; the agent goes there.
class Surrounded final : public Family {
 public:
  explicit Surrounded(int* drawn) : Family({RoomGrid::LayoutOf(kRoom, 3, 3), 20, false, {""}}), drawn_(drawn) {}
  void Generate(Level& level) const override {
    ++*drawn_;
    RoomGrid rooms(level, kRoom, 3, 3);
    SurroundMiddleRoom(&rooms, 3 + level.I(0, 2));
    rooms.PlaceAgent(1, 1);
  }

 private:
  int* drawn_;
};

TEST_CASE("a level on which the reference never returns is drawn again", "[envs][unit]") {
  constexpr int kLevels = 1000;
  int drawn = 0;
  EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Surrounded>(&drawn), kLevels));
  batch.Reset(0);
  for (const std::int32_t direction : batch.obs<std::int32_t>("direction")) CHECK(direction == 3);
  CHECK(std::abs(drawn - 2 * kLevels) < 5 * std::sqrt(2.0 * kLevels));  // geometric: mean 2, variance 2
}

}  // namespace
}  // namespace rove::minigrid
