// The agent's view at any size: what observation.h does for 7 x 7, for every odd size of a Layout. Source: Farama Minigrid 3.1.0,
// minigrid_env.py gen_obs_grid and Grid.process_vis, which are one rule for all sizes.
#pragma once

#include <cstdint>

#include "envs/minigrid/state.h"

namespace rove::minigrid {

// Writes image [v][v][3] = [view column][view row][type, colour, state], v = layout.view in 3 .. kMaxView. agent_cell points at
// the agent's cell in padded bytes.
void WriteView(const State& state, const Layout& layout, const Cell* agent_cell, bool see_through_walls, std::uint8_t* image);

}  // namespace rove::minigrid
