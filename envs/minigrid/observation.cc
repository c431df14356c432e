#include "envs/minigrid/observation.h"

#include <cstring>
#include <vector>

namespace rove::minigrid {
namespace {

constexpr unsigned kRow = (1u << kView) - 1;

// process_vis lights one view row at a time, from the agent's upward. `lit`: lit cells of the row so far, `clear`: its
// see-through cells; bit i is view column i. Result: all lit cells of the row, and the cells it lights in the row above.
struct RowLight {
  std::uint8_t row, above;
};
RowLight LightRow(unsigned clear, unsigned lit) {
  unsigned above = 0;
  for (int i = 0; i < kView - 1; ++i) {
    if (lit >> i & clear >> i & 1) {
      lit |= 1u << (i + 1);
      above |= 3u << i;
    }
  }
  for (int i = kView - 1; i > 0; --i) {
    if (lit >> i & clear >> i & 1) {
      lit |= 1u << (i - 1);
      above |= 3u << (i - 1);
    }
  }
  return {static_cast<std::uint8_t>(lit), static_cast<std::uint8_t>(above & kRow)};
}

const std::vector<RowLight>& RowLights() {  // indexed by clear << 7 | lit
  static const std::vector<RowLight> table = [] {
    std::vector<RowLight> t;
    for (unsigned clear = 0; clear <= kRow; ++clear) {
      for (unsigned lit = 0; lit <= kRow; ++lit) t.push_back(LightRow(clear, lit));
    }
    return t;
  }();
  return table;
}

// Upstream's three bytes of each cell, packed little-endian into a word (the fourth byte is 0).
constexpr std::array<std::uint32_t, 128> kCodes = [] {
  std::array<std::uint32_t, 128> codes{};
  for (unsigned cell = 0; cell < codes.size(); ++cell) {
    const auto code = Encode(static_cast<Cell>(cell));
    codes[cell] = code[0] | static_cast<std::uint32_t>(code[1]) << 8 | static_cast<std::uint32_t>(code[2]) << 16;
  }
  return codes;
}();

// Eight bytes of 0xFF or 0x00, one for each bit of a row mask.
constexpr std::array<std::uint64_t, 128> kByteMask = [] {
  std::array<std::uint64_t, 128> masks{};
  for (unsigned bits = 0; bits < masks.size(); ++bits) {
    for (unsigned i = 0; i < kView; ++i) {
      if (bits >> i & 1) masks[bits] |= 0xFFull << (8 * i);
    }
  }
  return masks;
}();

// The see-through bits of eight cells, cell i to bit i. Opaque kinds are 2, 11, 12.
unsigned ClearBits(std::uint64_t cells) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ull, kLow = 0x7F7F7F7F7F7F7F7Full;
  const std::uint64_t kinds = cells & (kOnes * 15);
  const auto nonzero = [](std::uint64_t x) { return ((x & kLow) + kLow) >> 7; };  // bit 0 of each byte below 0x80: not zero
  const std::uint64_t clear =
      nonzero(kinds ^ kOnes * kWall) & nonzero(kinds ^ kOnes * kDoorClosed) & nonzero(kinds ^ kOnes * kDoorLocked) & kOnes;
  return static_cast<unsigned>((clear * 0x0102040810204080ull) >> 56) & kRow;
}

}  // namespace

ViewOffsets::ViewOffsets(const Layout& layout) {
  constexpr int kHalf = kView / 2;
  for (int direction = 0; direction < 4; ++direction) {
    for (int j = 0; j < kView; ++j) {
      for (int i = 0; i < kView; ++i) {
        const int across = i - kHalf, ahead = kView - 1 - j;
        const int dx = direction == 0 ? ahead : direction == 1 ? -across : direction == 2 ? -ahead : across;
        const int dy = direction == 0 ? across : direction == 1 ? ahead : direction == 2 ? -across : -ahead;
        offset_[static_cast<std::size_t>(direction)][static_cast<std::size_t>(j * 8 + i)] = dx * layout.stride() + dy;
      }
    }
  }
}

void WriteImage(const State& state, const ViewOffsets& offsets, const std::uint8_t* agent_cell, bool see_through_walls,
                std::uint8_t* image) {
  static const RowLight* const kRowLights = RowLights().data();
  alignas(64) std::array<std::uint8_t, kView * 8> view;  // [view row][view column, one spare]
  const std::int32_t* const offset = offsets.of(state.direction);
  for (std::size_t j = 0; j < kView; ++j) {
    std::uint64_t row = 0;
    for (std::size_t i = 0; i < kView; ++i) row |= static_cast<std::uint64_t>(agent_cell[offset[j * 8 + i]]) << (8 * i);
    std::memcpy(&view[j * 8], &row, 8);
  }
  if (!see_through_walls) {
    unsigned lit = 1u << (kView / 2);
    for (std::size_t j = kView; j-- > 0;) {
      std::uint64_t row;
      std::memcpy(&row, &view[j * 8], 8);
      const RowLight light = kRowLights[ClearBits(row) << kView | lit];
      row &= kByteMask[light.row];
      std::memcpy(&view[j * 8], &row, 8);
      lit = light.above;
    }
  }
  view[(kView - 1) * 8 + kView / 2] = state.carrying != 0 ? state.carrying : kEmptyCell;
  for (std::size_t i = 0; i < kView; ++i) {
    for (std::size_t j = 0; j < kView; ++j) {
      const std::uint32_t code = kCodes[view[j * 8 + i]];
      // Four bytes at a time; the spare one is overwritten by the next cell, except behind the last.
      std::memcpy(image, &code, i == kView - 1 && j == kView - 1 ? 3 : 4);
      image += 3;
    }
  }
}

}  // namespace rove::minigrid
