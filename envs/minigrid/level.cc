#include "envs/minigrid/level.h"

#include <algorithm>
#include <cstring>

namespace rove::minigrid {

Level::Level(const Layout& layout, State& state, std::uint8_t* cells) : layout_(layout), state_(state), cells_(cells) {
  for (int x = 0; x < layout.width; ++x)
    std::memset(cells + layout.offset(x, 0), kEmptyCell, static_cast<std::size_t>(layout.height));
  state.step_count = 0;
  state.mission = 0;
  state.x = state.y = -1;
  state.direction = 0;
  state.carrying = state.carried_content = state.target = 0;
  state.last = 0;
  state.num_contents = 0;
}

void Level::HorizontalWall(int x, int y, int length) {
  for (int i = 0; i < length; ++i) Set(x + i, y, kWallCell);
}
void Level::VerticalWall(int x, int y, int length) {
  for (int i = 0; i < length; ++i) Set(x, y + i, kWallCell);
}
void Level::WallRect(const Rect& r) {
  HorizontalWall(r.x, r.y, r.width);
  HorizontalWall(r.x, r.y + r.height - 1, r.width);
  VerticalWall(r.x, r.y, r.height);
  VerticalWall(r.x + r.width - 1, r.y, r.height);
}

Point Level::Place(Cell cell, const Rect& rect, int max_tries, const Reject& reject) {
  const int x0 = std::max(rect.x, 0), y0 = std::max(rect.y, 0);
  const int x1 = std::min(x0 + rect.width, width()), y1 = std::min(y0 + rect.height, height());
  for (int tries = 0;; ++tries) {
    if (max_tries > 0 && tries > max_tries) throw LevelFailed{};
    const int x = I(x0, x1), y = I(y0, y1);
    if (Get(x, y) != kEmptyCell || (x == state_.x && y == state_.y)) continue;
    if (reject && reject({x, y})) continue;
    if (cell != 0) Set(x, y, cell);
    return {x, y};
  }
}

void Level::PlaceAgent(const Rect& rect, int max_tries) {
  state_.x = state_.y = -1;
  const Point p = Place(0, rect, max_tries);
  SetAgent(p.x, p.y, I(0, 4));
}

void Level::SetAgent(int x, int y, int direction) {
  state_.x = static_cast<std::int16_t>(x);
  state_.y = static_cast<std::int16_t>(y);
  state_.direction = static_cast<std::uint8_t>(direction);
}

}  // namespace rove::minigrid
