#include "nn/whitened_inputs.h"

#include <algorithm>
#include <cmath>

#include "core/archive.h"

namespace rove::nn {
namespace {

constexpr double kLeastVariance = 1e-8;  // added: an element that never varied becomes 0

}  // namespace

WhitenedInputs::WhitenedInputs(const Config& config, std::span<const TensorSpec> obs)
    : inputs_(config, obs, ReadInputs(config, obs, PolicyColumns(obs))) {
  config.Get("clip", &clip_, Positive());
  mean_.resize(static_cast<std::size_t>(size()));
  m2_.resize(mean_.size());
  scale_.resize(mean_.size(), 1.0);
}

void WhitenedInputs::SetScale(std::size_t element) {
  scale_[element] = 1 / std::sqrt(m2_[element] / static_cast<double>(count_) + kLeastVariance);
}

void WhitenedInputs::Observe(float* x) {
  ++count_;
  for (std::size_t e = 0; e < mean_.size(); ++e) {
    const double before = static_cast<double>(x[e]) - mean_[e];
    mean_[e] += before / static_cast<double>(count_);
    m2_[e] += before * (static_cast<double>(x[e]) - mean_[e]);
    SetScale(e);
  }
  Whiten(x, 1, size());
}

void WhitenedInputs::Whiten(float* x, std::int64_t rows, std::int64_t stride) const {
  for (std::int64_t row = 0; row < rows; ++row, x += stride) {
    for (std::size_t e = 0; e < scale_.size(); ++e) {
      const double white = (static_cast<double>(x[e]) - mean_[e]) * scale_[e];
      x[e] = std::clamp(static_cast<float>(white), -clip_, clip_);
    }
  }
}

void WhitenedInputs::Serialize(Archive& ar) {
  ar.Section("whitened_inputs", 1, [&](int) {
    ar("count", count_);
    ar.Block("mean", mean_.data(), mean_.size() * sizeof(double));
    ar.Block("m2", m2_.data(), m2_.size() * sizeof(double));
  });
  if (!ar.reading() || count_ == 0) return;
  for (std::size_t e = 0; e < m2_.size(); ++e) SetScale(e);
}

}  // namespace rove::nn
