// NeighbourMemory: embeddings in order of arrival, and the distances to the nearest of them. Rows are kept in blocks of 64 side
// by side (4 * width * 64 bytes each), so that a query costs one pass of vector instructions.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

namespace rove {

class Archive;

class NeighbourMemory {
 public:
  explicit NeighbourMemory(std::size_t width) : width_(width) {}

  std::size_t end() const { return end_; }  // rows ever added: the next one's number
  void Add(std::span<const float> row);     // [width]
  void DropBefore(std::size_t number);      // rows below it may be forgotten; frees whole blocks
  void Clear();

  // Writes the squared Euclidean distances from x to its nearest rows among those numbered [first, last), ascending, at most
  // out.size() of them; returns how many. The rows must not have been dropped. Thread-safe beside other calls of itself.
  std::size_t Nearest(std::span<const float> x, std::size_t first, std::size_t last, std::span<float> out) const;

  void Serialize(Archive& ar);

 private:
  std::size_t width_, end_ = 0, dropped_ = 0;  // dropped_: blocks
  std::deque<std::vector<float>> blocks_;      // each [width, 64]: element j of row l at j * 64 + l
};

}  // namespace rove
