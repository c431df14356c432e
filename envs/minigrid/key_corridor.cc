// KeyCorridor: a ball behind a locked door, the key in a room across the corridor. Levels as Farama Minigrid 3.1.0,
// envs/keycorridor.py.
#include "envs/minigrid/family.h"
#include "envs/minigrid/room_grid.h"

namespace rove::minigrid {
namespace {

constexpr int kColumns = 3;

class KeyCorridor final : public Family {
 public:
  KeyCorridor(int room_size, int rows)
      : Family({RoomGrid::LayoutOf(room_size, rows, kColumns), 30 * room_size * room_size, false,
                MissionPerColor("pick up the ", " ball")}),
        room_size_(room_size),
        rows_(rows) {}

  void Generate(Level& level) const override {
    RoomGrid rooms(level, room_size_, rows_, kColumns);
    for (int j = 1; j < rows_; ++j) rooms.RemoveWall(1, j, 3);
    const int row = level.I(0, rows_);
    const Color door = rooms.AddDoor(2, row, 2, /*locked=*/true);
    const Cell ball = rooms.AddObject(2, row, kBall).cell;
    rooms.AddObject(0, level.I(0, rows_), kKey, door);
    rooms.PlaceAgent(1, rows_ / 2);
    rooms.ConnectAll();
    level.state().target = ball;
    level.state().mission = ColorOf(ball);
  }

  Outcome Step(Play& play, int action) const override { return SuccessIfPickedUp(play, action); }
  GridGoal Goal(const State& state) const override { return PickUp(state.target); }
  std::string Adopt(Play& play) const override {
    play.state().target = MakeCell(kBall, static_cast<Color>(play.state().mission));
    return "";
  }

 private:
  int room_size_, rows_;
};

FamilyRegistrar Register(int room_size, int rows) {
  const std::string name = "S" + std::to_string(room_size) + "R" + std::to_string(rows);
  return {"MiniGrid-KeyCorridor" + name + "-v0",
          "a ball behind a locked door; " + std::to_string(rows) + " rows of rooms of " + std::to_string(room_size) + " cells",
          [=](const Config&) { return std::make_unique<KeyCorridor>(room_size, rows); }};
}
const FamilyRegistrar kKeyCorridors[] = {
    Register(3, 1),
    Register(3, 2),
    Register(3, 3),
    Register(4, 3),
    Register(5, 3),
    Register(6, 3),
    {"minigrid/key_corridor", "a ball behind a locked door: room_size, num_rows",
     [](const Config& config) {
       int room_size = 6, num_rows = 3;
       config.Get("room_size", &room_size, InRange(3, 12));
       config.Get("num_rows", &num_rows, InRange(1, 8));
       return std::make_unique<KeyCorridor>(room_size, num_rows);
     }},
};

}  // namespace
}  // namespace rove::minigrid
