// RecencyBuffer: the last `capacity` rows of floats, first in, first out. Memory grows to capacity * width * 4 bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/archive.h"
#include "core/error.h"

namespace rove {

class RecencyBuffer {
 public:
  RecencyBuffer(std::int64_t capacity, std::int64_t width)
      : capacity_(static_cast<std::size_t>(capacity)), width_(static_cast<std::size_t>(width)) {}

  void Push(std::span<const float> row) {  // [width]; the oldest row goes if the buffer is full
    ROVE_DCHECK(row.size() == width_);
    if (size() < capacity_) {
      rows_.insert(rows_.end(), row.begin(), row.end());
      return;
    }
    std::ranges::copy(row, rows_.begin() + static_cast<std::ptrdiff_t>(oldest_ * width_));
    oldest_ = (oldest_ + 1) % capacity_;
  }

  std::size_t size() const { return rows_.size() / width_; }
  // Row k in memory order, k < size(): every kept row once, but not by age.
  std::span<const float> operator[](std::size_t k) const { return std::span(rows_).subspan(k * width_, width_); }

  void Serialize(Archive& ar) {
    ar("rows", rows_);
    ar("oldest", oldest_);
  }

 private:
  std::size_t capacity_, width_;
  std::vector<float> rows_;  // a ring once it is full
  std::size_t oldest_ = 0;   // its oldest row then
};

}  // namespace rove
