// Fetch: pick up the thing that the mission names, and nothing else. Levels and steps as Farama Minigrid 3.1.0, envs/fetch.py.
#include <algorithm>
#include <array>

#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

constexpr std::array<Kind, 2> kKinds = {kKey, kBall};
constexpr const char* kPhrases[] = {"get a", "go get a", "fetch a", "go fetch a", "you must fetch a"};
constexpr int kMaxObjects = 64;

std::vector<std::string> Missions() {  // [phrase][kind][colour code]
  std::vector<std::string> texts;
  for (const char* phrase : kPhrases) {
    for (const char* kind : {"key", "ball"}) {
      for (const char* color : kColorNames) texts.push_back(std::string(phrase) + " " + color + " " + kind);
    }
  }
  return texts;
}

struct Options {
  int size = 8, num_objects = 3;
};

class Fetch final : public Family {
 public:
  explicit Fetch(const Options& o)
      : Family({{o.size, o.size}, 5 * o.size * o.size, true, Missions()}), num_objects_(o.num_objects) {}

  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    std::array<Cell, kMaxObjects> objects;
    const auto placed = std::span(objects).first(static_cast<std::size_t>(num_objects_));
    for (Cell& object : placed) {
      const Kind kind = level.Element<Kind>(kKinds);
      object = MakeCell(kind, level.RandomColor());
      level.Place(object, level.whole());
    }
    level.PlaceAgent(level.whole());
    const Cell target = placed[static_cast<std::size_t>(level.I(0, num_objects_))];
    const int phrase = level.I(0, static_cast<int>(std::size(kPhrases)));
    level.state().target = target;
    level.state().mission = (phrase * 2 + (KindOf(target) == kBall)) * kNumColors + ColorOf(target);
  }

  Outcome Step(Play& play, int action) const override {
    const Outcome outcome = play.Base(action);
    const State& state = play.state();
    if (state.carrying == 0) return outcome;
    return state.carrying == state.target ? play.Success() : Outcome{0, true};
  }

  GridGoal Goal(const State& state) const override { return PickUp(state.target, GridGoal::kPickUpOnly); }
  std::string Adopt(Play& play) const override {
    const int thing = play.state().mission % (2 * kNumColors);
    play.state().target = MakeCell(kKinds[static_cast<std::size_t>(thing / kNumColors)], static_cast<Color>(thing % kNumColors));
    return "";
  }

 private:
  int num_objects_;
};

FamilyRegistrar Register(const Options& o) {
  return {"MiniGrid-Fetch-" + SideBySide(o.size) + "-N" + std::to_string(o.num_objects) + "-v0",
          "one of " + std::to_string(o.num_objects) + " things to pick up on a " + SideBySide(o.size) + " grid",
          [=](const Config&) { return std::make_unique<Fetch>(o); }};
}
const FamilyRegistrar kFetches[] = {
    Register({5, 2}),
    Register({6, 2}),
    Register({8, 3}),
    {"minigrid/fetch", "one of some things to pick up: size, num_objects",
     [](const Config& config) {
       Options o;
       config.Get("size", &o.size, InRange(4, kMaxSide));
       config.Get("num_objects", &o.num_objects, InRange(1, std::min(kMaxObjects, (o.size - 2) * (o.size - 2) - 1)));
       return std::make_unique<Fetch>(o);
     }},
};

}  // namespace
}  // namespace rove::minigrid
