#include "envs/minigrid/overlap_model.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "envs/minigrid/level.h"

namespace rove::minigrid {
namespace {

constexpr double kDecided = std::numeric_limits<double>::infinity();

// Whether b may lie one cell from a in direction d: where they overlap they are the same.
bool Fits(const Window& a, const Window& b, int n, int d) {
  for (int x = std::max(0, +kDx[d]); x < n + std::min(0, +kDx[d]); ++x) {
    for (int y = std::max(0, +kDy[d]); y < n + std::min(0, +kDy[d]); ++y) {
      if (a.color(n * y + x) != b.color(n * (y - kDy[d]) + x - kDx[d])) return false;
    }
  }
  return true;
}

// The undecided cell with the least key, of all and column by column, so that a change costs the search of its column.
class LeastKey {
 public:
  explicit LeastKey(int side) : side_(side) { std::fill_n(stale_.begin(), side, true); }
  void Set(int cell, double key) {
    keys_[static_cast<std::size_t>(cell)] = key;
    stale_[static_cast<std::size_t>(cell / side_)] = true;
  }
  // The first of them; -1 if all are decided.
  int Find() {
    int least = -1;
    double key = kDecided;
    for (int x = 0; x < side_; ++x) {
      const auto column = static_cast<std::size_t>(x);
      if (stale_[column]) Search(column);
      if (const int at = least_[column]; keys_[static_cast<std::size_t>(at)] < key) {
        least = at;
        key = keys_[static_cast<std::size_t>(at)];
      }
    }
    return least;
  }

 private:
  void Search(std::size_t column) {
    const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(column) * side_;
    least_[column] = static_cast<int>(std::min_element(first, first + side_) - keys_.begin());
    stale_[column] = false;
  }

  int side_;
  std::array<double, OverlapModel::kMaxCells> keys_;
  std::array<int, kMaxSide> least_;
  std::array<bool, kMaxSide> stale_;
};

// Cells whose neighbours are to be looked at, each once.
class Queue {
 public:
  explicit Queue(int cells) : cells_(cells) { std::fill_n(waits_.begin(), cells, false); }
  void Push(int cell) {
    bool& waits = waits_[static_cast<std::size_t>(cell)];
    if (waits) return;
    waits = true;
    ring_[static_cast<std::size_t>(end_)] = static_cast<std::int16_t>(cell);
    if (++end_ == cells_) end_ = 0;
    ++size_;
  }
  bool empty() const { return size_ == 0; }
  int Pop() {
    const int cell = ring_[static_cast<std::size_t>(begin_)];
    if (++begin_ == cells_) begin_ = 0;
    --size_;
    waits_[static_cast<std::size_t>(cell)] = false;
    return cell;
  }

 private:
  int cells_, begin_ = 0, end_ = 0, size_ = 0;
  std::array<std::int16_t, OverlapModel::kMaxCells> ring_;
  std::array<bool, OverlapModel::kMaxCells> waits_;
};

}  // namespace

OverlapModel::OverlapModel(int window_side, std::span<const Window> windows, int side, bool periodic)
    : side_(side), windows_(windows.begin(), windows.end()), around_((windows.size() + kChunkBits - 1) / kChunkBits) {
  ROVE_CHECK_LE(windows.size(), kMaxWindows);
  ROVE_CHECK(side >= 2 && cells() <= kMaxCells);
  for (std::size_t a = 0; a < windows.size(); ++a) {
    for (int d = 0; d < 4; ++d) {
      Mask fits = 0;
      for (std::size_t b = 0; b < windows.size(); ++b) {
        if (Fits(windows[a], windows[b], window_side, d)) fits |= Mask{1} << b;
      }
      ROVE_CHECK_NE(fits, 0u);
      auto& chunk = around_[a / kChunkBits];
      for (std::size_t set = 0; set < kChunk; ++set) {
        if (set >> a % kChunkBits & 1) chunk[set].mask[d] |= fits;
      }
    }
  }
  for (int x = 0; x < side; ++x) {
    for (int y = 0; y < side; ++y) {
      auto& beside = beside_.emplace_back();
      for (std::size_t d = 0; d < 4; ++d) {
        const int bx = x + kDx[d], by = y + kDy[d];
        const bool inside = bx >= 0 && by >= 0 && bx < side && by < side;
        beside[d] = static_cast<std::int16_t>(inside || periodic ? (bx + side) % side * side + (by + side) % side : -1);
      }
    }
  }
}

void OverlapModel::Draw(Pcg64& rng, std::span<std::uint8_t> colors) const {
  const auto count = static_cast<std::size_t>(cells());
  std::array<double, kMaxCells> preference;
  std::array<Mask, kMaxCells> masks;  // the windows that a cell may have
  LeastKey keys(side_);
  Queue queue(cells());
  const auto set = [&](std::size_t cell, Mask mask) {
    const int choices = std::popcount(mask);
    masks[cell] = mask;
    keys.Set(static_cast<int>(cell), choices > 1 ? preference[cell] + choices : kDecided);
  };
  const Mask all = (Mask{1} << windows_.size()) - 1;
  for (std::size_t cell = 0; cell < count; ++cell) {
    preference[cell] = rng.NextDouble() * 0.1;
    set(cell, all);  // each window has neighbours on all sides, so this holds together
  }
  for (int chosen; (chosen = keys.Find()) >= 0;) {
    const auto cell = static_cast<std::size_t>(chosen);
    set(cell, Mask{1} << Choose(rng.NextDouble(), masks[cell]));
    queue.Push(chosen);
    // Until neighbours agree; there is one such state, whatever the order.
    while (!queue.empty()) {
      const auto from = static_cast<std::size_t>(queue.Pop());
      const Sides fit = Around(masks[from]);
      for (std::size_t d = 0; d < 4; ++d) {
        if (beside_[from][d] < 0) continue;
        const auto to = static_cast<std::size_t>(beside_[from][d]);
        const Mask left = masks[to] & fit.mask[d];
        if (left == masks[to]) continue;
        if (left == 0) throw LevelFailed{};
        set(to, left);
        queue.Push(static_cast<int>(to));
      }
    }
  }
  for (std::size_t cell = 0; cell < count; ++cell)  // its window lies with its upper left corner on it
    colors[cell] = static_cast<std::uint8_t>(windows_[static_cast<std::size_t>(std::countr_zero(masks[cell]))].color(0));
}

// numpy's Generator.choice(n, p): the first whose share of the running sum exceeds the draw, sums and divisions in its order.
int OverlapModel::Choose(double draw, Mask mask) const {
  int total = 0;
  for (Mask rest = mask; rest != 0; rest &= rest - 1) total += windows_[static_cast<std::size_t>(std::countr_zero(rest))].weight;
  std::array<double, kMaxWindows> sums;
  double sum = 0;
  std::size_t length = 0;
  for (Mask rest = mask; rest != 0; rest &= rest - 1) {
    sum += static_cast<double>(windows_[static_cast<std::size_t>(std::countr_zero(rest))].weight) / total;
    sums[length++] = sum;
  }
  for (std::size_t k = 0; k + 1 < length && sums[k] / sum <= draw; ++k) mask &= mask - 1;
  return std::countr_zero(mask);
}

}  // namespace rove::minigrid
