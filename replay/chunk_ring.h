// The memory of a replay: a ring of chunks of packed records. Row numbers are absolute (0 is the first row ever inserted) and
// wrap at whole chunks only, where memory is touched: a sequence never sees the seam.
//
//   chunk    [rows][n] records, then [rows / period][n] recurrent states
//   record   the row's obs, extra, action, reward, discount, intrinsic, step_type, end, without padding
//
// One row holds all environments, every frame once. Records keep what one transition needs within two or three cache lines,
// which is what random access pays for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace rove {

// How rows are cut into chunks.
struct ChunkGeometry {
  int n = 1;
  std::int64_t record_bytes = 0, state_bytes = 0;  // of one environment
  std::int64_t period = 1;                         // rows between stored recurrent states
  std::int64_t rows = 0;                           // a chunk; a multiple of period
  std::int64_t chunks = 0;                         // in the ring: those of the kept rows, and one that is half overwritten
  std::int64_t kept = 0;                           // rows of each environment that can be sampled

  std::int64_t period_bytes() const { return n * (period * record_bytes + state_bytes); }
  std::int64_t chunk_bytes() const { return rows / period * period_bytes(); }
  std::int64_t bytes() const { return chunks * chunk_bytes(); }

  // The other fields from n, record_bytes, state_bytes and period: to keep `rows_kept` rows, or as many as fit into `limit`
  // bytes (then kept may come out as 0).
  void Keep(std::int64_t rows_kept, std::int64_t max_chunk_bytes) {
    Cut((rows_kept + period) / period, max_chunk_bytes);
    kept = rows_kept;
    chunks = (kept + rows - 1) / rows + 1;
  }
  void Fit(std::int64_t limit, std::int64_t max_chunk_bytes) {
    const std::int64_t periods = limit / period_bytes();
    Cut(periods, max_chunk_bytes);
    chunks = periods * period / rows;
    kept = std::max<std::int64_t>(0, (chunks - 1) * rows);
  }

 private:
  void Cut(std::int64_t periods, std::int64_t max_chunk_bytes) {
    constexpr std::int64_t kPart = 64;
    const std::int64_t most = max_chunk_bytes / period_bytes();
    const std::int64_t least = std::min(max_chunk_bytes / kPart / period_bytes(), periods / 4);
    rows = std::max<std::int64_t>(1, std::clamp(periods / kPart, least, std::max(least, most))) * period;
  }
};

class ChunkRing {
 public:
  explicit ChunkRing(const ChunkGeometry& geometry)
      : geometry_(geometry), memory_(static_cast<std::byte*>(std::calloc(static_cast<std::size_t>(geometry.bytes()), 1))) {
    if (memory_ == nullptr) throw std::bad_alloc();
  }

  const ChunkGeometry& geometry() const { return geometry_; }
  std::byte* chunk(std::int64_t number) const { return memory_.get() + number % geometry_.chunks * geometry_.chunk_bytes(); }
  // The n records of a row, and its n recurrent states (rows that are multiples of period).
  std::byte* records(std::int64_t row) const {
    return chunk(row / geometry_.rows) + row % geometry_.rows * geometry_.n * geometry_.record_bytes;
  }
  std::byte* states(std::int64_t row) const {
    return chunk(row / geometry_.rows) + geometry_.rows * geometry_.n * geometry_.record_bytes +
           row % geometry_.rows / geometry_.period * geometry_.n * geometry_.state_bytes;
  }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  ChunkGeometry geometry_;
  std::unique_ptr<std::byte, Free> memory_;  // zeros; the system gives pages when they are first written
};

}  // namespace rove
