#include "envs/minigrid/render.h"

#include <array>
#include <cstring>

namespace rove::minigrid {
namespace {

constexpr int kMaxColumns = 256;  // Layout: sides of at most 255
using TileRow = std::array<const std::uint8_t*, kMaxColumns>;

// One row of tiles, `bytes` = 3 * size to a line of one; as a constant where known, for the copies are that short.
template <class Bytes>
void CopyLines(const TileRow& tiles, int columns, int size, Bytes bytes, std::uint8_t* out) {
  for (int line = 0; line < size; ++line) {
    for (int x = 0; x < columns; ++x, out += bytes) std::memcpy(out, tiles[static_cast<std::size_t>(x)] + line * bytes, bytes);
  }
}

std::uint8_t* CopyRow(const TileRow& tiles, int columns, int size, std::uint8_t* out) {
  switch (size) {
    case 8: CopyLines(tiles, columns, size, std::integral_constant<int, 24>(), out); break;
    case 16: CopyLines(tiles, columns, size, std::integral_constant<int, 48>(), out); break;
    case 32: CopyLines(tiles, columns, size, std::integral_constant<int, 96>(), out); break;
    default: CopyLines(tiles, columns, size, 3 * size, out); break;
  }
  return out + columns * size * size * 3;
}

}  // namespace

void RenderWorld(const Tiles& tiles, const Scene& scene, bool highlight, std::uint8_t* out) {
  const Layout& layout = scene.layout();
  const State& state = scene.state();
  const int view = layout.view;
  const std::uint8_t* const image = highlight ? scene.image() : nullptr;
  const int dx = kDx[state.direction], dy = kDy[state.direction];  // forward; (-dy, dx) is to the right
  const auto lit = [&](int x, int y) {
    if (image == nullptr) return false;
    const int ahead = (x - state.x) * dx + (y - state.y) * dy, right = (y - state.y) * dx - (x - state.x) * dy;
    const int row = view - 1 - ahead, column = view / 2 + right;
    return row >= 0 && row < view && column >= 0 && column < view && image[(column * view + row) * 3] != kUnseen;
  };
  TileRow row;
  for (int y = 0; y < layout.height; ++y) {
    for (int x = 0; x < layout.width; ++x) {
      const int agent = x == state.x && y == state.y ? state.direction : kNoAgent;
      row[static_cast<std::size_t>(x)] = tiles.Get(scene.at(x, y), agent, lit(x, y));
    }
    out = CopyRow(row, layout.width, tiles.size(), out);
  }
}

void RenderView(const Tiles& tiles, const Scene& scene, std::uint8_t* out) {
  constexpr int kUp = 3;
  const int view = scene.layout().view;
  const std::uint8_t* const image = scene.image();
  TileRow row;
  for (int y = 0; y < view; ++y) {
    for (int x = 0; x < view; ++x) {
      const std::uint8_t* const code = image + (x * view + y) * 3;
      const int agent = x == view / 2 && y == view - 1 ? kUp : kNoAgent;
      row[static_cast<std::size_t>(x)] = tiles.Get(Decode(code), agent, code[0] != kUnseen);
    }
    out = CopyRow(row, view, tiles.size(), out);
  }
}

}  // namespace rove::minigrid
