// Dynamic-Obstacles: reach the goal among balls that move at every step. Levels and steps as Farama Minigrid 3.1.0,
// envs/dynamicobstacles.py, with three actions; upstream takes any higher number for a turn to the left, here it is an error.
#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

constexpr Cell kObstacle = MakeCell(kBall, kBlue);
constexpr int kPlaceTries = 100;

struct Options {
  int size = 8, obstacles = 4;
  bool random_start = false;  // else at (1, 1), looking right
};

class DynamicObstacles final : public Family {
 public:
  explicit DynamicObstacles(const Options& o)
      : Family({.layout = {o.size, o.size},
                .max_steps = 4 * o.size * o.size,
                .see_through_walls = true,
                .missions = {"get to the green goal square"},
                .num_actions = kForward + 1,
                .memory_bytes = o.obstacles * static_cast<int>(sizeof(Spot))}),
        options_(o) {}

  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    level.Set(level.width() - 2, level.height() - 2, kGoalCell);
    if (options_.random_start)
      level.PlaceAgent(level.whole());
    else
      level.SetAgent(1, 1, 0);
    for (int k = 0; k < options_.obstacles; ++k) {
      const Point at = level.Place(kObstacle, level.whole(), kPlaceTries);
      level.memory<Spot>()[k] = ToSpot(at);
    }
  }

  // Whether the way is blocked is judged before the balls move, in the order in which they were placed; one that finds no free
  // cell among its eight neighbours in 101 tries stays.
  Outcome Step(Play& play, int action) const override {
    const Cell front = play.Get(play.front());
    const bool blocked = front != kEmptyCell && KindOf(front) != kGoal;
    for (Spot& spot : std::span(play.memory<Spot>(), static_cast<std::size_t>(options_.obstacles))) {
      const auto to = play.DrawFree({spot.x - 1, spot.y - 1, 3, 3}, kPlaceTries);
      if (!to) continue;
      play.Set(*to, kObstacle);
      play.Set(spot, kEmptyCell);
      spot = ToSpot(*to);
    }
    const Outcome outcome = play.Base(action);
    return action == kForward && blocked ? Outcome{-1, true} : outcome;
  }

  GridGoal Goal(const State&) const override { return {}; }  // what moves may make way, or not
  std::string Adopt(Play& play) const override {
    int balls = 0;
    for (int x = 0; x < play.layout().width; ++x) {
      for (int y = 0; y < play.layout().height; ++y) {
        if (play.Get({x, y}) == kObstacle && balls++ < options_.obstacles) play.memory<Spot>()[balls - 1] = ToSpot({x, y});
      }
    }
    return balls == options_.obstacles ? "" : "expected " + std::to_string(options_.obstacles) + " blue balls on the grid";
  }

 private:
  Options options_;
};

std::unique_ptr<Family> FromConfig(const Config& config) {
  Options o;
  config.Get("size", &o.size, InRange(5, kMaxSide));
  const int most = o.size / 2 + 1;
  if (o.obstacles > most) o.obstacles = o.size / 2;  // as upstream does
  config.Get("n_obstacles", &o.obstacles, InRange(0, most));
  config.Get("random_start", &o.random_start);
  return std::make_unique<DynamicObstacles>(o);
}

FamilyRegistrar Register(const Options& o) {
  return {"MiniGrid-Dynamic-Obstacles-" + std::string(o.random_start ? "Random-" : "") + SideBySide(o.size) + "-v0",
          "a goal among " + std::to_string(o.obstacles) + " moving balls on a " + SideBySide(o.size) + " grid" +
              (o.random_start ? ", random start" : ""),
          [=](const Config&) { return std::make_unique<DynamicObstacles>(o); }};
}
const FamilyRegistrar kDynamicObstacles[] = {
    Register({5, 2}),
    Register({6, 3}),
    Register({8, 4}),
    Register({16, 8}),
    Register({5, 2, true}),
    Register({6, 3, true}),
    {"minigrid/dynamic_obstacles", "a goal among moving balls: size, n_obstacles, random_start", FromConfig},
};

}  // namespace
}  // namespace rove::minigrid
