// Unlock, UnlockPickup, BlockedUnlockPickup: two rooms with a locked door between them. Levels as Farama Minigrid 3.1.0,
// envs/unlock.py, unlockpickup.py, blockedunlockpickup.py.
#include "envs/minigrid/family.h"
#include "envs/minigrid/room_grid.h"

namespace rove::minigrid {
namespace {

constexpr int kRoomSize = 6, kRows = 1, kColumns = 2;
constexpr int kRight = 0;  // side of a room

class Unlock final : public Family {
 public:
  Unlock() : Family({RoomGrid::LayoutOf(kRoomSize, kRows, kColumns), 8 * kRoomSize * kRoomSize, false, {"open the door"}}) {}

  void Generate(Level& level) const override {
    RoomGrid rooms(level, kRoomSize, kRows, kColumns);
    const Color door = rooms.AddDoor(0, 0, kRight, /*locked=*/true);
    rooms.AddObject(0, 0, kKey, door);
    rooms.PlaceAgent(0, 0);
  }

  GridGoal Goal(const State&) const override { return {GridGoal::kOpenDoor}; }
  Outcome Step(Play& play, int action) const override {
    const Outcome outcome = play.Base(action);
    return action == kToggle && KindOf(play.Get(play.front())) == kDoorOpen ? play.Success() : outcome;  // there is one door
  }
};

class UnlockPickup final : public Family {
 public:
  explicit UnlockPickup(bool blocked)
      : Family({RoomGrid::LayoutOf(kRoomSize, kRows, kColumns), (blocked ? 16 : 8) * kRoomSize * kRoomSize, false,
                MissionPerColor("pick up the ", " box")}),
        blocked_(blocked) {}

  void Generate(Level& level) const override {
    RoomGrid rooms(level, kRoomSize, kRows, kColumns);
    const Cell box = rooms.AddObject(1, 0, kBox).cell;
    const Color door = rooms.AddDoor(0, 0, kRight, /*locked=*/true);
    if (blocked_) {
      const Point at = rooms.door(0, 0, kRight);
      level.Set(at.x - 1, at.y, MakeCell(kBall, level.RandomColor()));
    }
    rooms.AddObject(0, 0, kKey, door);
    rooms.PlaceAgent(0, 0);
    level.state().target = box;
    level.state().mission = ColorOf(box);
  }

  Outcome Step(Play& play, int action) const override { return SuccessIfPickedUp(play, action); }

  GridGoal Goal(const State& state) const override { return PickUp(state.target); }
  std::string Adopt(Play& play) const override {
    play.state().target = MakeCell(kBox, static_cast<Color>(play.state().mission));
    return "";
  }

 private:
  bool blocked_;
};

const FamilyRegistrar kUnlocks[] = {
    {"MiniGrid-Unlock-v0", "a key and the door that it opens", [](const Config&) { return std::make_unique<Unlock>(); }},
    {"MiniGrid-UnlockPickup-v0", "a box behind a locked door",
     [](const Config&) { return std::make_unique<UnlockPickup>(false); }},
    {"MiniGrid-BlockedUnlockPickup-v0", "a box behind a locked door with a ball in the way",
     [](const Config&) { return std::make_unique<UnlockPickup>(true); }},
};

}  // namespace
}  // namespace rove::minigrid
