#include "nn/action_inputs.h"

#include <cmath>

namespace rove::nn {
namespace {

constexpr int kFirst[] = {0};

}  // namespace

ActionInputs::ActionInputs(const Config& config, const TensorSpec& spec) : spec_(spec), inputs_(config, {&spec, 1}, kFirst) {}

void ActionInputs::Fill(ConstTensorView action, std::span<const std::int32_t> rows, float* out, std::int64_t stride) const {
  inputs_.Fill({&action, 1}, rows, out, stride);
  if ((spec_.dtype != DType::kF32 && spec_.dtype != DType::kF64) || spec_.low.empty() || spec_.high.empty()) return;
  for (std::size_t row = 0; row < rows.size(); ++row, out += stride) {
    for (std::int64_t e = 0; e < size(); ++e) {
      const double low = spec_.low_of(e), high = spec_.high_of(e);
      if (high > low && std::isfinite(high - low))
        out[e] = static_cast<float>(2 * (static_cast<double>(out[e]) - low) / (high - low) - 1);
    }
  }
}

}  // namespace rove::nn
