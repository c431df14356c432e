// Pixels as observation columns: upstream's RGBImgObsWrapper and RGBImgPartialObsWrapper (Farama Minigrid 3.2.0, wrappers.py),
// with their parameters `tile_size` and, of the first, the environment's `highlight`. At another view size `rgb_partial` is what
// upstream draws for an environment made with that agent_view_size; its ViewSizeWrapper leaves the pixels as they were.
#include "envs/minigrid/family.h"
#include "envs/minigrid/outputs.h"
#include "envs/minigrid/render.h"

namespace rove::minigrid {
namespace {

const Tiles& ReadTiles(const Config& config) {
  int size = 8;
  config.Get("tile_size", &size, InRange(1, kMaxTileSize));
  return Tiles::OfSize(size);
}

const OutputRegistrar kOutputs[] = {
    {"rgb",
     [](const OutputDeps& deps) -> Output {
       const Tiles& tiles = ReadTiles(deps.config);
       bool highlight = true;
       deps.config.Get("highlight", &highlight);
       const Layout& layout = deps.info.layout;
       return {{"rgb", DType::kU8, {layout.height * tiles.size(), layout.width * tiles.size(), 3}, {0}, {255}, Role::kPrivileged},
               [&tiles, highlight](const Scene& scene, void* to) {
                 RenderWorld(tiles, scene, highlight, static_cast<std::uint8_t*>(to));
               }};
     }},
    {"rgb_partial",
     [](const OutputDeps& deps) -> Output {
       const Tiles& tiles = ReadTiles(deps.config);
       const std::int64_t side = deps.info.layout.view * tiles.size();
       return {{"rgb_partial", DType::kU8, {side, side, 3}, {0}, {255}, Role::kPolicy},
               [&tiles](const Scene& scene, void* to) { RenderView(tiles, scene, static_cast<std::uint8_t*>(to)); }};
     }},
};

}  // namespace
}  // namespace rove::minigrid
