// Point estimates and intervals, as rliable computes them (Agarwal et al. 2021; scipy's trim_mean). `xs` must not be empty.
#pragma once

#include <functional>
#include <optional>
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

// The same over strata (tasks): the runs of each are resampled within it (rliable's stratified bootstrap). No stratum is empty.
using Strata = std::vector<std::vector<double>>;
Interval StratifiedBootstrap(const Strata& strata, const std::function<double(const Strata&)>& statistic, Seed seed,
                             int resamples = 2000, double level = 0.95);

// P(X > Y) + P(X = Y) / 2 over all pairs of runs: Mann and Whitney's U / (n m).
double ProbabilityOfImprovement(std::span<const double> xs, std::span<const double> ys);

// The test that goes with it, of one distribution for both, not of a probability of 1/2: unequal spreads alone may show.
// Two-sided p, exact: the share of all ways to deal these values into groups of these sizes that move U as far from n m / 2 or
// farther; ties keep mean ranks. Five runs above five others: 2/252.
double MannWhitney(std::span<const double> xs, std::span<const double> ys);

// Time to an event, or, where it did not come while the run was watched, the time until which it was.
struct Duration {
  double time = 0;
  bool event = false;
};

// Kaplan and Meier's estimate of P(event later than t): a step function, from 1, falling to survival[k] at time[k] (the times of
// events, ascending). A run censored at t counts as watched at t.
struct SurvivalCurve {
  std::vector<double> time, survival;
};
SurvivalCurve KaplanMeier(std::span<const Duration> durations);
// When survival falls below 1/2; where it stands at 1/2 for a while before it does, the middle of that while, and where it stays
// there for good, its beginning. None if it stays above, as when fewer than half of the runs had the event.
std::optional<double> MedianTime(const SurvivalCurve& curve);

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
