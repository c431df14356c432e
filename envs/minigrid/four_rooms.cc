// FourRooms: agent and goal anywhere in four rooms joined by gaps. Levels as Farama Minigrid 3.1.0, envs/fourrooms.py.
#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

constexpr int kSize = 19, kMiddle = kSize / 2;

struct Options {
  std::optional<Point> agent, goal;  // else anywhere
};

class FourRooms final : public Family {
 public:
  explicit FourRooms(const Options& options) : Family({kLayout, 100, false, {"reach the goal"}}), options_(options) {}
  static constexpr Layout kLayout = {kSize, kSize};

  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    level.VerticalLine(kMiddle, 0, kSize);
    level.HorizontalLine(0, kMiddle, kSize);
    level.Set(kMiddle, level.I(1, kMiddle), kEmptyCell);
    level.Set(level.I(1, kMiddle), kMiddle, kEmptyCell);
    level.Set(level.I(kMiddle + 1, kSize - 1), kMiddle, kEmptyCell);
    level.Set(kMiddle, level.I(kMiddle + 1, kSize - 1), kEmptyCell);
    if (options_.agent) {
      level.Set(*options_.agent, kEmptyCell);
      level.SetAgent(options_.agent->x, options_.agent->y, level.I(0, 4));
    } else {
      level.PlaceAgent(level.whole());
    }
    if (options_.goal)
      level.Set(*options_.goal, kGoalCell);
    else
      level.Place(kGoalCell, level.whole());
  }

 private:
  Options options_;
};

const FamilyRegistrar kFourRooms[] = {
    {"MiniGrid-FourRooms-v0", "a goal anywhere in four rooms joined by gaps",
     [](const Config&) { return std::make_unique<FourRooms>(Options{}); }},
    {"minigrid/four_rooms", "a goal in four rooms joined by gaps: agent [x, y], goal [x, y]",
     [](const Config& config) {
       Options o;
       if (Point p; ReadPoint(config, "agent", FourRooms::kLayout, &p)) o.agent = p;
       if (Point p; ReadPoint(config, "goal", FourRooms::kLayout, &p)) o.goal = p;
       return std::make_unique<FourRooms>(o);
     }},
};

}  // namespace
}  // namespace rove::minigrid
