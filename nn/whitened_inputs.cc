#include "nn/whitened_inputs.h"

#include <algorithm>
#include <cmath>

#include "core/archive.h"

namespace rove::nn {
namespace {

constexpr double kLeastVariance = 1e-8;  // added: an element that never varied becomes 0

}  // namespace

WhitenedInputs::WhitenedInputs(const Config& config, std::span<const TensorSpec> obs) {
  if (config.Has("encoder")) {
    make_encoder_ = [encoder = config.At("encoder"), columns = std::vector(obs.begin(), obs.end())](ParamLayout* layout) {
      return Encoders().Create(encoder, {.obs = columns, .layout = layout});
    };
    ParamLayout unused;
    encoder_ = make_encoder_(&unused);
    size_ = encoder_->input_size();
    whiten_ = false;
  } else {
    inputs_.emplace(config, obs, ReadInputs(config, obs, PolicyColumns(obs)));
    size_ = inputs_->size();
  }
  config.Get("whiten", &whiten_);
  if (whiten_) config.Get("clip", &clip_, Positive());
  for (auto* moments : {&mean_, &m2_, &center_}) moments->resize(static_cast<std::size_t>(size_));
  scale_.resize(mean_.size(), 1.0);
}

void WhitenedInputs::FillRaw(std::span<const ConstTensorView> obs, std::span<const std::int32_t> rows, float* out,
                             std::int64_t stride) const {
  if (inputs_) {
    inputs_->Fill(obs, rows, out, stride);
    return;
  }
  ROVE_CHECK_EQ(stride, size_);
  encoder_->Fill(obs, rows, out);
}

void WhitenedInputs::Add(const float* x) {
  ++count_;
  if (!whiten_) return;
  const double share = 1 / static_cast<double>(count_);
  for (std::size_t e = 0; e < mean_.size(); ++e) {
    const double before = static_cast<double>(x[e]) - mean_[e];
    mean_[e] += before * share;
    m2_[e] += before * (static_cast<double>(x[e]) - mean_[e]);
  }
}

void WhitenedInputs::Rescale() {
  if (!whiten_ || count_ == 0) return;
  center_ = mean_;
  const double share = 1 / static_cast<double>(count_);
  for (std::size_t e = 0; e < mean_.size(); ++e) scale_[e] = 1 / std::sqrt(m2_[e] * share + kLeastVariance);
}

void WhitenedInputs::Whiten(float* x, std::int64_t rows, std::int64_t stride) const {
  if (!whiten_) return;
  for (std::int64_t row = 0; row < rows; ++row, x += stride) {
    for (std::size_t e = 0; e < scale_.size(); ++e) {
      const double white = (static_cast<double>(x[e]) - center_[e]) * scale_[e];
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
  if (ar.reading()) Rescale();
}

}  // namespace rove::nn
