// Row blocks: a network call always has the same number of rows, because the last bits of a matrix product depend on it. They
// depend on a row's place in the block too (OpenBLAS's Haswell kernel: rows 6 to 11 of every 12 differ from rows 0 to 5); so
// where the cut of a stream must not matter, row k of the stream has to be row k mod kTileRows of its block.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "core/parallel.h"

namespace rove::nn {

inline constexpr std::int64_t kTileRows = 64;
inline constexpr int kBatchShards = 2;  // tasks of one training batch

// Rows [first, first + kTileRows) of x, [rows, width], as a tensor: x's own memory, or where fewer rows are left a copy padded
// with zeros.
inline at::Tensor Tile(std::span<const float> x, std::int64_t width, std::int64_t first) {
  float* from = const_cast<float*>(x.data()) + first * width;  // LibTorch has no tensor of const memory; callers only read
  const std::int64_t rows = static_cast<std::int64_t>(x.size()) / width - first;
  if (rows >= kTileRows) return at::from_blob(from, {kTileRows, width}, at::kFloat);
  at::Tensor padded = at::zeros({kTileRows, width}, at::kFloat);
  std::copy_n(from, rows * width, padded.data_ptr<float>());
  return padded;
}

// call(tile, first, rows) for each block of x, [rows of x, width], without gradients, on the pool's threads: tile holds rows
// first to first + rows, padded to kTileRows.
template <class Call>
void ForEachTile(std::span<const float> x, std::int64_t width, const Call& call) {
  const std::int64_t all = static_cast<std::int64_t>(x.size()) / width;
  ParallelFor(static_cast<int>((all + kTileRows - 1) / kTileRows), [&](int k) {
    const c10::InferenceMode inference;
    const std::int64_t first = k * kTileRows;
    call(Tile(x, width, first), first, std::min(kTileRows, all - first));
  });
}

// Rows [first, second) of shard k of a batch of n rows.
inline std::pair<std::int64_t, std::int64_t> ShardRows(std::int64_t n, int k) {
  return {n * k / kBatchShards, n * (k + 1) / kBatchShards};
}

}  // namespace rove::nn
