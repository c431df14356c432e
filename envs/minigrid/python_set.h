// The order in which CPython iterates a set of pairs (x, y): levels of upstream depend on it (wfc.cc). A set is an open table
// that keeps the order of hashes and collisions, not of insertion. As CPython 3.10 to 3.13, Objects/setobject.c (set_add_entry,
// set_table_resize) and tupleobject.c (tuplehash), on 64 bits; without removal.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/error.h"
#include "envs/minigrid/state.h"

namespace rove::minigrid {

// hash((x, y)): xxHash's rounds over the hashes of the parts, which are the numbers themselves.
constexpr std::uint64_t PythonHash(Spot spot) {
  constexpr std::uint64_t kPrime1 = 11400714785074694791ULL, kPrime2 = 14029467366897019727ULL, kPrime5 = 2870177450012600261ULL;
  std::uint64_t hash = kPrime5;
  for (const std::uint64_t part : {spot.x, spot.y}) hash = std::rotl(hash + part * kPrime2, 31) * kPrime1;
  return hash + (2 ^ kPrime5 ^ 3527539);
}

// A set() to which things are added one by one, as by set.add, or set.update and set(...) of what is neither set nor dict.
class PythonSet {
 public:
  static constexpr std::size_t kMaxSize = 4914;  // one more, and it would outgrow kMaxSlots
  PythonSet() { Clear(); }
  void Clear() { Resize(kMinSlots); }
  std::size_t size() const { return size_; }

  // False if it is there already.
  bool Add(Spot spot) {
    Spot* const slot = Find(spot);
    if (!Free(*slot)) return false;
    *slot = spot;
    if (++size_ * 5 >= (slots_ - 1) * 3) Grow();
    return true;
  }

  // In the order of iteration.
  template <class F>
  void ForEach(const F& f) const {
    for (const Spot spot : std::span(table_).first(slots_)) {
      if (!Free(spot)) f(spot);
    }
  }

 private:
  static constexpr std::size_t kMinSlots = 8, kMaxSlots = 8192, kProbes = 9;
  static constexpr Spot kFree = {255, 255};
  static bool Free(Spot spot) { return spot.x == kFree.x && spot.y == kFree.y; }

  // Where it is, or is to be.
  Spot* Find(Spot spot) {
    const std::uint64_t hash = PythonHash(spot), mask = slots_ - 1;
    std::uint64_t perturb = hash;
    for (std::uint64_t i = hash & mask;; i = (i * 5 + 1 + perturb) & mask) {
      const std::uint64_t last = i + kProbes <= mask ? i + kProbes : i;
      for (std::uint64_t at = i; at <= last; ++at) {
        if (Free(table_[at]) || (table_[at].x == spot.x && table_[at].y == spot.y)) return &table_[at];
      }
      perturb >>= 5;
    }
  }
  void Grow() {
    const std::size_t before = slots_;
    std::size_t after = kMinSlots;
    while (after <= size_ * 4) after *= 2;
    ROVE_CHECK_LE(after, kMaxSlots);
    std::array<Spot, kMaxSlots> old;
    std::copy_n(table_.begin(), before, old.begin());
    Resize(after);
    for (const Spot spot : std::span(old).first(before)) {
      if (!Free(spot)) *Find(spot) = spot, ++size_;
    }
  }
  void Resize(std::size_t slots) {
    size_ = 0;
    slots_ = slots;
    std::fill_n(table_.begin(), slots_, kFree);
  }

  std::size_t size_, slots_;
  std::array<Spot, kMaxSlots> table_;
};

}  // namespace rove::minigrid
