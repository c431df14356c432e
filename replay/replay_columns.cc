#include "replay/replay_columns.h"

#include <fmt/format.h>

#include <cmath>
#include <concepts>
#include <span>

namespace rove {
namespace {

TensorSpec Scalar(DType dtype, std::vector<double> low = {}, std::vector<double> high = {}) {
  return {.name = {}, .dtype = dtype, .shape = {}, .low = std::move(low), .high = std::move(high)};
}

// The first of a column's elements that is not finite or not within bounds, or "".
template <class T>
std::string WrongElement(const ReplayColumn& column, std::int64_t rows, int n, std::int64_t first_row, std::int64_t row_step) {
  const std::int64_t width = column.spec.shape.count();
  const std::span<const T> values(static_cast<const T*>(column.data), static_cast<std::size_t>(rows * n * width));
  const auto place = [&](std::size_t at) {
    const std::int64_t cell = static_cast<std::int64_t>(at) / width;
    return fmt::format("{}: row {}, environment {}: ", column.name, first_row + cell / n * row_step, cell % n);
  };
  if constexpr (std::floating_point<T>) {
    for (std::size_t at = 0; at < values.size(); ++at) {
      if (!std::isfinite(values[at])) return place(at) + fmt::format("{} is no finite number; leave such rows out", values[at]);
    }
  } else if (!column.spec.low.empty() && !column.spec.high.empty()) {
    for (std::size_t at = 0; at < values.size(); ++at) {
      const auto element = static_cast<std::int64_t>(at) % width;
      const double low = column.spec.low_of(element), high = column.spec.high_of(element),
                   value = static_cast<double>(values[at]);
      if (value < low || value > high)
        return place(at) + fmt::format("{} is not in {} to {}; correct the file or the environment's config", value, low, high);
    }
  }
  return "";
}

std::string WrongElement(const ReplayColumn& column, std::int64_t rows, int n, std::int64_t first_row, std::int64_t row_step) {
  switch (column.spec.dtype) {
    case DType::kU8: return WrongElement<std::uint8_t>(column, rows, n, first_row, row_step);
    case DType::kI32: return WrongElement<std::int32_t>(column, rows, n, first_row, row_step);
    case DType::kI64: return WrongElement<std::int64_t>(column, rows, n, first_row, row_step);
    case DType::kF32: return WrongElement<float>(column, rows, n, first_row, row_step);
    case DType::kF64: return WrongElement<double>(column, rows, n, first_row, row_step);
  }
  return "";
}

// What is wrong with row t of environment i as one of an episode, or "".
std::string WrongStep(const RolloutView& v, int t, int i) {
  const std::size_t at = v.index(t, i);
  const StepType next = v.step_type[v.index(t + 1, i)];
  const int end = v.end[at];
  if (v.dead(t, i)) {
    if (v.reward[at] != 0 || v.discount[at] != 1 || end != 0)
      return fmt::format("reward {}, discount {}, end {} of a dead row (step_type 2); they must be 0, 1, 0", v.reward[at],
                         v.discount[at], end);
    if (next == StepType::kMid) return "a dead row (step_type 2) is followed by step_type 1; an episode begins with 0";
    return "";
  }
  if ((next == StepType::kLast) != (end != 0))
    return fmt::format("end {} is followed by step_type {}; a row with an end, and no other, is followed by a dead one (2)", end,
                       static_cast<int>(next));
  if (next == StepType::kFirst) return "the next row has step_type 0; an episode begins after a dead row (2)";
  const bool terminated = (end & kTerminated) != 0;
  if (v.discount[at] < 0 || v.discount[at] > 1 || (v.discount[at] == 0) != terminated)
    return fmt::format("discount {} with end {}; it is 0 after a termination (end 1 or 3), else above 0 and at most 1",
                       v.discount[at], end);
  return "";
}

}  // namespace

std::vector<ReplayColumn> ColumnsOf(const RolloutView& slot, const ReplayDeps& columns) {
  std::vector<ReplayColumn> out;
  const auto group = [&](const char* name, std::span<const TensorSpec> specs, std::span<const TensorView> views,
                         ReplayColumn::Rows rows) {
    for (std::size_t k = 0; k < specs.size(); ++k)
      out.push_back({.name = name + specs[k].name, .spec = specs[k], .rows = rows, .data = views[k].data});
  };
  const auto step = [&](const char* name, const TensorSpec& spec, void* data) {
    out.push_back({.name = name, .spec = spec, .rows = ReplayColumn::kSteps, .data = data});
  };
  step("reward", Scalar(DType::kF32), slot.reward.data());
  step("discount", Scalar(DType::kF32, {0}, {1}), slot.discount.data());
  step("end", Scalar(DType::kU8, {0}, {kTerminated | kTruncated}), slot.end.data());
  out.push_back({.name = "step_type",
                 .spec = Scalar(DType::kU8, {0}, {static_cast<double>(StepType::kLast)}),
                 .rows = ReplayColumn::kFrames,
                 .data = slot.step_type.data()});
  step("intrinsic", Scalar(DType::kF32), slot.intrinsic.data());
  step("action", columns.action, slot.action.data);
  group("obs/", columns.obs, slot.obs, ReplayColumn::kFrames);
  group("extra/", columns.extra, slot.extra, ReplayColumn::kFrames);
  group("state/", columns.state, slot.state, ReplayColumn::kStates);
  return out;
}

std::string WrongRows(const RolloutView& slot, const ReplayDeps& columns, std::int64_t first_row) {
  for (const ReplayColumn& column : ColumnsOf(slot, columns)) {
    const std::int64_t row_step = column.rows == ReplayColumn::kStates ? columns.sequence_length : 1;
    std::string wrong = WrongElement(column, column.count(slot.T, columns.sequence_length), slot.n, first_row, row_step);
    if (!wrong.empty()) return wrong;
  }
  for (int t = 0; t < slot.T; ++t) {
    for (int i = 0; i < slot.n; ++i) {
      const std::string wrong = WrongStep(slot, t, i);
      if (!wrong.empty()) return fmt::format("step_type: row {}, environment {}: {}", first_row + t, i, wrong);
    }
  }
  return "";
}

}  // namespace rove
