// Optional ability of a VectorEnv: a picture of one row, for people. Looked up with dynamic_cast; an environment without it
// cannot be drawn.
#pragma once

#include <cstdint>
#include <vector>

namespace rove {

struct Picture {
  int width = 0, height = 0;      // pixels
  std::vector<std::uint8_t> rgb;  // [height, width, 3]
  bool operator==(const Picture&) const = default;
};

struct RenderOptions {
  enum View { kWorld, kAgent } view = kWorld;  // all of it from above, or what the agent sees
  bool highlight = true;                       // kWorld: what the agent sees is lighter
  int scale = 32;                              // pixels a unit of length (MiniGrid: a cell), 1 .. kMaxScale
  static constexpr int kMaxScale = 256;
};

class Renderable {
 public:
  virtual ~Renderable() = default;

  // Draws the state that row is in, which must have been reset. Fills *out, whose memory is used again if it suffices. Rows may
  // be drawn concurrently, not while they are stepped.
  virtual void Render(int row, const RenderOptions& options, Picture* out) const = 0;
};

}  // namespace rove
