#include "cli/random_actions.h"

#include <fmt/format.h>

#include "core/error.h"

namespace rove {

void FillRandomActions(const TensorSpec& spec, NoiseStream noise, TensorView out) {
  const std::int64_t row = spec.shape.count();
  for (std::int64_t i = 0; i < out.shape.count(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const double low = spec.low_of(i % row), high = spec.high_of(i % row);
    switch (spec.dtype) {
      case DType::kI32:
        out.As<std::int32_t>()[at] = static_cast<std::int32_t>(low + noise.Below(static_cast<std::uint32_t>(high - low) + 1));
        break;
      case DType::kF32: out.As<float>()[at] = static_cast<float>(low + (high - low) * noise.UniformDouble()); break;
      case DType::kF64: out.As<double>()[at] = low + (high - low) * noise.UniformDouble(); break;
      default: throw UserError(fmt::format("cannot draw actions of type {}", Name(spec.dtype)));
    }
  }
}

}  // namespace rove
