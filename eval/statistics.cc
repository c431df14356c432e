#include "eval/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/error.h"

namespace rove {

double Mean(std::span<const double> xs) {
  ROVE_CHECK(!xs.empty());
  return std::accumulate(xs.begin(), xs.end(), 0.0) / static_cast<double>(xs.size());
}

double Quantile(std::span<const double> xs, double q) {
  ROVE_CHECK(!xs.empty());
  std::vector<double> sorted(xs.begin(), xs.end());
  std::sort(sorted.begin(), sorted.end());
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], at - static_cast<double>(below));
}

double Iqm(std::span<const double> xs) {
  std::vector<double> sorted(xs.begin(), xs.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t cut = sorted.size() / 4;
  return Mean(std::span(sorted).subspan(cut, sorted.size() - 2 * cut));
}

Interval Bootstrap(std::span<const double> xs, double (*statistic)(std::span<const double>), Seed seed, int resamples,
                   double level) {
  ROVE_CHECK(!xs.empty());
  const Noise noise(seed, "bootstrap");
  std::vector<double> sample(xs.size()), values;
  for (int r = 0; r < resamples; ++r) {
    NoiseStream draws = noise.At(0, static_cast<std::uint64_t>(r));
    for (double& x : sample) x = xs[draws.Below(static_cast<std::uint32_t>(xs.size()))];
    values.push_back(statistic(sample));
  }
  return {Quantile(values, (1 - level) / 2), Quantile(values, (1 + level) / 2)};
}

}  // namespace rove
