#include "rewards/neighbour_memory.h"

#include <algorithm>

#include "core/archive.h"
#include "core/error.h"
#include "rewards/vector_kernels.h"

namespace rove {

void NeighbourMemory::Add(std::span<const float> row) {
  ROVE_DCHECK(row.size() == width_);
  const std::size_t lane = end_ % kLanes;
  if (lane == 0) blocks_.emplace_back(width_ * kLanes);
  for (std::size_t j = 0; j < width_; ++j) blocks_.back()[j * kLanes + lane] = row[j];
  ++end_;
}

void NeighbourMemory::DropBefore(std::size_t number) {
  for (; (dropped_ + 1) * kLanes <= std::min(number, end_); ++dropped_) blocks_.pop_front();
}

void NeighbourMemory::Clear() {
  blocks_.clear();
  end_ = dropped_ = 0;
}

std::size_t NeighbourMemory::Nearest(std::span<const float> x, std::size_t first, std::size_t last, std::span<float> out) const {
  ROVE_DCHECK(first >= dropped_ * kLanes && last <= end_);
  std::size_t found = 0;
  float distances[kLanes];
  for (std::size_t start = first - first % kLanes; start < last; start += kLanes) {
    SquaredDistances(blocks_[start / kLanes - dropped_].data(), x.data(), width_, distances);
    for (std::size_t row = std::max(start, first); row < std::min(start + kLanes, last); ++row) {
      const float distance = distances[row - start];
      if (found == out.size() && distance >= out[found - 1]) continue;
      if (found < out.size()) ++found;
      std::size_t at = found - 1;
      for (; at > 0 && out[at - 1] > distance; --at) out[at] = out[at - 1];
      out[at] = distance;
    }
  }
  return found;
}

void NeighbourMemory::Serialize(Archive& ar) {
  ar.Section("neighbour_memory", 1, [&](int) {
    ar("end", end_);
    ar("dropped", dropped_);
    const std::size_t blocks = (end_ + kLanes - 1) / kLanes;
    if (dropped_ > blocks) throw SystemError("neighbour_memory: more blocks were dropped than added; the checkpoint is damaged");
    if (ar.reading()) blocks_.clear();
    for (std::size_t k = dropped_; k < blocks; ++k) {
      if (ar.reading()) blocks_.emplace_back(width_ * kLanes);
      std::vector<float>& block = blocks_[k - dropped_];
      ar.Block("block", block.data(), block.size() * sizeof(float));
    }
  });
}

}  // namespace rove
