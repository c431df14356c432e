#include "envs/minigrid/view.h"

#include <algorithm>
#include <array>

namespace rove::minigrid {
namespace {

// Seeds spread through adjacent bits of `through`, upward and downward; five doublings cover 32 bits.
std::uint32_t FloodUp(std::uint32_t seeds, std::uint32_t through) {
  for (int shift = 1; shift < 32; shift *= 2) {
    seeds |= through & (seeds << shift);
    through &= through << shift;
  }
  return seeds;
}
std::uint32_t FloodDown(std::uint32_t seeds, std::uint32_t through) {
  for (int shift = 1; shift < 32; shift *= 2) {
    seeds |= through & (seeds >> shift);
    through &= through >> shift;
  }
  return seeds;
}

// One row of process_vis: bit i is view column i. A see-through lit cell lights its neighbour in the direction of the pass, and
// the two cells above both; the first pass stops before the last column, the second before the first.
struct RowLight {
  std::uint32_t row, above;
};
RowLight LightRow(std::uint32_t clear, std::uint32_t lit, std::uint32_t whole) {
  const std::uint32_t last = whole ^ whole >> 1;
  const std::uint32_t right = FloodUp(lit & clear, clear) & ~last;
  lit |= right << 1;
  const std::uint32_t left = FloodDown(lit & clear, clear) & ~1u;
  lit |= left >> 1;
  return {lit, right | right << 1 | left | left >> 1};
}

constexpr auto kCodes = [] {
  std::array<std::array<std::uint8_t, 3>, 128> codes{};
  for (std::size_t cell = 0; cell < codes.size(); ++cell) codes[cell] = Encode(static_cast<Cell>(cell));
  return codes;
}();

}  // namespace

void WriteView(const State& state, const Layout& layout, const Cell* agent_cell, bool see_through_walls, std::uint8_t* image) {
  const int view = layout.view, half = view / 2;
  const int dx = kDx[state.direction], dy = kDy[state.direction];
  const int ahead = dx * layout.stride() + dy, right = dx - dy * layout.stride();
  const std::uint32_t whole = (1u << view) - 1;
  std::uint32_t lit = 1u << half;
  for (int j = view - 1; j >= 0; --j) {
    const Cell* const row = agent_cell + (view - 1 - j) * ahead - half * right;
    std::array<Cell, kMaxView> cells;
    std::uint32_t clear = 0;
    for (int i = 0; i < view; ++i) {
      const Cell cell = cells[static_cast<std::size_t>(i)] = row[i * right];
      clear |= static_cast<std::uint32_t>(SeeThrough(cell)) << i;
    }
    const RowLight light = see_through_walls ? RowLight{whole, whole} : LightRow(clear, lit, whole);
    lit = light.above;
    if (j == view - 1) cells[static_cast<std::size_t>(half)] = state.carrying != 0 ? state.carrying : kEmptyCell;
    for (int i = 0; i < view; ++i) {
      const Cell cell = light.row >> i & 1 ? cells[static_cast<std::size_t>(i)] : kUnseenCell;
      std::copy_n(kCodes[cell].begin(), 3, image + (i * view + j) * 3);
    }
  }
}

}  // namespace rove::minigrid
