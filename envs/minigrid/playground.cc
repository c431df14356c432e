// Playground: nine rooms, twelve things, no mission and no reward. Levels as Farama Minigrid 3.1.0, envs/playground.py.
#include "envs/minigrid/family.h"
#include "envs/minigrid/things.h"

namespace rove::minigrid {
namespace {

constexpr int kSize = 19, kRooms = 3, kPitch = kSize / kRooms, kNumObjects = 12;

class Playground final : public Family {
 public:
  Playground() : Family({{kSize, kSize}, 100, false, {""}}) {}

  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    for (int j = 0; j < kRooms; ++j) {
      for (int i = 0; i < kRooms; ++i) {
        const int left = i * kPitch, top = j * kPitch, right = left + kPitch, bottom = top + kPitch;
        if (i + 1 < kRooms) {
          level.VerticalLine(right, top, kPitch);
          const int y = level.I(top + 1, bottom - 1);
          level.Set(right, y, MakeCell(kDoorClosed, level.RandomColor()));
        }
        if (j + 1 < kRooms) {
          level.HorizontalLine(left, bottom, kPitch);
          const int x = level.I(left + 1, right - 1);
          level.Set(x, bottom, MakeCell(kDoorClosed, level.RandomColor()));
        }
      }
    }
    level.PlaceAgent(level.whole());
    for (int k = 0; k < kNumObjects; ++k) {
      const Cell thing = DrawThing(level);
      level.Place(thing, level.whole());
    }
  }
};

const FamilyRegistrar kPlayground("MiniGrid-Playground-v0", "nine rooms and twelve things, nothing to win",
                                  [](const Config&) { return std::make_unique<Playground>(); });

}  // namespace
}  // namespace rove::minigrid
