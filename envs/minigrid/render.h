// Pictures of a grid, put together from tiles: upstream's get_full_render and get_pov_render (minigrid_env.py, 3.1.0 and 3.2.0).
#pragma once

#include <cstdint>

#include "envs/minigrid/outputs.h"
#include "envs/minigrid/tiles.h"

namespace rove::minigrid {

// The world from above: u8 [height * size, width * size, 3]. With highlight, cells in view are lit.
void RenderWorld(const Tiles& tiles, const Scene& scene, bool highlight, std::uint8_t* out);

// What the agent sees: u8 [view * size, view * size, 3], the agent below, in the middle, looking up, over what it carries. Cells
// in view are lit, the others look empty.
void RenderView(const Tiles& tiles, const Scene& scene, std::uint8_t* out);

}  // namespace rove::minigrid
