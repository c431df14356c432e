// RedBlueDoors: open the red door, then the blue one. Levels and steps as Farama Minigrid 3.1.0, envs/redbluedoors.py.
#include "envs/minigrid/family.h"
#include "envs/minigrid/things.h"

namespace rove::minigrid {
namespace {

struct Doors {
  Spot red, blue;
};

class RedBlueDoors final : public Family {
 public:
  explicit RedBlueDoors(int size)
      : Family({.layout = {2 * size, size},
                .max_steps = 20 * size * size,
                .missions = {"open the red door then the blue door"},
                .memory_bytes = sizeof(Doors)}) {}

  void Generate(Level& level) const override {
    const int size = level.height();
    const Rect room = {size / 2, 0, size, size};
    level.WallRect(level.whole());
    level.WallRect(room);
    level.PlaceAgent(room);
    const Point red = {room.x, level.I(1, size - 1)}, blue = {room.x + size - 1, level.I(1, size - 1)};
    level.Set(red, MakeCell(kDoorClosed, kRed));
    level.Set(blue, MakeCell(kDoorClosed, kBlue));
    *level.memory<Doors>() = {ToSpot(red), ToSpot(blue)};
  }

  Outcome Step(Play& play, int action) const override {
    const Doors doors = *play.memory<Doors>();
    const auto is_open = [&](Spot door) { return KindOf(play.Get(door)) == kDoorOpen; };
    const bool red_before = is_open(doors.red), blue_before = is_open(doors.blue);
    const Outcome outcome = play.Base(action);
    if (is_open(doors.blue)) return red_before ? play.Success() : Outcome{0, true};
    return is_open(doors.red) && blue_before ? Outcome{0, true} : outcome;
  }

  std::string Adopt(Play& play) const override {
    const auto find = [&](Color color) {
      const auto closed = FindOnly(play, MakeCell(kDoorClosed, color));
      return closed ? closed : FindOnly(play, MakeCell(kDoorOpen, color));
    };
    const auto red = find(kRed), blue = find(kBlue);
    if (!red || !blue) return "expected one red and one blue door on the grid";
    *play.memory<Doors>() = {ToSpot(*red), ToSpot(*blue)};
    return "";
  }
};

FamilyRegistrar Register(int size) {
  return {"MiniGrid-RedBlueDoors-" + SideBySide(size) + "-v0", "two doors to open in order, a room of " + SideBySide(size),
          [=](const Config&) { return std::make_unique<RedBlueDoors>(size); }};
}
const FamilyRegistrar kRedBlueDoors[] = {
    Register(6),
    Register(8),
    {"minigrid/red_blue_doors", "two doors to open in order: size",
     [](const Config& config) {
       int size = 8;
       config.Get("size", &size, InRange(5, kMaxSide / 2));
       return std::make_unique<RedBlueDoors>(size);
     }},
};

}  // namespace
}  // namespace rove::minigrid
