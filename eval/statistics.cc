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
  const auto of_one = [&](const Strata& strata) { return statistic(strata[0]); };
  return StratifiedBootstrap({{xs.begin(), xs.end()}}, of_one, seed, resamples, level);
}

Interval StratifiedBootstrap(const Strata& strata, const std::function<double(const Strata&)>& statistic, Seed seed,
                             int resamples, double level) {
  const Noise noise(seed, "bootstrap");
  Strata sample = strata;
  std::vector<double> values;
  for (int r = 0; r < resamples; ++r) {
    for (std::size_t s = 0; s < strata.size(); ++s) {
      ROVE_CHECK(!strata[s].empty());
      NoiseStream draws = noise.At(s, static_cast<std::uint64_t>(r));
      for (double& x : sample[s]) x = strata[s][draws.Below(static_cast<std::uint32_t>(strata[s].size()))];
    }
    values.push_back(statistic(sample));
  }
  return {Quantile(values, (1 - level) / 2), Quantile(values, (1 + level) / 2)};
}

double ProbabilityOfImprovement(std::span<const double> xs, std::span<const double> ys) {
  ROVE_CHECK(!xs.empty() && !ys.empty());
  double wins = 0;
  for (const double x : xs) {
    for (const double y : ys) wins += x > y ? 1 : x == y ? 0.5 : 0;
  }
  return wins / static_cast<double>(xs.size() * ys.size());
}

SurvivalCurve KaplanMeier(std::span<const Duration> durations) {
  std::vector<Duration> sorted(durations.begin(), durations.end());
  std::sort(sorted.begin(), sorted.end(), [](const Duration& a, const Duration& b) { return a.time < b.time; });
  SurvivalCurve curve;
  double survival = 1;
  for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    int events = 0;
    for (; end < sorted.size() && sorted[end].time == sorted[begin].time; ++end) events += sorted[end].event ? 1 : 0;
    if (events == 0) continue;
    const auto watched = static_cast<double>(sorted.size() - begin);
    survival *= (watched - events) / watched;
    curve.time.push_back(sorted[begin].time);
    curve.survival.push_back(survival);
  }
  return curve;
}

std::optional<double> MedianTime(const SurvivalCurve& curve) {
  for (std::size_t k = 0; k < curve.time.size(); ++k) {
    if (curve.survival[k] > 0.5 + 1e-12) continue;
    const bool stands = curve.survival[k] > 0.5 - 1e-12 && k + 1 < curve.time.size();
    return stands ? std::midpoint(curve.time[k], curve.time[k + 1]) : curve.time[k];
  }
  return std::nullopt;
}

namespace {

// Ranks 1 .. n, ties share their mean; doubled, so that they are whole numbers.
std::vector<int> DoubledRanks(std::span<const double> xs) {
  std::vector<std::size_t> order(xs.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return xs[a] < xs[b]; });
  std::vector<int> ranks(xs.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && xs[order[end]] == xs[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = static_cast<int>(begin + end + 1);
  }
  return ranks;
}

struct SignedRanks {
  std::vector<int> ranks;       // doubled, of the sizes of what is not 0
  int total = 0, positive = 0;  // their sums
};

SignedRanks RankSigned(std::span<const double> differences) {
  std::vector<double> sizes, signs;
  for (const double x : differences) {
    if (x == 0) continue;
    sizes.push_back(std::abs(x));
    signs.push_back(x);
  }
  SignedRanks out{.ranks = DoubledRanks(sizes)};
  for (std::size_t i = 0; i < signs.size(); ++i) {
    out.total += out.ranks[i];
    if (signs[i] > 0) out.positive += out.ranks[i];
  }
  return out;
}

}  // namespace

double MannWhitney(std::span<const double> xs, std::span<const double> ys) {
  ROVE_CHECK(!xs.empty() && !ys.empty());
  std::vector<double> all(xs.begin(), xs.end());
  all.insert(all.end(), ys.begin(), ys.end());
  const std::vector<int> ranks = DoubledRanks(all);
  const int total = std::accumulate(ranks.begin(), ranks.end(), 0);
  // chance[k][s]: that k of the values seen so far are dealt to the first group and their ranks sum to s, where each value goes
  // there with probability n / (n + m); given k = n, all deals are equally likely.
  std::vector<std::vector<double>> chance(xs.size() + 1, std::vector<double>(static_cast<std::size_t>(total) + 1));
  chance[0][0] = 1;
  const double first = static_cast<double>(xs.size()) / static_cast<double>(all.size());
  for (const int rank : ranks) {
    for (std::size_t k = chance.size(); k-- > 0;) {
      for (std::size_t sum = chance[k].size(); sum-- > 0;) {
        const auto before = static_cast<std::ptrdiff_t>(sum) - rank;
        chance[k][sum] =
            chance[k][sum] * (1 - first) + (k > 0 && before >= 0 ? chance[k - 1][static_cast<std::size_t>(before)] * first : 0);
      }
    }
  }
  const auto distance = [mean = static_cast<int>(xs.size() * (all.size() + 1))](int sum) { return std::abs(sum - mean); };
  const int seen = distance(std::accumulate(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(xs.size()), 0));
  double extreme = 0, deals = 0;
  for (int sum = 0; sum <= total; ++sum) {
    const double each = chance.back()[static_cast<std::size_t>(sum)];
    deals += each;
    if (distance(sum) >= seen) extreme += each;
  }
  return extreme / deals;
}

double WilcoxonSignedRank(std::span<const double> differences) {
  const SignedRanks signed_ranks = RankSigned(differences);
  std::vector<double> chance(static_cast<std::size_t>(signed_ranks.total) + 1);  // of each sum of positive ranks
  chance[0] = 1;
  for (const int each : signed_ranks.ranks) {
    const auto rank = static_cast<std::size_t>(each);
    for (std::size_t sum = chance.size(); sum-- > 0;) chance[sum] = (chance[sum] + (sum >= rank ? chance[sum - rank] : 0)) / 2;
  }
  const auto extreme = static_cast<std::ptrdiff_t>(std::min(signed_ranks.positive, signed_ranks.total - signed_ranks.positive));
  const double tail = std::accumulate(chance.begin(), chance.begin() + extreme + 1, 0.0);
  return std::min(1.0, 2 * tail);
}

double RankBiserial(std::span<const double> differences) {
  const SignedRanks signed_ranks = RankSigned(differences);
  return signed_ranks.total == 0 ? 0 : (2.0 * signed_ranks.positive - signed_ranks.total) / signed_ranks.total;
}

std::vector<double> Holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - i) * p[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

double RankCorrelation(std::span<const double> xs, std::span<const double> ys) {
  ROVE_CHECK_EQ(xs.size(), ys.size());
  const std::vector<int> x = DoubledRanks(xs), y = DoubledRanks(ys);
  const auto mean = static_cast<double>(xs.size() + 1);  // of doubled ranks
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double dx = x[i] - mean, dy = y[i] - mean;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx == 0 || yy == 0 ? 0 : xy / std::sqrt(xx * yy);
}

}  // namespace rove
