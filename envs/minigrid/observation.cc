#include "envs/minigrid/observation.h"

#include <algorithm>

namespace rove::minigrid {
namespace {

constexpr unsigned kRow = (1u << kView) - 1;

// process_vis lights one view row at a time, from the agent's upward. `lit`: lit cells of the row so far, `clear`: its
// see-through cells; bit i is view column i. Upstream sweeps to the right, then to the left, and each lit see-through cell lights
// its neighbour in the sweep and the two above. After both sweeps every run of see-through cells that held a lit one is lit, with
// the cells beside it; and the run and the cells beside it are what is lit above. So the row's lit cells are lit | LightAbove.
unsigned LightAbove(unsigned clear, unsigned lit) {
  unsigned run = lit & clear;
  for (int i = 1; i < kView; ++i) run |= (run << 1 | run >> 1) & clear;
  return (run | run << 1 | run >> 1) & kRow;
}

}  // namespace

ViewReader::ViewReader(const Layout& layout) {
  constexpr int kHalf = kView / 2, kFar = kView - 1;
  const int stride = layout.stride();
  windows_ = {{{kFar * stride - kHalf, -stride},
               {kHalf * stride, -stride},
               {-kFar * stride - kHalf, stride},
               {-kHalf * stride - kFar, stride}}};
}

namespace {

void WritePlain(const View& out, const ViewReader& reader, bool see_through_walls) {
  const State& state = *out.state;
  const ViewReader::Window window = reader.window(state.direction);
  std::array<std::array<Cell, kView>, kView> view;  // [row][column]
  for (std::size_t word = 0; word < kView; ++word) {
    for (std::size_t byte = 0; byte < kView; ++byte) {
      const std::size_t at = Backward(state.direction) ? kView - 1 - byte : byte;
      const Cell cell =
          out.agent_cell[window.first + static_cast<std::int32_t>(word) * window.step + static_cast<std::int32_t>(at)];
      (WordsAreColumns(state.direction) ? view[byte][word] : view[word][byte]) = cell;
    }
  }
  if (!see_through_walls) {
    unsigned lit = 1u << (kView / 2);
    for (std::size_t j = kView; j-- > 0;) {
      unsigned clear = 0;
      for (std::size_t i = 0; i < kView; ++i) clear |= static_cast<unsigned>(SeeThrough(view[j][i])) << i;
      const unsigned above = LightAbove(clear, lit);
      for (std::size_t i = 0; i < kView; ++i) {
        if (!((lit | above) >> i & 1)) view[j][i] = kUnseenCell;
      }
      lit = above;
    }
  }
  view[kView - 1][kView / 2] = state.carrying != 0 ? state.carrying : kEmptyCell;
  std::uint8_t* image = out.image;
  for (std::size_t i = 0; i < kView; ++i) {
    for (std::size_t j = 0; j < kView; ++j) {
      const auto code = Encode(view[j][i]);
      image = std::copy(code.begin(), code.end(), image);
    }
  }
}

void WriteImagesPlain(std::span<const View> views, const ViewReader& reader, bool see_through_walls) {
  for (const View& view : views) WritePlain(view, reader, see_through_walls);
}

}  // namespace

std::span<const ImagePath> ImagePaths() {
  static const std::vector<ImagePath> paths = [] {
    std::vector<ImagePath> out = {{"plain", WriteImagesPlain}};
    const auto registers = RegisterImagePaths();
    out.insert(out.end(), registers.begin(), registers.end());
    return out;
  }();
  return paths;
}

void WriteImage(const State& state, const ViewReader& reader, const std::uint8_t* agent_cell, bool see_through_walls,
                std::uint8_t* image) {
  const View view = {&state, agent_cell, image};
  ImagePaths().back().write({&view, 1}, reader, see_through_walls);
}

}  // namespace rove::minigrid
