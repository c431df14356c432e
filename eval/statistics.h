// Point estimates and intervals, as rliable computes them (Agarwal et al. 2021; scipy's trim_mean). `xs` must not be empty.
#pragma once

#include <span>
#include <vector>

#include "core/rng.h"

namespace rove {

double Mean(std::span<const double> xs);

// 0 <= q <= 1; linear between order statistics, as numpy.quantile's default.
double Quantile(std::span<const double> xs, double q);

// Interquartile mean: sort, drop floor(n/4) at each end, mean of the rest (no fractional weights).
double Iqm(std::span<const double> xs);

struct Interval {
  double low = 0, high = 0;
};

// Percentile bootstrap of a statistic over xs, `resamples` resamples, two-sided `level`. Deterministic in `seed`.
Interval Bootstrap(std::span<const double> xs, double (*statistic)(std::span<const double>), Seed seed, int resamples = 2000,
                   double level = 0.95);

// Wilcoxon's signed-rank test of paired differences against a median of 0: two-sided p, exact. Zeros are dropped, ties get mean
// ranks, and the null distribution is that of all signs of the ranks at hand; so n = 30 costs microseconds. 1 if all are zero.
double WilcoxonSignedRank(std::span<const double> differences);

// The effect that goes with it: the matched-pairs rank-biserial correlation (Kerby 2014), the rank sum of positive differences
// less that of negative ones, over both: 1 if all are positive, -1 if all are negative, 0 if balanced or all zero.
double RankBiserial(std::span<const double> differences);

// Holm's step-down adjustment of p-values tested together; same order.
std::vector<double> Holm(std::span<const double> p);

// Spearman's rank correlation, ties with mean ranks; 0 if either list is constant. Same length.
double RankCorrelation(std::span<const double> xs, std::span<const double> ys);

}  // namespace rove
