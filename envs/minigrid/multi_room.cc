// MultiRoom: a chain of rooms joined by closed doors, the goal in the last. Levels as Farama Minigrid 3.1.0, envs/multiroom.py.
// The ids N7-S4, N7-S8, N10-S4, N10-S10, N12-S10 are those of the RIDE study (Raileanu & Rocktaeschel 2020), not upstream's.
#include <array>

#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

constexpr int kSize = 25, kMinRoom = 4, kExitTries = 8, kMaxRooms = 16;
enum Wall { kRight, kBottom, kLeft, kTop };

struct Room {
  Rect rect;
  Point entry;  // the door it was reached through
};
struct Chain {
  std::array<Room, kMaxRooms> rooms;
  int length = 0;
};

class MultiRoom final : public Family {
 public:
  MultiRoom(int rooms, int max_room)
      : Family({{kSize, kSize}, 20 * rooms, false, {"traverse the rooms to get to the goal"}}),
        rooms_(rooms),
        max_room_(max_room) {
    ROVE_CHECK_LE(rooms, kMaxRooms);
  }

  void Generate(Level& level) const override {
    Chain best;
    while (best.length < rooms_) {
      Chain chain;
      const int x = level.I(0, kSize - 2), y = level.I(0, kSize - 2);
      PlaceRooms(level, rooms_, kLeft, {x, y}, &chain);
      if (chain.length > best.length) best = chain;
    }
    int previous_color = -1;
    for (int k = 0; k < best.length; ++k) {
      const Room& room = best.rooms[static_cast<std::size_t>(k)];
      level.WallRect(room.rect);
      if (k == 0) continue;
      std::array<Color, kNumColors> colors;
      std::size_t count = 0;
      for (const Color color : kColorsByName) {
        if (color != previous_color) colors[count++] = color;
      }
      const Color color = level.Element(std::span<const Color>(colors.data(), count));
      level.Set(room.entry.x, room.entry.y, MakeCell(kDoorClosed, color));
      previous_color = color;
    }
    level.PlaceAgent(best.rooms[0].rect);
    level.Place(kGoalCell, best.rooms[static_cast<std::size_t>(best.length) - 1].rect);
  }

 private:
  // Appends a room behind `entry`, which lies in its wall `entry_wall`, then the rest of the chain. False if the room itself has
  // no place; true once it is appended, whether or not the chain goes on (as upstream).
  bool PlaceRooms(Level& level, int left, Wall entry_wall, Point entry, Chain* chain) const {
    const int width = level.I(kMinRoom, max_room_ + 1), height = level.I(kMinRoom, max_room_ + 1);
    Point top = entry;
    if (chain->length > 0) {
      switch (entry_wall) {
        case kRight: top = {entry.x - width + 1, level.I(entry.y - height + 2, entry.y)}; break;
        case kBottom: top = {level.I(entry.x - width + 2, entry.x), entry.y - height + 1}; break;
        case kLeft: top.y = level.I(entry.y - height + 2, entry.y); break;
        case kTop: top.x = level.I(entry.x - width + 2, entry.x); break;
      }
    }
    if (top.x < 0 || top.y < 0 || top.x + width > kSize || top.y + height >= kSize) return false;
    for (int k = 0; k + 1 < chain->length; ++k) {  // the last room is its neighbour: they share a wall
      const Rect& r = chain->rooms[static_cast<std::size_t>(k)].rect;
      const bool apart = top.x + width < r.x || r.x + r.width <= top.x || top.y + height < r.y || r.y + r.height <= top.y;
      if (!apart) return false;
    }
    chain->rooms[static_cast<std::size_t>(chain->length++)] = {{top.x, top.y, width, height}, entry};
    if (left == 1) return true;
    for (int tries = 0; tries < kExitTries; ++tries) {
      std::array<Wall, 3> walls;
      std::size_t count = 0;
      for (const Wall wall : {kRight, kBottom, kLeft, kTop}) {
        if (wall != entry_wall) walls[count++] = wall;
      }
      const Wall exit_wall = level.Element(std::span<const Wall>(walls));
      Point exit;
      switch (exit_wall) {
        case kRight: exit = {top.x + width - 1, top.y + level.I(1, height - 1)}; break;
        case kBottom: exit = {top.x + level.I(1, width - 1), top.y + height - 1}; break;
        case kLeft: exit = {top.x, top.y + level.I(1, height - 1)}; break;
        default: exit = {top.x + level.I(1, width - 1), top.y}; break;
      }
      if (PlaceRooms(level, left - 1, static_cast<Wall>((exit_wall + 2) % 4), exit, chain)) break;
    }
    return true;
  }

  int rooms_, max_room_;
};

FamilyRegistrar Register(const std::string& name, int rooms, int max_room) {
  return {"MiniGrid-MultiRoom-" + name,
          std::to_string(rooms) + " rooms of up to " + std::to_string(max_room) + " cells a side in a chain",
          [=](const Config&) { return std::make_unique<MultiRoom>(rooms, max_room); }};
}
const FamilyRegistrar kMultiRooms[] = {
    Register("N2-S4-v0", 2, 4),   Register("N4-S5-v0", 6, 5),  // six rooms, as upstream registers it (its issue 471); v1 has four
    Register("N4-S5-v1", 4, 5),   Register("N6-v0", 6, 10),       Register("N7-S4-v0", 7, 4),     Register("N7-S8-v0", 7, 8),
    Register("N10-S4-v0", 10, 4), Register("N10-S10-v0", 10, 10), Register("N12-S10-v0", 12, 10),
};

}  // namespace
}  // namespace rove::minigrid
