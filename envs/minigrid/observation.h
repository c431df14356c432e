// The agent's egocentric view of 7 x 7 cells with upstream's occlusion (minigrid_env.py gen_obs, Grid.process_vis, 3.1.0).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "envs/minigrid/state.h"

namespace rove::minigrid {

constexpr int kImageBytes = kView * kView * 3;

// For a layout: how to read the view around the agent's cell in padded bytes, for each direction. The 7 x 7 window is 7 words of
// 8 bytes: in directions 0 and 2 they are the view's rows, in 1 and 3 its columns; in 1 and 2 their bytes run backward.
class ViewReader {
 public:
  struct Window {
    std::int32_t first, step;  // of word 0 relative to the agent's cell; from word to word
  };
  explicit ViewReader(const Layout& layout);
  const Window& window(int direction) const { return windows_[static_cast<std::size_t>(direction)]; }

 private:
  std::array<Window, 4> windows_{};
};

// One image to write: [7][7][3] = [view column][view row][type, colour, state]. agent_cell points at the agent's cell in padded
// bytes.
struct View {
  const State* state;
  const std::uint8_t* agent_cell;
  std::uint8_t* image;
};
using ImageWriter = void (*)(std::span<const View> views, const ViewReader& reader, bool see_through_walls);

// The ways to do it that this processor has, the plain one first, the fastest last. All write the same bytes. Those in registers
// take sixteen views at a time to find what is hidden: pass many.
struct ImagePath {
  const char* name;
  ImageWriter write;
};
std::span<const ImagePath> ImagePaths();
// One image by the fastest; costs two to three times what one of many does.
void WriteImage(const State& state, const ViewReader& reader, const std::uint8_t* agent_cell, bool see_through_walls,
                std::uint8_t* image);

// For their implementation: those in registers (observation_x86.cc; none elsewhere), and how words lie in the view.
std::vector<ImagePath> RegisterImagePaths();
constexpr bool Backward(int direction) { return direction == 1 || direction == 2; }
constexpr bool WordsAreColumns(int direction) { return direction == 1 || direction == 3; }

}  // namespace rove::minigrid
