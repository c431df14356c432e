// Empty rooms: reach the goal in the corner. Levels as Farama Minigrid 3.1.0, envs/empty.py.
#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

class Empty final : public Family {
 public:
  Empty(int size, bool random_start)
      : Family({{size, size}, 4 * size * size, true, {"get to the green goal square"}}), random_start_(random_start) {}

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

FamilyRegistrar Register(int size, bool random_start) {
  const std::string name = std::to_string(size) + "x" + std::to_string(size);
  return {"MiniGrid-Empty-" + std::string(random_start ? "Random-" : "") + name + "-v0",
          "an empty " + name + " room" + (random_start ? ", random start" : ""),
          [=](const Config&) { return std::make_unique<Empty>(size, random_start); }};
}
const FamilyRegistrar kEmptyRooms[] = {Register(5, false),  Register(6, false), Register(8, false),
                                       Register(16, false), Register(5, true),  Register(6, true)};

}  // namespace
}  // namespace rove::minigrid
