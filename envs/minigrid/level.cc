#include "envs/minigrid/level.h"

#include <cstring>

namespace rove::minigrid {

Level::Level(const Layout& layout, State& state, std::uint8_t* cells, std::uint8_t* memory)
    : layout_(layout), state_(state), cells_(cells), memory_(memory) {
  Clear();
}

void Level::Clear() {
  for (int x = 0; x < width(); ++x) std::memset(cells_ + layout_.offset(x, 0), kEmptyCell, static_cast<std::size_t>(height()));
  state_.step_count = 0;
  state_.mission = 0;
  state_.x = state_.y = -1;
  state_.direction = 0;
  state_.carrying = state_.carried_content = state_.target = 0;
  state_.last = 0;
  state_.num_contents = 0;
}

void Level::HorizontalLine(int x, int y, int length, Cell cell) {
  for (int i = 0; i < length; ++i) Set(x + i, y, cell);
}
void Level::VerticalLine(int x, int y, int length, Cell cell) {
  for (int i = 0; i < length; ++i) Set(x, y + i, cell);
}
void Level::WallRect(const Rect& r) {
  HorizontalLine(r.x, r.y, r.width);
  HorizontalLine(r.x, r.y + r.height - 1, r.width);
  VerticalLine(r.x, r.y, r.height);
  VerticalLine(r.x + r.width - 1, r.y, r.height);
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
