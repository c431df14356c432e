// The agent's egocentric view of 7 x 7 cells with upstream's occlusion (minigrid_env.py gen_obs, Grid.process_vis, 3.1.0).
#pragma once

#include <array>
#include <cstdint>

#include "envs/minigrid/state.h"

namespace rove::minigrid {

constexpr int kImageBytes = kView * kView * 3;

// For a layout: where the 49 cells of the view lie relative to the agent's cell, for each direction.
class ViewOffsets {
 public:
  explicit ViewOffsets(const Layout& layout);
  const std::int32_t* of(int direction) const { return offset_[static_cast<std::size_t>(direction)].data(); }

 private:
  std::array<std::array<std::int32_t, kView * 8>, 4> offset_{};  // [direction][view row * 8 + view column]
};

// Writes image [7][7][3] = [view column][view row][type, colour, state]. agent_cell points at the agent's cell in padded bytes.
void WriteImage(const State& state, const ViewOffsets& offsets, const std::uint8_t* agent_cell, bool see_through_walls,
                std::uint8_t* image);

}  // namespace rove::minigrid
