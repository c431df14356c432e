// GoToDoor, GoToObject: say `done` beside what the mission names. Levels and steps as Farama Minigrid 3.1.0, envs/gotodoor.py and
// gotoobject.py.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "envs/minigrid/family.h"
#include "envs/minigrid/things.h"

namespace rove::minigrid {
namespace {

// `toggle` ends the episode, and so does `done`, which pays beside the target, whose cell was fixed when the level was drawn.
class GoTo : public Family {
 public:
  GoTo(int size, int max_steps, std::vector<std::string> missions)
      : Family({.layout = {size, size},
                .max_steps = max_steps,
                .see_through_walls = true,
                .missions = std::move(missions),
                .memory_bytes = sizeof(Spot)}) {}

  Outcome Step(Play& play, int action) const final {
    const Outcome outcome = play.Base(action);
    if (action == kToggle) return {outcome.reward, true};
    if (action != kDone) return outcome;
    const Spot target = *play.memory<Spot>();
    const int distance = std::abs(play.agent().x - target.x) + std::abs(play.agent().y - target.y);
    return distance == 1 ? play.Success() : Outcome{0, true};
  }
};

std::string AdoptTarget(Play& play, std::optional<Point> at) {
  if (!at) return "expected what the mission names once on the grid";
  *play.memory<Spot>() = ToSpot(*at);
  return "";
}

class GoToDoor final : public GoTo {
 public:
  explicit GoToDoor(int size) : GoTo(size, 4 * size * size, MissionPerColor("go to the ", " door")) {}

  void Generate(Level& level) const override {
    const int width = level.I(5, level.width() + 1), height = level.I(5, level.height() + 1);
    const Rect room = {0, 0, width, height};
    level.WallRect(room);
    std::array<Point, 4> doors;
    doors[0] = {level.I(2, width - 2), 0};
    doors[1] = {level.I(2, width - 2), height - 1};
    doors[2] = {0, level.I(2, height - 2)};
    doors[3] = {width - 1, level.I(2, height - 2)};
    std::array<Color, 4> colors;
    for (std::size_t k = 0; k < colors.size();) {
      colors[k] = level.RandomColor();
      if (std::find(colors.begin(), colors.begin() + static_cast<std::ptrdiff_t>(k), colors[k]) ==
          colors.begin() + static_cast<std::ptrdiff_t>(k))
        ++k;
    }
    for (std::size_t k = 0; k < doors.size(); ++k) level.Set(doors[k], MakeCell(kDoorClosed, colors[k]));
    level.PlaceAgent(room);
    const auto target = static_cast<std::size_t>(level.I(0, 4));
    *level.memory<Spot>() = ToSpot(doors[target]);
    level.state().mission = colors[target];
  }

  std::string Adopt(Play& play) const override {  // a toggle ends the episode: all doors are closed
    return AdoptTarget(play, FindOnly(play, MakeCell(kDoorClosed, static_cast<Color>(play.state().mission))));
  }
};

struct ObjectOptions {
  int size = 6, num_objects = 2;
};

class GoToObject final : public GoTo {
 public:
  explicit GoToObject(const ObjectOptions& o)
      : GoTo(o.size, 5 * o.size * o.size, MissionPerThing("go to the ", "")), num_objects_(o.num_objects) {}

  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    Things things;
    while (things.count < num_objects_) {
      if (const Cell thing = DrawNewThing(level, things)) things.Add(thing, level.Place(thing, level.whole()));
    }
    level.PlaceAgent(level.whole());
    const auto target = static_cast<std::size_t>(level.I(0, num_objects_));
    *level.memory<Spot>() = ToSpot(things.at[target]);
    level.state().mission = ThingIndex(things.cells[target]);
  }

  std::string Adopt(Play& play) const override { return AdoptTarget(play, FindOnly(play, ThingOf(play.state().mission))); }

 private:
  int num_objects_;
};

FamilyRegistrar RegisterDoor(int size) {
  return {"MiniGrid-GoToDoor-" + SideBySide(size) + "-v0",
          "one of four doors to stand before, on a " + SideBySide(size) + " grid",
          [=](const Config&) { return std::make_unique<GoToDoor>(size); }};
}
FamilyRegistrar RegisterObject(const ObjectOptions& o) {
  return {"MiniGrid-GoToObject-" + SideBySide(o.size) + "-N" + std::to_string(o.num_objects) + "-v0",
          "one of " + std::to_string(o.num_objects) + " things to stand beside, on a " + SideBySide(o.size) + " grid",
          [=](const Config&) { return std::make_unique<GoToObject>(o); }};
}
const FamilyRegistrar kGoTos[] = {
    RegisterDoor(5),
    RegisterDoor(6),
    RegisterDoor(8),
    {"minigrid/go_to_door", "one of four doors to stand before: size",
     [](const Config& config) {
       int size = 5;
       config.Get("size", &size, InRange(5, kMaxSide));
       return std::make_unique<GoToDoor>(size);
     }},
    RegisterObject({6, 2}),
    RegisterObject({8, 2}),
    {"minigrid/go_to_object", "one of some things to stand beside: size, num_objects",
     [](const Config& config) {
       ObjectOptions o;
       config.Get("size", &o.size, InRange(4, kMaxSide));
       config.Get("num_objects", &o.num_objects, InRange(1, std::min(kNumThings, (o.size - 2) * (o.size - 2) - 1)));
       return std::make_unique<GoToObject>(o);
     }},
};

}  // namespace
}  // namespace rove::minigrid
