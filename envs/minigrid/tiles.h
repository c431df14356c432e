// Pictures of single cells, pixel for pixel those of Farama Minigrid 3.1.0 and 3.2.0 at every size (core/grid.py render_tile,
// core/world_object.py render, utils/rendering.py: facts only).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "envs/minigrid/cell.h"

namespace rove::minigrid {

constexpr int kMaxTileSize = 256;
constexpr int kNoAgent = 4;  // in place of a direction

// All tiles of one size. Each is drawn when it is first asked for and lives as long as the process. Any thread.
class Tiles {
 public:
  static const Tiles& OfSize(int size);  // 1 .. kMaxTileSize pixels a side

  int size() const { return size_; }

  // u8 [size, size, 3]. An unseen cell looks like an empty one. agent: its direction if it stands there, else kNoAgent; it covers
  // what is in the cell. lit: lightened, as cells in view are.
  const std::uint8_t* Get(Cell cell, int agent, bool lit) const {
    const std::uint8_t* const tile = tiles_[Index(cell, agent, lit)].load(std::memory_order_acquire);
    return tile != nullptr ? tile : Add(cell, agent, lit);
  }

 private:
  explicit Tiles(int size) : size_(size) {}
  static std::size_t Index(Cell cell, int agent, bool lit) {
    return static_cast<std::size_t>((lit * (kNoAgent + 1) + agent) * 128 + cell);
  }
  const std::uint8_t* Add(Cell cell, int agent, bool lit) const;

  int size_;
  mutable std::array<std::atomic<const std::uint8_t*>, std::size_t{2} * (kNoAgent + 1) * 128> tiles_{};
  mutable std::mutex mutex_;  // of what follows
  mutable std::vector<std::unique_ptr<const std::uint8_t[]>> storage_;
};

}  // namespace rove::minigrid
