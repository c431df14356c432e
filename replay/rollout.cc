#include "replay/rollout.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/archive.h"

namespace rove {

BatchView AsBatch(const RolloutView& rollout) {
  BatchView batch;
  static_cast<SequenceView&>(batch) = rollout;
  return batch;
}

RolloutSlot::RolloutSlot(Shape shape, std::span<const TensorSpec> obs, const TensorSpec& action,
                         std::span<const TensorSpec> extra, std::span<const TensorSpec> state)
    : shape_(shape),
      obs_spec_(obs.begin(), obs.end()),
      extra_spec_(extra.begin(), extra.end()),
      state_spec_(state.begin(), state.end()),
      action_(action.dtype, action.shape.Prepend(shape.n).Prepend(shape.T)) {
  const auto rows = static_cast<std::size_t>(shape.T) * static_cast<std::size_t>(shape.n);
  const int state_rows = shape.sequence_length > 0 ? shape.T / shape.sequence_length : 1;
  const auto allocate = [&](std::span<const TensorSpec> specs, std::int64_t leading, std::vector<Tensor>* tensors,
                            std::vector<TensorView>* views) {
    for (const TensorSpec& spec : specs) tensors->emplace_back(spec.dtype, spec.shape.Prepend(shape.n).Prepend(leading));
    for (Tensor& tensor : *tensors) views->push_back(tensor.view());
  };
  allocate(obs_spec_, shape.T + 1, &obs_, &obs_view_);
  allocate(extra_spec_, shape.T + 1, &extra_, &extra_view_);
  allocate(state_spec_, state_rows, &state_, &state_view_);
  const auto row_of = [&](const TensorView& view, const TensorSpec& spec, int t) {
    TensorView row = view.Rows(t, 1);
    row.shape = spec.shape.Prepend(shape.n);
    return row;
  };
  for (int t = 0; t <= shape.T; ++t) {
    auto& obs_row = obs_at_.emplace_back();
    for (std::size_t k = 0; k < obs_spec_.size(); ++k) obs_row.push_back(row_of(obs_view_[k], obs_spec_[k], t));
    auto& extra_row = extra_at_.emplace_back();
    for (std::size_t k = 0; k < extra_spec_.size(); ++k) extra_row.push_back(row_of(extra_view_[k], extra_spec_[k], t));
    if (t < shape.T) action_at_.push_back(row_of(action_.view(), action, t));
  }
  reward64_.resize(rows);
  reward_.resize(rows);
  discount_.resize(rows);
  intrinsic_.resize(rows);
  total_.resize(rows);
  end_.resize(rows);
  step_type_.resize(rows + static_cast<std::size_t>(shape.n));
  env_id_.resize(static_cast<std::size_t>(shape.n));
  std::iota(env_id_.begin(), env_id_.end(), 0);
}

RolloutView RolloutSlot::view() {
  RolloutView out;
  out.T = shape_.T;
  out.n = shape_.n;
  out.obs = obs_view_;
  out.obs_spec = obs_spec_;
  out.action = action_.view();
  out.reward = reward_;
  out.discount = discount_;
  out.end = end_;
  out.step_type = step_type_;
  out.intrinsic = intrinsic_;
  out.total = total_;
  out.extra = extra_view_;
  out.extra_spec = extra_spec_;
  out.state = state_view_;
  out.state_spec = state_spec_;
  out.env_id = env_id_;
  out.policy_version = policy_version;
  out.first_step = first_step;
  return out;
}

void RolloutSlot::RoundRewards(int begin, int end) {
  for (int t = 0; t < shape_.T; ++t) {
    const auto row = static_cast<std::size_t>(t) * static_cast<std::size_t>(shape_.n);
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      reward_[row + i] = static_cast<float>(reward64_[row + i]);
    }
  }
}

void RolloutSlot::CopyLastRow(const RolloutSlot& before, int begin, int end) {
  for (std::size_t k = 0; k < obs_.size(); ++k) {
    const TensorView from = before.obs_at(before.shape_.T)[k].Rows(begin, end - begin);
    std::memcpy(obs_at(0)[k].Rows(begin, end - begin).data, from.data, from.bytes());
  }
  const auto last = static_cast<std::ptrdiff_t>(before.shape_.T) * before.shape_.n;
  std::copy(before.step_type_.begin() + last + begin, before.step_type_.begin() + last + end, step_type_.begin() + begin);
}

void RolloutSlot::Poison() {
  constexpr int kByte = 0xCD;
  const auto fill = [](auto& column, std::size_t keep) {
    std::memset(column.data(), kByte, (column.size() - keep) * sizeof column[0]);
  };
  for (Tensor& tensor : obs_) std::memset(tensor.view().data, kByte, tensor.bytes() - tensor.view().row_bytes());
  for (auto* tensors : {&extra_, &state_}) {
    for (Tensor& tensor : *tensors) std::memset(tensor.view().data, kByte, tensor.bytes());
  }
  std::memset(action_.view().data, kByte, action_.bytes());
  fill(reward64_, 0);
  fill(reward_, 0);
  fill(discount_, 0);
  fill(intrinsic_, 0);
  fill(total_, 0);
  fill(end_, 0);
  fill(step_type_, static_cast<std::size_t>(shape_.n));
}

void RolloutSlot::SerializeLastRow(Archive& ar) {
  ar.Section("last_row", 1, [&](int) {
    for (TensorView& obs : obs_at_.back()) ar.Block("obs", obs.data, obs.bytes());
    ar.Block("step_type", &step_type_[step_type_.size() - static_cast<std::size_t>(shape_.n)],
             static_cast<std::size_t>(shape_.n));
  });
}

void RolloutSlot::Serialize(Archive& ar) {
  ar.Section("slot", 1, [&](int) {
    for (auto* tensors : {&obs_, &extra_, &state_}) {
      for (Tensor& tensor : *tensors) ar("column", tensor);
    }
    ar("action", action_);
    ar("reward64", reward64_);
    ar("reward", reward_);
    ar("discount", discount_);
    ar("intrinsic", intrinsic_);
    ar("total", total_);
    ar("end", end_);
    ar("step_type", step_type_);
    ar("policy_version", policy_version);
    ar("first_step", first_step);
  });
}

}  // namespace rove
