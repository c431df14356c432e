#include "agents/sac/actor.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "nn/ops.h"

namespace rove {

ActionBox::ActionBox(const Config& config, const TensorSpec& action) {
  const auto fail = [&](const char* what) {
    config.Fail("sac needs a continuous action (f32 or f64) with finite bounds; this environment's is " +
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

nn::Inputs ReadSacInputs(const Config& config, const EnvSpec& env) {
  return nn::Inputs(config, env.obs, nn::ReadInputs(config, env.obs, nn::PolicyColumns(env.obs)));
}

}  // namespace

SacActor::SacActor(const Config& config, const EnvSpec& env, const std::vector<std::int64_t>& hidden)
    : inputs(ReadSacInputs(config, env)),
      box(config, env.action),
      net("actor", inputs.size(), hidden, 2 * box.size(), 0.01f, &layout) {
  config.Get("log_std_min", &gaussian.log_std_min);
  config.Get("log_std_max", &gaussian.log_std_max);
  if (gaussian.log_std_min >= gaussian.log_std_max) config.At("log_std_min").Fail("expected below log_std_max");
}

namespace {

class SacPolicy final : public Policy {
 public:
  SacPolicy(std::shared_ptr<const SacActor> actor, ActMode mode, int block)
      : actor_(std::move(actor)),
        mode_(mode),
        values_(static_cast<std::size_t>(actor_->layout.size())),
        params_(actor_->layout, values_),
        tape_(actor_->net, block),
        x_(at::zeros({block, actor_->inputs.size()}, at::kFloat)),
        rows_(static_cast<std::size_t>(block)),
        noise_(static_cast<std::size_t>(actor_->box.size())),
        unit_(noise_.size()) {
    nn::UseOneThread();
    std::iota(rows_.begin(), rows_.end(), 0);
  }

  void Sync(const ParamSnapshot& snapshot) override {
    std::ranges::copy(dynamic_cast<const SacSnapshot&>(snapshot).values, values_.begin());
  }

  // One network call of always `block` rows; what the rows after the last hold does not reach the others.
  void Act(const ActInput& in, const ActOutput& out) override {
    const std::size_t m = in.env_id.size(), actions = unit_.size();
    ROVE_CHECK_LE(m, rows_.size());
    const float* row = nullptr;
    if (mode_ != ActMode::kRandom) {
      actor_->inputs.Fill(in.obs, std::span(rows_).first(m), x_.data_ptr<float>(), x_.size(1));
      row = actor_->net.Forward(params_, x_, &tape_).data_ptr<float>();
    }
    for (std::size_t i = 0; i < m; ++i) {
      NoiseStream noise = in.noise->At(static_cast<std::uint64_t>(in.env_id[i]), static_cast<std::uint64_t>(in.step));
      switch (mode_) {
        case ActMode::kRandom:
          for (float& unit : unit_) unit = 2 * noise.Uniform() - 1;
          break;
        case ActMode::kExplore:
          for (float& x : noise_) x = noise.Normal();
          actor_->gaussian.Sample({row + i * 2 * actions, 2 * actions}, noise_, unit_);
          break;
        case ActMode::kEvaluate:  // the mean, squashed: the median of the action's distribution
          for (std::size_t j = 0; j < actions; ++j) unit_[j] = std::tanh(row[i * 2 * actions + j]);
          break;
      }
      actor_->box.ToAction(unit_, out.action, static_cast<std::int64_t>(i));
    }
  }

 private:
  std::shared_ptr<const SacActor> actor_;
  ActMode mode_;
  std::vector<float> values_;
  nn::Params params_;
  nn::DenseNet::Tape tape_;
  at::Tensor x_;  // [block, D]
  std::vector<std::int32_t> rows_;
  std::vector<float> noise_, unit_;  // of one row, [A]
};

}  // namespace

std::unique_ptr<Policy> MakeSacPolicy(std::shared_ptr<const SacActor> actor, ActMode mode, int block) {
  return std::make_unique<SacPolicy>(std::move(actor), mode, block);
}

}  // namespace rove
