// A VectorEnv with the columns it writes and the actions it reads, for tests.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/rng.h"
#include "envs/registry.h"

namespace rove {

class EnvBatch {
 public:
  explicit EnvBatch(std::unique_ptr<VectorEnv> env)
      : env_(std::move(env)),
        n_(env_->size()),
        action_(env_->spec().action.dtype, env_->spec().action.shape.Prepend(n_)),
        reward_(size()),
        discount_(size()),
        end_(size()),
        step_type_(size()) {
    for (const TensorSpec& spec : env_->spec().obs) obs_.emplace_back(spec.dtype, spec.shape.Prepend(n_));
    for (Tensor& column : obs_) views_.push_back(column.view());
  }
  EnvBatch(const std::string& id, int n) : EnvBatch(Envs().Create(Config::Parse("type: " + id), {.num_envs = n})) {}

  VectorEnv& env() { return *env_; }
  const EnvSpec& spec() const { return env_->spec(); }
  int n() const { return n_; }
  StepColumns columns() { return {views_, reward_, discount_, end_, step_type_}; }
  TensorView action() { return action_.view(); }

  // All rows, seeded first_seed, first_seed + 1, ...
  void Reset(Seed first_seed) {
    std::vector<int> rows(size());
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<std::optional<Seed>> seeds;
    for (std::size_t i = 0; i < size(); ++i) seeds.emplace_back(first_seed + i);
    env_->Reset(rows, seeds, columns());
  }
  void Step() { Step(0, n_); }
  void Step(int begin, int end) { env_->Step(action_.view(), begin, end, columns()); }
  void Step(std::int32_t same_for_all) {
    std::ranges::fill(action().As<std::int32_t>(), same_for_all);
    Step();
  }

  // Uniform actions within the bounds of the spec: numbers (row, element) of `stream`.
  void DrawActions(NoiseStream stream) {
    const TensorSpec& spec = env_->spec().action;
    for (std::int64_t i = 0; i < action().shape.count(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const double low = spec.low_of(i % spec.shape.count()), high = spec.high_of(i % spec.shape.count());
      const double x = low + (high - low) * stream.UniformDouble();
      if (spec.dtype == DType::kI32)
        action().As<std::int32_t>()[at] =
            static_cast<std::int32_t>(low + stream.Below(static_cast<std::uint32_t>(high - low) + 1));
      else
        action().As<float>()[at] = static_cast<float>(x);
    }
  }

  template <class T>
  std::span<const T> obs(std::string_view name) const {
    return ConstTensorView(views_.at(static_cast<std::size_t>(FindColumn(spec().obs, name)))).As<T>();
  }
  double reward(int row = 0) const { return reward_.at(static_cast<std::size_t>(row)); }
  float discount(int row = 0) const { return discount_.at(static_cast<std::size_t>(row)); }
  int end(int row = 0) const { return end_.at(static_cast<std::size_t>(row)); }
  StepType step_type(int row = 0) const { return step_type_.at(static_cast<std::size_t>(row)); }

  // Every byte of one row of all columns.
  std::string Row(int row) const {
    std::string bytes;
    const auto add = [&bytes](const void* data, std::size_t count) { bytes.append(static_cast<const char*>(data), count); };
    for (const TensorView& view : views_) add(view.Rows(row, 1).data, view.row_bytes());
    const auto r = static_cast<std::size_t>(row);
    add(&reward_[r], sizeof reward_[r]);
    add(&discount_[r], sizeof discount_[r]);
    add(&end_[r], sizeof end_[r]);
    add(&step_type_[r], sizeof step_type_[r]);
    return bytes;
  }
  std::string Rows() const {
    std::string bytes;
    for (int row = 0; row < n_; ++row) bytes += Row(row);
    return bytes;
  }
  // Sets every byte of every column to `byte`.
  void FillColumns(int byte) {
    for (const TensorView& view : views_) std::memset(view.data, byte, view.bytes());
    std::memset(reward_.data(), byte, size() * sizeof(double));
    std::memset(discount_.data(), byte, size() * sizeof(float));
    std::memset(end_.data(), byte, size());
    std::memset(static_cast<void*>(step_type_.data()), byte, size());
  }

  std::string Save() {
    Archive ar;
    env_->Serialize(ar);
    return ar.bytes();
  }
  void Load(const std::string& bytes) {
    Archive ar(bytes, "test");
    env_->Serialize(ar);
    ar.ExpectEnd();
  }

 private:
  std::size_t size() const { return static_cast<std::size_t>(n_); }

  std::unique_ptr<VectorEnv> env_;
  int n_;
  Tensor action_;
  std::vector<Tensor> obs_;
  std::vector<TensorView> views_;
  std::vector<double> reward_;
  std::vector<float> discount_;
  std::vector<std::uint8_t> end_;
  std::vector<StepType> step_type_;
};

}  // namespace rove
