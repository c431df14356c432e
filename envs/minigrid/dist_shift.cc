// DistShift: two strips of lava, of which the second lies elsewhere in the test level. Levels as Farama Minigrid 3.1.0,
// envs/distshift.py.
#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

constexpr Layout kLayout = {9, 7};
constexpr int kStrip = 3;  // first column of a strip, and its length

class DistShift final : public Family {
 public:
  explicit DistShift(int strip2_row)
      : Family({kLayout, 4 * kLayout.width * kLayout.height, true, {"get to the green goal square"}}), strip2_row_(strip2_row) {}

  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    level.Set(level.width() - 2, 1, kGoalCell);
    for (const int row : {1, strip2_row_}) level.HorizontalLine(kStrip, row, kStrip, kLavaCell);
    level.SetAgent(1, 1, 0);
  }

 private:
  int strip2_row_;
};

const FamilyRegistrar kDistShifts[] = {
    {"MiniGrid-DistShift1-v0", "two strips of lava in rows 1 and 2",
     [](const Config&) { return std::make_unique<DistShift>(2); }},
    {"MiniGrid-DistShift2-v0", "two strips of lava in rows 1 and 5",
     [](const Config&) { return std::make_unique<DistShift>(5); }},
    {"minigrid/dist_shift", "two strips of lava: strip2_row",
     [](const Config& config) {
       int strip2_row = 2;
       config.Get("strip2_row", &strip2_row, InRange(1, kLayout.height - 2));
       return std::make_unique<DistShift>(strip2_row);
     }},
};

}  // namespace
}  // namespace rove::minigrid
