#include "rewards/factor_scale.h"

#include <cmath>

#include "core/archive.h"

namespace rove {

void FactorScale::Released::Add(std::span<const float> batch) {
  RunningMoments moments;
  moments.Add(batch);
  const double n = moments.count(), total = count + n, delta = moments.mean() - mean;
  const double m2 = n > 1 ? moments.variance() * n / (n - 1) * n : 0;  // unbiased variance times n
  variance = (variance * count + m2 + delta * delta * count * n / total) / total;
  mean += delta + n / total;
  count = total;
}

void FactorScale::Add(std::span<const float> batch) {
  if (batch.empty()) return;
  moments_.Add(batch);
  if (normalizer_ == Normalizer::kAsReleased) released_.Add(batch);
}

double FactorScale::divisor() const {
  double std = 1;
  if (normalizer_ == Normalizer::kFixed) std = moments_.std();
  if (normalizer_ == Normalizer::kAsReleased) std = std::sqrt(released_.variance);
  return std > 1e-8 ? std : 1;
}

void FactorScale::Serialize(Archive& ar) {
  ar("moments", moments_);
  ar("released_count", released_.count);
  ar("released_mean", released_.mean);
  ar("released_variance", released_.variance);
}

}  // namespace rove
