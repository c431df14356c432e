// Wave Function Collapse, overlapping model (Maxim Gumin 2016): pictures of up to four colours in which every N x N window is one
// that a sample has. Draws as Farama Minigrid 3.1.0, envs/wfc/wfclogic (solver.py: entropy and weighted heuristics).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "envs/minigrid/state.h"

namespace rove::minigrid {

// A window of the sample.
struct Window {
  std::uint32_t colors;  // two bits each, that of (x, y) from bit 2 (N y + x) on
  std::uint8_t weight;   // relative: how many of the orientations that upstream looks at show it
  int color(int at) const { return static_cast<int>(colors >> 2 * at & 3); }
};

class OverlapModel {
 public:
  static constexpr std::size_t kMaxWindows = 63;
  static constexpr int kMaxCells = (kMaxSide - 2) * (kMaxSide - 2);

  // For pictures of side x side cells, side >= 2. `window_side` is N, 2 or 3; the order of `windows` matters to what is drawn.
  // periodic: the picture goes on at the opposite edge. Every window must have neighbours on all sides, as those of a sample do
  // that is itself periodic.
  OverlapModel(int window_side, std::span<const Window> windows, int side, bool periodic);
  int side() const { return side_; }
  int cells() const { return side_ * side_; }

  // Draws one picture: colors[side x + y] is that of (x, y). One double for each cell, column by column (which of two with
  // equally many choices is next), then one for each choice. Throws LevelFailed where the choices made leave a cell none, after
  // the draws made so far. Allocates nothing, takes 0.3 MB of stack.
  void Draw(Pcg64& rng, std::span<std::uint8_t> colors) const;

 private:
  using Mask = std::uint64_t;  // of windows
  struct alignas(32) Sides {
    Mask mask[4] = {};  // by direction: right, down, left, up
  };
  // The windows that fit beside a cell which may have those of `mask`.
  Sides Around(Mask mask) const {
    Sides sides;
    for (const auto& chunk : around_) {
      const Sides& some = chunk[mask & (kChunk - 1)];
      for (int d = 0; d < 4; ++d) sides.mask[d] |= some.mask[d];
      mask >>= kChunkBits;
    }
    return sides;
  }
  int Choose(double draw, Mask mask) const;  // one of them by weight

  static constexpr int kChunkBits = 7, kChunk = 1 << kChunkBits;
  int side_;
  std::vector<Window> windows_;
  std::vector<std::array<Sides, kChunk>> around_;    // of each set of windows kChunkBits k to kChunkBits (k + 1) - 1
  std::vector<std::array<std::int16_t, 4>> beside_;  // the cells beside a cell by direction, -1: there is none
};

}  // namespace rove::minigrid
