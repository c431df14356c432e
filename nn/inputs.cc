#include "nn/inputs.h"

#include <algorithm>
#include <cmath>

#include "nn/categories.h"

namespace rove::nn {
namespace {

template <class T>
void Copy(const void* data, std::span<const std::int32_t> rows, std::int64_t elements, float* out, std::int64_t stride) {
  for (const std::int32_t row : rows) {
    const T* from = static_cast<const T*>(data) + row * elements;
    for (std::int64_t e = 0; e < elements; ++e) out[e] = static_cast<float>(from[e]);
    out += stride;
  }
}

}  // namespace

std::vector<std::string> PolicyColumns(std::span<const TensorSpec> obs) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : obs) {
    if (spec.role == Role::kPolicy && spec.dtype != DType::kI64) names.push_back(spec.name);
  }
  return names;
}

std::vector<int> ReadInputs(const Config& config, std::span<const TensorSpec> obs, const std::vector<std::string>& defaults) {
  std::vector<std::string> names = defaults, known;
  config.Get("inputs", &names);
  for (const TensorSpec& spec : obs) known.push_back(spec.name);
  std::vector<int> columns;
  for (const std::string& name : names) {
    const int column = FindColumn(obs, name);
    if (column < 0) {
      std::string all;
      for (const std::string& each : known) all += (all.empty() ? "" : ", ") + each;
      config.At("inputs").Fail("the environment has no observation \"" + name + "\"" + DidYouMean(name, known) + " (it has " +
                               all + ")");
    }
    if (std::ranges::count(columns, column) > 0) config.At("inputs").Fail("\"" + name + "\" is named twice");
    columns.push_back(column);
  }
  if (columns.empty()) config.At("inputs").Fail("is empty; name at least one observation");
  return columns;
}

Inputs::Inputs(const Config& config, std::span<const TensorSpec> obs, std::span<const int> columns) {
  for (const int index : columns) {
    const TensorSpec& spec = obs[static_cast<std::size_t>(index)];
    if (spec.dtype == DType::kI64)
      config.At("inputs").Fail("\"" + spec.name + "\" is a 64-bit key, which no network can read; leave it out");
    Column column{index, spec.dtype, spec.shape.count(), Choices(spec), {}};
    for (std::int64_t e = 0; column.choices > 0 && e < column.elements; ++e) {
      column.low.push_back(static_cast<std::int32_t>(spec.low_of(e)));
    }
    size_ += column.width();
    columns_.push_back(std::move(column));
  }
}

void Inputs::Fill(std::span<const ConstTensorView> obs, std::span<const std::int32_t> rows, float* out,
                  std::int64_t stride) const {
  for (const Column& column : columns_) {
    const void* data = obs[static_cast<std::size_t>(column.index)].data;
    if (column.choices > 0) {
      float* to = out;
      for (const std::int32_t row : rows) {
        const std::int32_t* from = static_cast<const std::int32_t*>(data) + row * column.elements;
        std::fill_n(to, column.width(), 0.0f);
        for (std::int64_t e = 0; e < column.elements; ++e) {
          const std::int64_t choice = from[e] - column.low[static_cast<std::size_t>(e)];
          ROVE_CHECK(choice >= 0 && choice < column.choices);  // the environment broke its spec
          to[e * column.choices + choice] = 1;
        }
        to += stride;
      }
    } else {
      switch (column.dtype) {
        case DType::kU8: Copy<std::uint8_t>(data, rows, column.elements, out, stride); break;
        case DType::kI32: Copy<std::int32_t>(data, rows, column.elements, out, stride); break;
        case DType::kF32: Copy<float>(data, rows, column.elements, out, stride); break;
        case DType::kF64: Copy<double>(data, rows, column.elements, out, stride); break;
        case DType::kI64: ROVE_CHECK(false); break;
      }
    }
    out += column.width();
  }
}

}  // namespace rove::nn
