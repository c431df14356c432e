// Empty rooms: reach the goal in the corner. Levels as Farama Minigrid 3.1.0, envs/empty.py.
#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

struct Options {
  int size = 8;
  bool random_start = false;  // else at (1, 1), looking right
};

class Empty final : public Family {
 public:
  explicit Empty(const Options& o)
      : Family({{o.size, o.size}, 4 * o.size * o.size, true, {"get to the green goal square"}}), random_start_(o.random_start) {}

  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    level.Set(level.width() - 2, level.height() - 2, kGoalCell);
    if (random_start_)
      level.PlaceAgent(level.whole());
    else
      level.SetAgent(1, 1, 0);
  }

 private:
  bool random_start_;
};

FamilyRegistrar Register(const Options& o) {
  return {"MiniGrid-Empty-" + std::string(o.random_start ? "Random-" : "") + SideBySide(o.size) + "-v0",
          "an empty " + SideBySide(o.size) + " room" + (o.random_start ? ", random start" : ""),
          [=](const Config&) { return std::make_unique<Empty>(o); }};
}
const FamilyRegistrar kEmptyRooms[] = {
    Register({5}),
    Register({6}),
    Register({8}),
    Register({16}),
    Register({5, true}),
    Register({6, true}),
    {"minigrid/empty", "an empty room: size, random_start",
     [](const Config& config) {
       Options o;
       config.Get("size", &o.size, InRange(4, kMaxSide));
       config.Get("random_start", &o.random_start);
       return std::make_unique<Empty>(o);
     }},
};

}  // namespace
}  // namespace rove::minigrid
