// MultiRoom: a chain of rooms joined by closed doors, the goal in the last. Levels as Farama Minigrid 3.1.0, envs/multiroom.py.
// The ids N7-S4, N7-S8, N10-S4, N10-S10, N12-S10 are those of the RIDE study (Raileanu & Rocktaeschel 2020), not upstream's, and
// so is the noisy TV: a ball in the first room whose colour action `drop` draws anew; nothing can be dropped.
#include <array>

#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

constexpr int kSize = 25, kMinRoom = 4, kExitTries = 8, kMaxRooms = 16, kTvTries = 100;
enum Wall { kRight, kBottom, kLeft, kTop };

struct Room {
  Rect rect;
  Point entry;  // the door it was reached through
};
struct Chain {
  std::array<Room, kMaxRooms> rooms;
  int length = 0;
};

struct Options {
  int min_rooms = 6, max_rooms = 6, max_room_size = 10;
  bool noisy_tv = false;
};

class MultiRoom final : public Family {
 public:
  explicit MultiRoom(const Options& options)
      : Family({.layout = {kSize, kSize},
                .max_steps = 20 * options.max_rooms,
                .missions = {"traverse the rooms to get to the goal"},
                .memory_bytes = options.noisy_tv ? static_cast<int>(sizeof(Spot)) : 0}),
        options_(options) {}

  void Generate(Level& level) const override {
    const int rooms = level.I(options_.min_rooms, options_.max_rooms + 1);
    Chain best;
    while (best.length < rooms) {
      Chain chain;
      const int x = level.I(0, kSize - 2), y = level.I(0, kSize - 2);
      PlaceRooms(level, rooms, kLeft, {x, y}, &chain);
      if (chain.length > best.length) best = chain;
    }
    int previous_color = -1;
    for (int k = 0; k < best.length; ++k) {
      const Room& room = best.rooms[static_cast<std::size_t>(k)];
      level.WallRect(room.rect);
      if (k == 0 && options_.noisy_tv) {
        const Point tv = level.Place(MakeCell(kBall, level.RandomColor()), room.rect, kTvTries);
        *level.memory<Spot>() = ToSpot(tv);
      }
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

  Outcome Step(Play& play, int action) const override {
    if (!options_.noisy_tv || action != kDrop) return play.Base(action);
    const Cell ball = MakeCell(kBall, play.RandomColor());
    if (play.state().carrying != 0)
      play.state().carrying = ball;
    else
      play.Set(*play.memory<Spot>(), ball);
    return play.Base(kDone);
  }

 private:
  // Appends a room behind `entry`, which lies in its wall `entry_wall`, then the rest of the chain. False if the room itself has
  // no place; true once it is appended, whether or not the chain goes on (as upstream).
  bool PlaceRooms(Level& level, int left, Wall entry_wall, Point entry, Chain* chain) const {
    const int width = level.I(kMinRoom, options_.max_room_size + 1);
    const int height = level.I(kMinRoom, options_.max_room_size + 1);
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

  Options options_;
};

std::unique_ptr<Family> FromConfig(const Config& config) {
  Options o;
  config.Get("min_rooms", &o.min_rooms, InRange(1, kMaxRooms));
  o.max_rooms = o.min_rooms;
  config.Get("max_rooms", &o.max_rooms, InRange(1, kMaxRooms));
  if (o.max_rooms < o.min_rooms) config.At("max_rooms").Fail("below min_rooms, " + std::to_string(o.min_rooms));
  config.Get("max_room_size", &o.max_room_size, InRange(kMinRoom, 10));
  config.Get("noisy_tv", &o.noisy_tv);
  return std::make_unique<MultiRoom>(o);
}

FamilyRegistrar Register(const std::string& name, int rooms, int max_room_size, bool noisy_tv = false) {
  return {"MiniGrid-MultiRoom" + name,
          std::to_string(rooms) + " rooms of up to " + std::to_string(max_room_size) + " cells a side in a chain" +
              (noisy_tv ? "; dropping recolours a ball" : ""),
          [=](const Config&) {
            return std::make_unique<MultiRoom>(Options{rooms, rooms, max_room_size, noisy_tv});
          }};
}
const FamilyRegistrar kMultiRooms[] = {
    Register("-N2-S4-v0", 2, 4),
    Register("-N4-S5-v0", 6, 5),  // six rooms, as upstream registers it (its issue 471); v1 has four
    Register("-N4-S5-v1", 4, 5),
    Register("-N6-v0", 6, 10),
    Register("-N7-S4-v0", 7, 4),
    Register("-N7-S8-v0", 7, 8),
    Register("-N10-S4-v0", 10, 4),
    Register("-N10-S10-v0", 10, 10),
    Register("-N12-S10-v0", 12, 10),
    Register("NoisyTV-N7-S4-v0", 7, 4, true),
    {"minigrid/multi_room", "a chain of rooms: min_rooms, max_rooms, max_room_size, noisy_tv", FromConfig},
};

}  // namespace
}  // namespace rove::minigrid
