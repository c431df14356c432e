// Discrete observations and actions as groups of one-hot floats, kept as the numbers that they are (a MiniGrid view: 147 floats
// instead of 1029) until a network reads them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/tensor.h"

namespace rove::nn {

// How many objects, colours and states a MiniGrid image tells apart (a closed set upstream: OBJECT_TO_IDX, COLOR_TO_IDX of
// minigrid/core/constants.py 3.x; states are those of a door, or an agent's direction).
inline constexpr std::int64_t kMinigridCodes[] = {11, 6, 4}, kMinigridCodesTotal = 21;

bool IsMinigridImage(const TensorSpec& spec);  // u8 [height, width, 3]
// Choices of each element of a discrete column (i32 with bounds, at most 4096 apart), else 0.
std::int64_t Choices(const TensorSpec& spec);

class Categories {
 public:
  // The columns that config's list `inputs` names (default: all discrete ones that a policy may see), then the action. Throws
  // Error(kUser) where one is neither a MiniGrid image nor a bounded integer.
  Categories(const Config& config, std::span<const TensorSpec> obs, const TensorSpec& action);

  std::span<const std::int64_t> groups() const { return groups_; }  // choices of each element
  std::int64_t elements() const { return std::ssize(groups_); }     // numbers a row, E
  std::int64_t width() const { return width_; }                     // one-hot floats a row: sum of groups()

  // Rows rows[k] of obs and action, each [any, ...], to out + k * E, each number less its lower bound.
  void Fill(std::span<const ConstTensorView> obs, ConstTensorView action, std::span<const std::int32_t> rows, float* out) const;
  // numbers: [rows, E]; returns [rows, width()]. A number out of range (upstream has no such code) sets nothing in its group.
  std::vector<float> OneHot(std::span<const float> numbers) const;

 private:
  struct Column {
    int index = 0;  // in obs; -1: the action
    std::int64_t elements = 0;
    std::vector<std::int32_t> low;  // [elements] of an i32 column; empty: u8
  };
  void Add(int index, const TensorSpec& spec, const Config& place);

  std::vector<Column> columns_;
  std::vector<std::int64_t> groups_;
  std::int64_t width_ = 0;
};

}  // namespace rove::nn
