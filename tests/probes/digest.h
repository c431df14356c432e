// One number that changes with any byte of a rollout or sample.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>

#include "replay/rollout.h"

namespace rove {

inline std::uint64_t Digest(const SequenceView& rows, std::uint64_t seed) {
  const auto fold = [&](const void* data, std::size_t bytes) { seed = XXH3_64bits_withSeed(data, bytes, seed); };
  for (const auto& columns : {rows.obs, rows.extra, rows.state}) {
    for (const TensorView& column : columns) fold(column.data, column.bytes());
  }
  fold(rows.action.data, rows.action.bytes());
  for (const auto& column : {rows.reward, rows.discount, rows.intrinsic, rows.total}) fold(column.data(), column.size_bytes());
  fold(rows.end.data(), rows.end.size_bytes());
  fold(rows.step_type.data(), rows.step_type.size_bytes());
  return seed;
}

}  // namespace rove
