// DoorKey: find the key, unlock the door, reach the goal. Levels as Farama Minigrid 3.1.0, envs/doorkey.py.
#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

class DoorKey final : public Family {
 public:
  explicit DoorKey(int size)
      : Family({{size, size}, 10 * size * size, false, {"use the key to open the door and then get to the goal"}}) {}

  void Generate(Level& level) const override {
    const int size = level.width();
    level.WallRect(level.whole());
    level.Set(size - 2, size - 2, kGoalCell);
    const int wall = level.I(2, size - 2);
    level.VerticalLine(wall, 0, size);
    const Rect left = {0, 0, wall, size};
    level.PlaceAgent(left);
    level.Set(wall, level.I(1, size - 2), MakeCell(kDoorLocked, kYellow));
    level.Place(MakeCell(kKey, kYellow), left);
  }
};

FamilyRegistrar Register(int size) {
  return {"MiniGrid-DoorKey-" + SideBySide(size) + "-v0", "a key, a locked door and a goal on a " + SideBySide(size) + " grid",
          [=](const Config&) { return std::make_unique<DoorKey>(size); }};
}
const FamilyRegistrar kDoorKeys[] = {
    Register(5),
    Register(6),
    Register(8),
    Register(16),
    {"minigrid/door_key", "a key, a locked door and a goal: size",
     [](const Config& config) {
       int size = 6;
       config.Get("size", &size, InRange(5, kMaxSide));
       return std::make_unique<DoorKey>(size);
     }},
};

}  // namespace
}  // namespace rove::minigrid
