// Random levels with every kind of object, for tests.
#pragma once

#include "envs/inspectable.h"
#include "envs/minigrid/family.h"

namespace rove::minigrid {

inline Cell RandomCell(Level& level) {
  constexpr Kind kKinds[] = {kEmpty, kEmpty, kEmpty, kWall, kFloor, kDoorOpen, kDoorClosed, kDoorLocked, kKey, kBall, kBox};
  const Kind kind = level.Element<Kind>(kKinds);
  return kind == kEmpty ? kEmptyCell : kind == kWall ? kWallCell : MakeCell(kind, level.RandomColor());
}

// Anything anywhere, half of the boxes filled; one goal and one lava cell.
class Jumble final : public Family {
 public:
  explicit Jumble(int side) : Family({{side, side}, 60, false, {""}}) {}
  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    level.SetAgent(1, 1, level.I(0, 4));
    level.Place(kGoalCell, level.whole());
    level.Place(kLavaCell, level.whole());
    for (int x = 1; x < level.width() - 1; ++x) {
      for (int y = 1; y < level.height() - 1; ++y) {
        if ((x == 1 && y == 1) || level.Get(x, y) != kEmptyCell) continue;
        const Cell cell = RandomCell(level);
        level.Set(x, y, cell);
        if (KindOf(cell) == kBox && level.state().num_contents < kMaxContents && level.I(0, 2) == 0)
          level.state().PutContent(x, y, MakeCell(level.I(0, 2) == 0 ? kKey : kBall, level.RandomColor()));
      }
    }
  }
};

inline GridState Shown(Level& level) {
  const State& state = level.state();
  GridState out;
  out.width = level.width();
  out.height = level.height();
  for (int x = 0; x < out.width; ++x) {
    for (int y = 0; y < out.height; ++y) {
      const auto code = Encode(level.Get(x, y));
      out.grid.insert(out.grid.end(), code.begin(), code.end());
    }
  }
  out.agent = {state.x, state.y, state.direction};
  if (state.carrying != 0) out.carrying = {KindOf(state.carrying), ColorOf(state.carrying), 0};
  return out;
}

}  // namespace rove::minigrid
