#include "core/running_stats.h"

#include "core/error.h"

namespace rove {
namespace {

// Exact two-pass moments of the batch, merged into `moments`.
template <class T>
void AddBatch(std::span<const T> xs, RunningMoments* moments) {
  const auto count = static_cast<double>(xs.size());
  double sum = 0, m2 = 0;
  for (const T x : xs) sum += static_cast<double>(x);
  const double mean = xs.empty() ? 0 : sum / count;
  for (const T x : xs) m2 += (static_cast<double>(x) - mean) * (static_cast<double>(x) - mean);
  moments->Merge(count, mean, m2);
}

}  // namespace

void RunningMoments::Add(std::span<const float> xs) { AddBatch(xs, this); }

void RunningMoments::Merge(double count, double mean, double m2) {
  if (count == 0) return;
  const double total = count_ + count, delta = mean - mean_;
  m2_ += m2 + delta * delta * (count_ * count / total);
  mean_ += delta * (count / total);
  count_ = total;
}

void DiscountedReturnStd::Add(int T, std::span<const float> rewards, std::span<const std::uint8_t> dead) {
  const std::size_t rows = static_cast<std::size_t>(T) * sums_.size();
  ROVE_CHECK_EQ(rewards.size(), rows);
  ROVE_CHECK_EQ(dead.size(), rows);
  std::vector<double> batch;
  batch.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    if (dead[row] != 0) continue;
    double& sum = sums_[row % sums_.size()];
    sum = gamma_ * sum + static_cast<double>(rewards[row]);
    batch.push_back(sum);
  }
  AddBatch(std::span<const double>(batch), &moments_);
}

}  // namespace rove
