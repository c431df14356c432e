// Running moments that stay correct for any cut of the data into batches (Chan, Golub, LeVeque 1979).
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "core/archive.h"

namespace rove {

// Count, mean and variance of a stream of numbers, in double. Empty: mean 0, variance 0, std 0.
class RunningMoments {
 public:
  void Add(double x) { Merge(1, x, 0); }
  void Add(std::span<const float> xs);               // exact two-pass moments of the batch, then merged
  void Merge(double count, double mean, double m2);  // m2: sum of squared deviations
  double count() const { return count_; }
  double mean() const { return mean_; }
  double variance() const { return count_ > 0 ? m2_ / count_ : 0; }  // population variance
  double std() const { return std::sqrt(variance()); }
  void Serialize(Archive& ar) {
    ar("count", count_);
    ar("mean", mean_);
    ar("m2", m2_);
  }

 private:
  double count_ = 0, mean_ = 0, m2_ = 0;
};

// The running std of the discounted sum of a reward, kept per environment: what RND divides its bonus by (Burda et al. 2019;
// the mean is not removed). The sum runs over time within each environment (not over environments: cleanrl issue 360) and is
// not cut at episode ends.
class DiscountedReturnStd {
 public:
  explicit DiscountedReturnStd(int num_envs, double gamma = 0.99) : gamma_(gamma), sums_(static_cast<std::size_t>(num_envs)) {}
  // rewards: [T*n] time-major; dead[t*n+i] != 0 leaves out that row. Updates the sums, then the moments with the whole batch.
  void Add(int T, std::span<const float> rewards, std::span<const std::uint8_t> dead);
  double std() const { return moments_.std(); }
  double count() const { return moments_.count(); }
  void Serialize(Archive& ar) {
    ar("sums", sums_);
    ar("moments", moments_);
  }

 private:
  double gamma_;
  std::vector<double> sums_;
  RunningMoments moments_;
};

}  // namespace rove
