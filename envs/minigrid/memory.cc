// Memory: see an object, walk a hallway, go to the matching one of two. Levels and steps as Farama Minigrid 3.1.0,
// envs/memory.py.
#include "envs/minigrid/family.h"
#include "envs/minigrid/things.h"

namespace rove::minigrid {
namespace {

constexpr std::array<Kind, 2> kKinds = {kKey, kBall};

struct Options {
  int size = 13;  // odd
  bool random_length = false;
};
struct Ends {  // cells beside the two objects
  Spot success, failure;
};

class Memory final : public Family {
 public:
  explicit Memory(const Options& o)
      : Family({.layout = {o.size, o.size},
                .max_steps = 5 * o.size * o.size,
                .missions = {"go to the matching object at the end of the hallway"},
                .memory_bytes = sizeof(Ends)}),
        random_length_(o.random_length) {}

  void Generate(Level& level) const override {
    const int size = level.width(), middle = size / 2;
    level.WallRect(level.whole());
    const int end = random_length_ ? level.I(4, size - 2) : size - 3;
    // The room where it starts, the hallway, and the crossing at its end.
    for (const int side : {-1, 1}) {
      level.HorizontalLine(1, middle + 2 * side, 4);
      level.Set(4, middle + side, kWallCell);
      level.HorizontalLine(5, middle + side, end - 5);
    }
    level.VerticalLine(end, 0, size);
    level.Set(end, middle, kEmptyCell);
    level.VerticalLine(end + 2, 0, size);

    level.SetAgent(level.I(1, end + 1), middle, 0);
    const Kind shown = level.Element<Kind>(kKinds);
    level.Set(1, middle - 1, MakeCell(shown, kGreen));
    const Kind upper = level.I(0, 2) == 0 ? kBall : kKey;
    level.Set(end + 1, middle - 2, MakeCell(upper, kGreen));
    level.Set(end + 1, middle + 2, MakeCell(upper == kBall ? kKey : kBall, kGreen));
    const int success = upper == shown ? -1 : 1;
    *level.memory<Ends>() = {ToSpot({end + 1, middle + success}), ToSpot({end + 1, middle - success})};
  }

  Outcome Step(Play& play, int action) const override {
    const Outcome outcome = play.Base(action == kPickUp ? kToggle : action);  // nothing can be picked up
    const Ends ends = *play.memory<Ends>();
    if (play.agent() == ends.success) return play.Success();
    return play.agent() == ends.failure ? Outcome{0, true} : outcome;
  }

  std::string Adopt(Play& play) const override {
    const int middle = play.layout().height / 2;
    const Cell shown = play.Get({1, middle - 1});
    for (int x = 2; x < play.layout().width - 1; ++x) {
      const Cell upper = play.Get({x, middle - 2}), lower = play.Get({x, middle + 2});
      if (!CanPickUp(upper) || !CanPickUp(lower) || (upper == shown) == (lower == shown)) continue;
      const int success = upper == shown ? -1 : 1;
      *play.memory<Ends>() = {ToSpot({x, middle + success}), ToSpot({x, middle - success})};
      return "";
    }
    return "expected an object to remember and the two to choose from where a level has them";
  }

 private:
  bool random_length_;
};

FamilyRegistrar Register(const Options& o) {
  return {"MiniGrid-MemoryS" + std::to_string(o.size) + (o.random_length ? "Random" : "") + "-v0",
          "an object to remember along a hallway, " + SideBySide(o.size) + " grid" + (o.random_length ? ", random length" : ""),
          [=](const Config&) { return std::make_unique<Memory>(o); }};
}
const FamilyRegistrar kMemories[] = {
    Register({7}),
    Register({9}),
    Register({11}),
    Register({13}),
    Register({13, true}),
    Register({17, true}),
    {"minigrid/memory", "an object to remember along a hallway: size (odd), random_length",
     [](const Config& config) {
       Options o;
       config.Get("size", &o.size, InRange(7, kMaxSide - 1));
       if (o.size % 2 == 0) config.At("size").Fail("expected an odd number, got " + std::to_string(o.size));
       config.Get("random_length", &o.random_length);
       return std::make_unique<Memory>(o);
     }},
};

}  // namespace
}  // namespace rove::minigrid
