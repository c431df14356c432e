// LavaGap: a column of lava with one opening. Levels as Farama Minigrid 3.1.0, envs/lavagap.py.
#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

struct Options {
  int size = 7;
  bool lava = true;  // else a wall
};

class LavaGap final : public Family {
 public:
  explicit LavaGap(const Options& o)
      : Family(
            {{o.size, o.size},
             4 * o.size * o.size,
             false,
             {o.lava ? "avoid the lava and get to the green goal square" : "find the opening and get to the green goal square"}}),
        obstacle_(o.lava ? kLavaCell : kWallCell) {}

  void Generate(Level& level) const override {
    const int size = level.width();
    level.WallRect(level.whole());
    level.SetAgent(1, 1, 0);
    level.Set(size - 2, size - 2, kGoalCell);
    const int x = level.I(2, size - 2), gap = level.I(1, size - 1);
    level.VerticalLine(x, 1, size - 2, obstacle_);
    level.Set(x, gap, kEmptyCell);
  }

 private:
  Cell obstacle_;
};

FamilyRegistrar Register(int size) {
  return {"MiniGrid-LavaGapS" + std::to_string(size) + "-v0",
          "a column of lava with one opening, on a " + SideBySide(size) + " grid",
          [=](const Config&) { return std::make_unique<LavaGap>(Options{size}); }};
}
const FamilyRegistrar kLavaGaps[] = {
    Register(5),
    Register(6),
    Register(7),
    {"minigrid/lava_gap", "a column with one opening: size, lava (or a wall)",
     [](const Config& config) {
       Options o;
       config.Get("size", &o.size, InRange(5, kMaxSide));
       config.Get("lava", &o.lava);
       return std::make_unique<LavaGap>(o);
     }},
};

}  // namespace
}  // namespace rove::minigrid
