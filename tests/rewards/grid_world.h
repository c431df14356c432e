// A 10 x 10 grid world for tests that hold a bonus's ranks against those of true counts.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "rewards/reward_module.h"

namespace rove::testing {

inline constexpr int kSide = 10;

// As two coordinates, or as the same numbers one-hot.
inline EnvSpec Spec(bool one_hot) {
  return {.obs = {{.name = "position",
                   .dtype = one_hot ? DType::kI32 : DType::kF32,
                   .shape = {2},
                   .low = {0},
                   .high = {kSide - 1},
                   .role = Role::kPolicy},
                  {.name = "state_key", .dtype = DType::kI64, .shape = {}, .low = {}, .high = {}, .role = Role::kPrivileged}},
          .action = {.name = "action", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {3}, .role = Role::kPolicy},
          .max_steps = 0,
          .success_return = {}};
}

// Where action leads from a cell: down, right, up, left.
inline int Move(int cell, int action) {
  int row = cell / kSide, column = cell % kSide;
  if (action == 0) row = std::min(row + 1, kSide - 1);
  if (action == 1) column = std::min(column + 1, kSide - 1);
  if (action == 2) row = std::max(row - 1, 0);
  if (action == 3) column = std::max(column - 1, 0);
  return row * kSide + column;
}

// Writes obs[t] of column i.
inline void WriteCell(const EnvSpec& spec, const SequenceView& view, int t, int i, int cell) {
  const std::size_t row = view.index(t, i);
  const int position[] = {cell / kSide, cell % kSide};
  for (std::size_t k = 0; k < 2; ++k) {
    if (spec.obs[0].dtype == DType::kI32) {
      view.obs[0].As<std::int32_t>()[2 * row + k] = position[k];
    } else {
      view.obs[0].As<float>()[2 * row + k] = static_cast<float>(position[k]);
    }
  }
  view.obs[1].As<std::int64_t>()[row] = cell;
}

inline std::vector<double> Ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0, j = 0; i < order.size(); i = j) {  // ties share their mean rank
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    for (std::size_t k = i; k < j; ++k) ranks[order[k]] = static_cast<double>(i + j - 1) / 2;
  }
  return ranks;
}

// Rank correlation.
inline double Spearman(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> x = Ranks(a), y = Ranks(b);
  const double mean = static_cast<double>(x.size() - 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xy / std::sqrt(xx * yy);
}

}  // namespace rove::testing
