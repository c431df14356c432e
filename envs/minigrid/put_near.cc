// PutNear: carry one thing beside another. Levels and steps as Farama Minigrid 3.1.0, envs/putnear.py.
#include <algorithm>
#include <cstdlib>

#include "envs/minigrid/family.h"
#include "envs/minigrid/things.h"

namespace rove::minigrid {
namespace {

bool Near(Point a, Point b) { return std::abs(a.x - b.x) <= 1 && std::abs(a.y - b.y) <= 1; }

std::vector<std::string> Missions() {  // [moved thing][target]
  std::vector<std::string> texts;
  for (const std::string& moved : MissionPerThing("put the ", " near the ")) {
    const auto with_target = MissionPerThing(moved, "");
    texts.insert(texts.end(), with_target.begin(), with_target.end());
  }
  return texts;
}

struct Options {
  int size = 6, num_objects = 2;
};

class PutNear final : public Family {
 public:
  explicit PutNear(const Options& o)
      : Family({.layout = {o.size, o.size},
                .max_steps = 5 * o.size,
                .see_through_walls = true,
                .missions = Missions(),
                .memory_bytes = sizeof(Spot)}),
        num_objects_(o.num_objects) {}

  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    Things things;
    while (things.count < num_objects_) {
      const Cell thing = DrawNewThing(level, things);
      if (thing == 0) continue;
      things.Add(thing, level.Place(thing, level.whole(), 0, [&](Point p) {
        return std::any_of(things.at.begin(), things.at.begin() + things.count, [&](Point other) { return Near(p, other); });
      }));
    }
    level.PlaceAgent(level.whole());
    const int moved = level.I(0, num_objects_);
    int target = moved;
    while (target == moved) target = level.I(0, num_objects_);
    const auto m = static_cast<std::size_t>(moved), t = static_cast<std::size_t>(target);
    level.state().target = things.cells[m];
    *level.memory<Spot>() = ToSpot(things.at[t]);
    level.state().mission = ThingIndex(things.cells[m]) * kNumThings + ThingIndex(things.cells[t]);
  }

  // Taking another thing ends the episode; so does every attempt to drop, which pays if it succeeds near the target.
  Outcome Step(Play& play, int action) const override {
    const State& state = play.state();
    const Cell carried = state.carrying;
    const Point front = play.front();
    const Outcome outcome = play.Base(action);
    if (action == kPickUp && state.carrying != 0 && state.carrying != state.target) return {outcome.reward, true};
    if (action != kDrop || carried == 0) return outcome;
    return state.carrying == 0 && Near(front, *play.memory<Spot>()) ? play.Success() : Outcome{0, true};
  }

  std::string Adopt(Play& play) const override {
    const int mission = play.state().mission;
    const auto target = FindOnly(play, ThingOf(mission % kNumThings));
    if (!target) return "expected the thing to put another near once on the grid";
    play.state().target = ThingOf(mission / kNumThings);
    *play.memory<Spot>() = ToSpot(*target);
    return "";
  }

 private:
  int num_objects_;
};

FamilyRegistrar Register(const Options& o) {
  return {"MiniGrid-PutNear-" + SideBySide(o.size) + "-N" + std::to_string(o.num_objects) + "-v0",
          "one of " + std::to_string(o.num_objects) + " things to put near another, on a " + SideBySide(o.size) + " grid",
          [=](const Config&) { return std::make_unique<PutNear>(o); }};
}
const FamilyRegistrar kPutNears[] = {
    Register({6, 2}),
    Register({8, 3}),
    {"minigrid/put_near", "one of some things to put near another: size, num_objects",
     [](const Config& config) {
       Options o;
       config.Get("size", &o.size, InRange(5, kMaxSide));
       // Things that keep one cell apart: each takes up to 3 x 3 of the cells.
       const int most = std::max(2, (o.size - 2) * (o.size - 2) / 9);
       config.Get("num_objects", &o.num_objects, InRange(2, std::min(kNumThings, most)));
       return std::make_unique<PutNear>(o);
     }},
};

}  // namespace
}  // namespace rove::minigrid
