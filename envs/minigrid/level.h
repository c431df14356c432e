// Level: what a family's generator draws on. Every method consumes the environment's random stream exactly as upstream does
// (Farama Minigrid 3.1.0, minigrid_env.py); `I(a, b)` in comments is one Integers(a, b) draw. Nothing here allocates.
#pragma once

#include <algorithm>
#include <optional>
#include <span>

#include "envs/minigrid/state.h"

namespace rove::minigrid {

// Thrown where upstream would loop for ever or raise RecursionError; the level is drawn anew from the continuing stream.
struct LevelFailed {};

// Draws cells of `rect` clipped to the grid, two draws a try, until accept(cell). max_tries = N allows N + 1 tries as upstream,
// 0 any number; nothing if they are used up, or if no cell of rect is acceptable where upstream would try for ever.
template <class Accept>
std::optional<Point> DrawCell(Pcg64& rng, const Layout& layout, const Rect& rect, int max_tries, const Accept& accept) {
  const int x0 = std::max(rect.x, 0), y0 = std::max(rect.y, 0);
  const int x1 = std::min(x0 + rect.width, layout.width), y1 = std::min(y0 + rect.height, layout.height);
  const auto hopeless = [&] {
    for (int x = x0; x < x1; ++x) {
      for (int y = y0; y < y1; ++y) {
        if (accept(Point{x, y})) return false;
      }
    }
    return true;
  };
  for (int tries = 0; max_tries == 0 || tries <= max_tries; ++tries) {
    Point p;
    p.x = static_cast<int>(rng.Integers(x0, x1));
    p.y = static_cast<int>(rng.Integers(y0, y1));
    if (accept(p)) return p;
    if (max_tries == 0 && tries % 1024 == 1023 && hopeless()) break;
  }
  return {};
}

class Level {
 public:
  // Empties the grid (border excluded) and the state's level part; the stream goes on. memory: the family's own bytes of this
  // environment (FamilyInfo::memory_bytes), which keep what the level before left there; all zero in a fresh environment.
  Level(const Layout& layout, State& state, std::uint8_t* cells, std::uint8_t* memory = nullptr);
  void Clear();  // empties grid and state again, for a level that is rejected

  int width() const { return layout_.width; }
  int height() const { return layout_.height; }
  Rect whole() const { return {0, 0, layout_.width, layout_.height}; }
  State& state() { return state_; }
  template <class T>
  T* memory() {
    static_assert(alignof(T) <= 8);
    return reinterpret_cast<T*>(memory_);
  }

  Cell Get(int x, int y) const { return cells_[layout_.offset(x, y)]; }
  void Set(int x, int y, Cell cell) { cells_[layout_.offset(x, y)] = cell; }
  void Set(Point at, Cell cell) { Set(at.x, at.y, cell); }
  void WallRect(const Rect& rect);
  void HorizontalLine(int x, int y, int length, Cell cell = kWallCell);
  void VerticalLine(int x, int y, int length, Cell cell = kWallCell);

  int I(int low, int high) { return static_cast<int>(state_.rng.Integers(low, high)); }
  template <class T>
  T Element(std::span<const T> items) {
    return items[static_cast<std::size_t>(I(0, static_cast<int>(items.size())))];
  }
  Color RandomColor() { return Element<Color>(kColorsByName); }
  template <class T>
  void Shuffle(std::span<T> items) {
    state_.rng.Shuffle(items);
  }
  // Upstream's _rand_subset: the first `count` items become distinct ones, each drawn from those left; the rest keep their order.
  template <class T, std::size_t N>
  void Subset(std::span<T, N> items, int count) {
    for (auto first = items.begin(); count-- > 0; ++first) {
      const auto drawn = first + I(0, static_cast<int>(items.end() - first));
      std::rotate(first, drawn, drawn + 1);
    }
  }

  // A cell of rect (walls included) that is empty, not the agent's and not reject(cell) gets `cell`; 0 places nothing. See
  // DrawCell for tries; LevelFailed when it gives up.
  template <class Reject>
  Point Place(Cell cell, const Rect& rect, int max_tries, const Reject& reject) {
    const auto free = [&](Point p) { return Get(p.x, p.y) == kEmptyCell && !(p == agent()) && !reject(p); };
    const auto found = DrawCell(state_.rng, layout_, rect, max_tries, free);
    if (!found) throw LevelFailed{};
    if (cell != 0) Set(*found, cell);
    return *found;
  }
  Point Place(Cell cell, const Rect& rect, int max_tries = 0) {
    return Place(cell, rect, max_tries, [](Point) { return false; });
  }
  Point agent() const { return {state_.x, state_.y}; }
  int direction() const { return state_.direction; }
  void PlaceAgent(const Rect& rect, int max_tries = 0);  // Place(nothing), then direction = I(0, 4)
  void SetAgent(int x, int y, int direction);

 private:
  const Layout& layout_;
  State& state_;
  std::uint8_t *cells_, *memory_;
};

}  // namespace rove::minigrid
