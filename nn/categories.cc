#include "nn/categories.h"

#include <algorithm>

#include "nn/inputs.h"

namespace rove::nn {
namespace {

constexpr double kMaxChoices = 4096;  // a wider range is a number, not a set of choices
constexpr int kAction = -1;

}  // namespace

bool IsMinigridImage(const TensorSpec& spec) {
  return spec.dtype == DType::kU8 && spec.shape.rank == 3 && spec.shape.dim[2] == 3;
}

std::int64_t Choices(const TensorSpec& spec) {
  if (spec.dtype != DType::kI32 || spec.low.empty() || spec.high.empty()) return 0;
  double most = 0;
  for (std::int64_t e = 0; e < spec.shape.count(); ++e) most = std::max(most, spec.high_of(e) - spec.low_of(e) + 1);
  return most <= kMaxChoices ? static_cast<std::int64_t>(most) : 0;
}

Categories::Categories(const Config& config, std::span<const TensorSpec> obs, const TensorSpec& action) {
  std::vector<std::string> discrete = PolicyColumns(obs);
  std::erase_if(discrete, [&](const std::string& name) {
    const TensorSpec& spec = obs[static_cast<std::size_t>(FindColumn(obs, name))];
    return !IsMinigridImage(spec) && Choices(spec) == 0;
  });
  if (discrete.empty() && !config.Has("inputs")) config.Fail("categorical needs a MiniGrid image or bounded integers to read");
  const Config place = config.Has("inputs") ? config.At("inputs") : config;
  for (const int index : ReadInputs(config, obs, discrete)) Add(index, obs[static_cast<std::size_t>(index)], place);
  Add(kAction, action, config);
}

void Categories::Add(int index, const TensorSpec& spec, const Config& place) {
  const std::int64_t choices = Choices(spec);
  if (choices == 0 && !IsMinigridImage(spec))
    place.Fail("\"" + spec.name + "\" is neither a MiniGrid image nor bounded integers, so it has no categories");
  Column column{index, spec.shape.count(), {}};
  for (std::int64_t e = 0; e < column.elements; ++e) {
    groups_.push_back(choices > 0 ? choices : kMinigridCodes[e % 3]);
    width_ += groups_.back();
    if (choices > 0) column.low.push_back(static_cast<std::int32_t>(spec.low_of(e)));
  }
  columns_.push_back(std::move(column));
}

void Categories::Fill(std::span<const ConstTensorView> obs, ConstTensorView action, std::span<const std::int32_t> rows,
                      float* out) const {
  for (const Column& column : columns_) {
    const void* data = column.index == kAction ? action.data : obs[static_cast<std::size_t>(column.index)].data;
    float* to = out;
    for (const std::int32_t row : rows) {
      for (std::int64_t e = 0; e < column.elements; ++e) {
        const std::int64_t at = row * column.elements + e;
        to[e] = column.low.empty()
                    ? static_cast<float>(static_cast<const std::uint8_t*>(data)[at])
                    : static_cast<float>(static_cast<const std::int32_t*>(data)[at] - column.low[static_cast<std::size_t>(e)]);
      }
      to += elements();
    }
    out += column.elements;
  }
}

std::vector<float> Categories::OneHot(std::span<const float> numbers) const {
  std::vector<float> out(numbers.size() / groups_.size() * static_cast<std::size_t>(width_));
  float* to = out.data();
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    const std::int64_t choices = groups_[k % groups_.size()];
    const auto number = static_cast<std::int64_t>(numbers[k]);
    if (number >= 0 && number < choices) to[number] = 1;
    to += choices;
  }
  return out;
}

}  // namespace rove::nn
