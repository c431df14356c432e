// The state of one MiniGrid environment, and its grid.
#pragma once

#include <array>
#include <cstdint>

#include "core/error.h"
#include "core/rng.h"
#include "envs/minigrid/cell.h"

namespace rove::minigrid {

constexpr int kView = 7;         // the agent's view is kView x kView where a config says nothing else
constexpr int kMaxView = 31;     // the largest that a config may ask for
constexpr int kMaxContents = 8;  // boxes with something inside, in one level
constexpr int kMaxSide = 100;    // of a grid whose size a config gives

// Direction codes 0 right, 1 down, 2 left, 3 up; x grows to the right, y downward.
constexpr std::array<std::int8_t, 4> kDx = {1, 0, -1, 0}, kDy = {0, 1, 0, -1};

// Where cell (x, y) of a width x height grid (sides of at most 255) lies in its bytes: column-major (y is contiguous), margin()
// walls above each column and margin() columns of walls before the first. Below a column lies the margin of the next, and to the
// right of a grid what follows it: the margin of the next grid, or tail() bytes of walls. So a view that leaves the grid on any
// side sees walls, for half of the memory of a margin on all sides.
struct Layout {
  int width = 0, height = 0;
  int view = kView;                        // side of the agent's view, odd
  int margin() const { return view - 1; }  // wall-filled cells around the stored grid: a view never leaves it
  int stride() const { return height + margin(); }
  int bytes() const { return (width + margin()) * stride() + 8; }  // 8: a view column is read as one 8-byte word
  int tail() const { return margin() * (stride() + 1) + 8; }
  int offset(int x, int y) const { return (x + margin()) * stride() + y + margin(); }
  int index(int x, int y) const { return x * height + y; }  // without the border
  bool inside(int x, int y) const { return x >= 0 && y >= 0 && x < width && y < height; }
};

struct Point {
  int x = 0, y = 0;
  bool operator==(const Point&) const = default;
};
struct Spot {  // a cell, in two bytes
  std::uint8_t x, y;
  operator Point() const { return {x, y}; }
};
constexpr Spot ToSpot(Point p) { return {static_cast<std::uint8_t>(p.x), static_cast<std::uint8_t>(p.y)}; }
struct Rect {
  int x = 0, y = 0, width = 0, height = 0;
  bool contains(Point p) const { return p.x >= x && p.y >= y && p.x < x + width && p.y < y + height; }
};

struct BoxContent {
  std::uint8_t x = 0, y = 0;
  Cell cell = 0;
};

// All of an environment but its grid bytes.
struct State {
  Pcg64 rng;
  std::uint64_t grid_key = 0;  // Zobrist sum of the cells: xor of MiniGrid::CellKey
  std::int32_t step_count = 0, max_steps = 0, mission = 0;
  std::int16_t x = -1, y = -1;  // the agent
  std::uint8_t direction = 0;
  Cell carrying = 0;         // 0: nothing
  Cell carried_content = 0;  // what is inside the carried box
  Cell target = 0;           // what the family's step rule asks for
  std::uint8_t last = 0;     // the episode has ended: the next step starts another
  std::uint8_t num_contents = 0;
  std::array<BoxContent, kMaxContents> contents{};

  void Serialize(Archive& ar);

  Cell TakeContent(int at_x, int at_y) {
    for (int i = 0; i < num_contents; ++i) {
      BoxContent& box = contents[static_cast<std::size_t>(i)];
      if (box.x != at_x || box.y != at_y) continue;
      const Cell cell = box.cell;
      box = contents[--num_contents];
      return cell;
    }
    return 0;
  }
  void PutContent(int at_x, int at_y, Cell cell) {
    if (cell == 0) return;
    ROVE_CHECK_LT(num_contents, kMaxContents);
    contents[num_contents++] = {static_cast<std::uint8_t>(at_x), static_cast<std::uint8_t>(at_y), cell};
  }
};

}  // namespace rove::minigrid
