// Level: what a family's generator draws on. Every method consumes the environment's random stream exactly as upstream does
// (Farama Minigrid 3.1.0, minigrid_env.py); `I(a, b)` in comments is one Integers(a, b) draw.
#pragma once

#include <functional>
#include <span>

#include "envs/minigrid/state.h"

namespace rove::minigrid {

struct Point {
  int x = 0, y = 0;
  bool operator==(const Point&) const = default;
};
struct Rect {
  int x = 0, y = 0, width = 0, height = 0;
};

// Thrown where upstream would loop for ever or raise RecursionError; the level is drawn anew from the continuing stream.
struct LevelFailed {};

class Level {
 public:
  // Empties the grid (border excluded) and the state's level part; the stream goes on.
  Level(const Layout& layout, State& state, std::uint8_t* cells);

  int width() const { return layout_.width; }
  int height() const { return layout_.height; }
  State& state() { return state_; }
  Cell Get(int x, int y) const { return cells_[layout_.offset(x, y)]; }
  void Set(int x, int y, Cell cell) { cells_[layout_.offset(x, y)] = cell; }
  void WallRect(const Rect& rect);
  void HorizontalWall(int x, int y, int length);
  void VerticalWall(int x, int y, int length);

  int I(int low, int high) { return static_cast<int>(state_.rng.Integers(low, high)); }
  template <class T>
  T Element(std::span<const T> items) {
    return items[static_cast<std::size_t>(I(0, static_cast<int>(items.size())))];
  }
  Color RandomColor() { return Element<Color>(kColorsByName); }

  // Draws cells of rect (walls included, clipped to the grid) until one is empty, not the agent's and not rejected; two draws a
  // try. max_tries = N allows N + 1 tries as upstream, then LevelFailed; 0: no limit. cell 0 places nothing.
  using Reject = std::function<bool(Point)>;
  Point Place(Cell cell, const Rect& rect, int max_tries = 0, const Reject& reject = nullptr);
  void PlaceAgent(const Rect& rect, int max_tries = 0);  // Place(nothing), then direction = I(0, 4)
  void SetAgent(int x, int y, int direction);
  Rect whole() const { return {0, 0, layout_.width, layout_.height}; }

 private:
  const Layout& layout_;
  State& state_;
  std::uint8_t* cells_;
};

}  // namespace rove::minigrid
