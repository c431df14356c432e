// LockedRoom: six rooms along a corridor; the key of the locked one, which has the goal, lies in another. Levels as Farama
// Minigrid 3.1.0, envs/lockedroom.py.
#include <algorithm>
#include <array>

#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

constexpr int kSize = 19, kRooms = 6;
constexpr int kLeftWall = kSize / 2 - 2, kRightWall = kSize / 2 + 2, kPitch = kSize / 3;

std::vector<std::string> Missions() {  // [colour of the locked door][colour of the key's room]
  std::vector<std::string> texts;
  for (const std::string locked : kColorNames) {
    for (const std::string room : kColorNames)
      texts.push_back("get the " + locked + " key from the " + room + " room, unlock the " + locked + " door and go to the goal");
  }
  return texts;
}

class LockedRoom final : public Family {
 public:
  LockedRoom() : Family({{kSize, kSize}, 10 * kSize, false, Missions()}) {}

  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    level.VerticalLine(kLeftWall, 0, kSize);
    level.VerticalLine(kRightWall, 0, kSize);
    for (int row = 0; row < 3; ++row) {
      level.HorizontalLine(0, row * kPitch, kLeftWall);
      level.HorizontalLine(kRightWall, row * kPitch, kSize - kRightWall);
    }
    // Room k: rows from the top, left before right.
    const auto corner = [](int k) { return Point{k % 2 == 0 ? 0 : kRightWall, k / 2 * kPitch}; };
    const auto draw_inside = [&](int k) {
      const Point c = corner(k);
      const int x = level.I(c.x + 1, c.x + kLeftWall), y = level.I(c.y + 1, c.y + kPitch);
      return Point{x, y};
    };
    const int locked = level.I(0, kRooms);
    level.Set(draw_inside(locked), kGoalCell);
    std::array<Color, kNumColors> left = kColorsByName, colors;
    for (int k = 0; k < kRooms; ++k) {
      const auto count = static_cast<int>(left.size()) - k;
      auto* const drawn = left.data() + level.I(0, count);
      const Color color = colors[static_cast<std::size_t>(k)] = *drawn;
      std::copy(drawn + 1, left.data() + count, drawn);
      const Point door = {k % 2 == 0 ? kLeftWall : kRightWall, k / 2 * kPitch + 3};
      level.Set(door, MakeCell(k == locked ? kDoorLocked : kDoorClosed, color));
    }
    int key_room = locked;
    while (key_room == locked) key_room = level.I(0, kRooms);
    const Color locked_color = colors[static_cast<std::size_t>(locked)];
    level.Set(draw_inside(key_room), MakeCell(kKey, locked_color));
    level.PlaceAgent({kLeftWall, 0, kRightWall - kLeftWall, kSize});
    level.state().mission = locked_color * kNumColors + colors[static_cast<std::size_t>(key_room)];
  }
};

const FamilyRegistrar kLockedRoom("MiniGrid-LockedRoom-v0", "a goal in one of six rooms, locked, its key in another",
                                  [](const Config&) { return std::make_unique<LockedRoom>(); });

}  // namespace
}  // namespace rove::minigrid
