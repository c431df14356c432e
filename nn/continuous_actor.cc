#include "nn/continuous_actor.h"

#include <algorithm>
#include <cmath>

namespace rove::nn {

ActionBox::ActionBox(const Config& config, const TensorSpec& action) {
  const auto fail = [&](const char* what) {
    config.Fail("the agent needs a continuous action (f32 or f64) with finite bounds; this environment's is " +
                std::string(Name(action.dtype)) + " " + ToString(action.shape) + what);
  };
  if (action.dtype != DType::kF32 && action.dtype != DType::kF64) fail("");
  if (action.low.empty() || action.high.empty()) fail(" without bounds");
  for (std::int64_t j = 0; j < action.shape.count(); ++j) {
    const double low = action.low_of(j), high = action.high_of(j);
    if (!std::isfinite(low) || !std::isfinite(high)) fail(" without bounds");
    low_.push_back(low);
    high_.push_back(high);
    middle_.push_back((low + high) / 2);
    half_.push_back((high - low) / 2);
  }
}

void ActionBox::ToAction(std::span<const float> unit, TensorView actions, std::int64_t row) const {
  const std::size_t size = half_.size(), first = static_cast<std::size_t>(row) * size;
  for (std::size_t j = 0; j < size; ++j) {
    const double action = std::clamp(middle_[j] + half_[j] * static_cast<double>(unit[j]), low_[j], high_[j]);
    if (actions.dtype == DType::kF32) {
      actions.As<float>()[first + j] = static_cast<float>(action);
    } else {
      actions.As<double>()[first + j] = action;
    }
  }
}

void ActionBox::ToUnit(ConstTensorView actions, std::int64_t row, std::span<float> unit) const {
  const std::size_t size = half_.size(), first = static_cast<std::size_t>(row) * size;
  for (std::size_t j = 0; j < size; ++j) {
    const double action =
        actions.dtype == DType::kF32 ? static_cast<double>(actions.As<float>()[first + j]) : actions.As<double>()[first + j];
    unit[j] = half_[j] > 0 ? static_cast<float>((action - middle_[j]) / half_[j]) : 0;
  }
}

namespace {

Inputs MakeInputs(const Config& config, const EnvSpec& env) {
  return Inputs(config, env.obs, ReadInputs(config, env.obs, PolicyColumns(env.obs)));
}

}  // namespace

ContinuousActor::ContinuousActor(const Config& config, const EnvSpec& env, const std::vector<std::int64_t>& hidden)
    : inputs(MakeInputs(config, env)),
      box(config, env.action),
      net("actor", inputs.size(), hidden, 2 * box.size(), 0.01f, &layout) {
  config.Get("log_std_min", &gaussian.log_std_min);
  config.Get("log_std_max", &gaussian.log_std_max);
  if (gaussian.log_std_min >= gaussian.log_std_max) config.At("log_std_min").Fail("expected below log_std_max");
}

}  // namespace rove::nn
