#include "eval/statistics.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace rove {
namespace {

TEST_CASE("the IQM drops floor(n/4) values at each end, whole ones only", "[eval][unit]") {
  CHECK(Iqm(std::vector<double>{7}) == 7);
  CHECK(Iqm(std::vector<double>{0, 0, 9}) == 3);                                         // floor(3/4) = 0: the mean
  CHECK(Iqm(std::vector<double>{100, 1, 2, -50}) == 1.5);                                // one dropped at each end
  CHECK(Iqm(std::vector<double>{5, 1, 9, 3, 1000}) == Approx(17.0 / 3).epsilon(1e-15));  // five seeds: 3, 5, 9
  CHECK(Iqm(std::vector<double>{8, 7, 6, 5, 4, 3, 2, 1, 0}) == 4);                       // floor(9/4) = 2: 2..6
}

TEST_CASE("quantiles are linear between order statistics", "[eval][unit]") {
  const std::vector<double> xs = {30, 10, 20, 40};
  CHECK(Quantile(xs, 0) == 10);
  CHECK(Quantile(xs, 1) == 40);
  CHECK(Quantile(xs, 0.5) == 25);
  CHECK(Quantile(xs, 0.25) == 17.5);  // position 0.75
}

TEST_CASE("a bootstrap interval of the mean is that of the binomial it resamples", "[eval][unit]") {
  // 40 zeros and 60 ones: a resampled mean is Binomial(100, 0.6)/100, whose 2.5 and 97.5 % points are 0.50 and 0.69 or 0.70.
  // With 2000 resamples the sample points stray by at most one step of 0.01 (5 sigma of the order statistic).
  std::vector<double> xs(100, 1.0);
  std::fill_n(xs.begin(), 40, 0.0);
  const Interval interval = Bootstrap(xs, Mean, /*seed=*/3);
  CHECK(interval.low == Approx(0.50).margin(0.0101));
  CHECK(interval.high == Approx(0.695).margin(0.0151));
  const Interval half = Bootstrap(xs, Mean, 3, 2000, 0.5);  // 25 and 75 %: 0.57 and 0.63
  CHECK(half.low == Approx(0.57).margin(0.0101));
  CHECK(half.high == Approx(0.63).margin(0.0101));
}

TEST_CASE("a bootstrap is a function of its seed, and certain of a constant", "[eval][unit]") {
  std::vector<double> xs;
  for (int i = 0; i < 40; ++i) xs.push_back(std::exp(0.1 * i));
  const Interval a = Bootstrap(xs, Iqm, 1), again = Bootstrap(xs, Iqm, 1), other = Bootstrap(xs, Iqm, 2);
  CHECK(a.low == again.low);
  CHECK(a.high == again.high);
  CHECK((a.low != other.low || a.high != other.high));
  const Interval constant = Bootstrap(std::vector<double>(5, 2.5), Iqm, 1);
  CHECK(constant.low == 2.5);
  CHECK(constant.high == 2.5);
}

// Two-sided p of the signed-rank test by listing all signs.
double WilcoxonByListing(const std::vector<double>& differences) {
  std::vector<double> sizes;
  for (const double x : differences) {
    if (x != 0) sizes.push_back(std::abs(x));
  }
  std::vector<double> rank;
  for (const double x : sizes) {
    const auto below = std::ranges::count_if(sizes, [&](double y) { return y < x; }), same = std::ranges::count(sizes, x);
    rank.push_back(static_cast<double>(below) + (static_cast<double>(same) + 1) / 2);
  }
  double seen = 0, total = 0;
  std::size_t k = 0;
  for (const double x : differences) {
    if (x == 0) continue;
    seen += x > 0 ? rank[k] : 0;
    total += rank[k++];
  }
  double extreme = 0;
  for (unsigned signs = 0; signs < (1u << rank.size()); ++signs) {
    double sum = 0;
    for (std::size_t i = 0; i < rank.size(); ++i) sum += (signs >> i & 1) != 0 ? rank[i] : 0;
    extreme += sum <= std::min(seen, total - seen);
  }
  return std::min(1.0, 2 * extreme / static_cast<double>(1u << rank.size()));
}

TEST_CASE("Wilcoxon's p is the share of signs at least as extreme, twice", "[eval][unit]") {
  CHECK(WilcoxonSignedRank(std::vector<double>{1, 2, 3, 4, 5}) == Approx(2.0 / 32));       // one of 32 sums, 0
  CHECK(WilcoxonSignedRank(std::vector<double>{-1, 2, 3, 4, 5}) == Approx(2 * 2.0 / 32));  // sums 0 and 1
  CHECK(WilcoxonSignedRank(std::vector<double>{1, -1}) == 1);
  CHECK(WilcoxonSignedRank(std::vector<double>{0, 0}) == 1);
  for (const std::vector<double>& with_ties :
       {std::vector<double>{1.1, -0.4, 2, 0.3, 0.3, -0.3, 1.5, 0.9, 0, 2.2}, {-1, -1, -1, 2, -3, -3, 0.5}, {2, 2, 2, 2, -2, 1}}) {
    CHECK(WilcoxonSignedRank(with_ties) == Approx(WilcoxonByListing(with_ties)));
  }
}

TEST_CASE("the rank-biserial correlation weighs wins by their ranks", "[eval][unit]") {
  CHECK(RankBiserial(std::vector<double>{3, 1, 2}) == 1);
  CHECK(RankBiserial(std::vector<double>{-3, 0, -1}) == -1);
  CHECK(RankBiserial(std::vector<double>{0, 0}) == 0);
  CHECK(RankBiserial(std::vector<double>{-1, 2, 3, -4}) == 0);            // ranks 2 + 3 against 1 + 4
  CHECK(RankBiserial(std::vector<double>{-0.1, 0.1, 5}) == Approx(0.5));  // ranks 1.5 + 3 against 1.5
}

TEST_CASE("Holm multiplies the smallest p by all, the next by one fewer, and never falls", "[eval][unit]") {
  const std::vector<double> adjusted = Holm(std::vector<double>{0.04, 0.01, 0.03, 0.5});
  CHECK_THAT(adjusted, Catch::Matchers::Approx(std::vector<double>{0.09, 0.04, 0.09, 0.5}));
  CHECK(Holm(std::vector<double>{0.7, 0.8})[0] == 1);
}

TEST_CASE("a rank correlation sees order only, and shares ranks among ties", "[eval][unit]") {
  const std::vector<double> xs = {1, 2, 3, 4};
  CHECK(RankCorrelation(xs, std::vector<double>{1, 10, 100, 1000}) == Approx(1));
  CHECK(RankCorrelation(xs, std::vector<double>{4, 3, 2, 1}) == Approx(-1));
  CHECK(RankCorrelation(xs, std::vector<double>{7, 7, 7, 7}) == 0);
  // scipy 1.x: spearmanr([1, 2, 2, 3, 5, 0], [2, 1, 4, 4, 4, 0])
  CHECK(RankCorrelation(std::vector<double>{1, 2, 2, 3, 5, 0}, std::vector<double>{2, 1, 4, 4, 4, 0}) ==
        Approx(0.8008534347238067).epsilon(1e-12));
}

TEST_CASE("Kaplan-Meier: the remission times of Freireich et al. 1963 give the published curve", "[eval][unit]") {
  // Weeks in remission with 6-mercaptopurine, 21 patients; negative: censored. The curve is in every textbook of survival
  // analysis.
  std::vector<Duration> durations;
  for (const double t : {6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35})
    durations.push_back({std::abs(t), t > 0});
  const SurvivalCurve curve = KaplanMeier(durations);
  CHECK(curve.time == std::vector<double>{6, 7, 10, 13, 16, 22, 23});
  const std::vector<double> published{0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448};
  REQUIRE(curve.survival.size() == published.size());
  for (std::size_t k = 0; k < published.size(); ++k) CHECK(curve.survival[k] == Approx(published[k]).margin(0.0005));
  CHECK(MedianTime(curve) == 23);
}

TEST_CASE("runs censored at one horizon: survival is the share left", "[eval][unit]") {
  const std::vector<Duration> durations{{3, true}, {4, false}, {1, true}, {4, false}};
  const SurvivalCurve curve = KaplanMeier(durations);
  CHECK(curve.time == std::vector<double>{1, 3});
  CHECK(curve.survival == std::vector<double>{0.75, 0.5});
  CHECK(MedianTime(curve) == 3);  // half have solved, and no other does
  const std::vector<Duration> few{{4, false}, {1, true}, {4, false}};
  CHECK(!MedianTime(KaplanMeier(few)));
  const std::vector<Duration> even{{4, true}, {1, true}, {2, true}, {9, false}};
  CHECK(MedianTime(KaplanMeier(even)) == 3);  // survival is 1/2 from 2 to 4
}

TEST_CASE("probability of improvement counts pairs, ties half", "[eval][unit]") {
  CHECK(ProbabilityOfImprovement(std::vector<double>{1, 2, 3}, std::vector<double>{2, 2, 0}) == Approx(6.0 / 9).epsilon(1e-15));
  CHECK(ProbabilityOfImprovement(std::vector<double>{5, 5}, std::vector<double>{5}) == 0.5);
}

// Two-sided p by listing all ways to deal the values into the two groups.
double MannWhitneyByListing(const std::vector<double>& xs, const std::vector<double>& ys) {
  std::vector<double> all = xs;
  all.insert(all.end(), ys.begin(), ys.end());
  const double seen = std::abs(ProbabilityOfImprovement(xs, ys) - 0.5);
  double extreme = 0, deals = 0;
  for (unsigned deal = 0; deal < (1u << all.size()); ++deal) {
    std::vector<double> first, second;
    for (std::size_t i = 0; i < all.size(); ++i) (deal >> i & 1 ? first : second).push_back(all[i]);
    if (first.size() != xs.size()) continue;
    ++deals;
    extreme += std::abs(ProbabilityOfImprovement(first, second) - 0.5) > seen - 1e-9;
  }
  return extreme / deals;
}

TEST_CASE("Mann and Whitney's p is the share of deals at least as far from even", "[eval][unit]") {
  const std::vector<double> low{1, 2, 3, 4, 5}, high{6, 7, 8, 9, 10};
  CHECK(MannWhitney(low, high) == Approx(2.0 / 252).epsilon(1e-12));
  CHECK(MannWhitney(high, low) == Approx(2.0 / 252).epsilon(1e-12));
  CHECK(MannWhitney(std::vector<double>{3}, std::vector<double>{4}) == Approx(1));
  CHECK(MannWhitney(std::vector<double>{0, 0, 0}, std::vector<double>{0, 0}) == Approx(1));
  const double inf = std::numeric_limits<double>::infinity();
  using Pair = std::pair<std::vector<double>, std::vector<double>>;
  for (const auto& [xs, ys] : {Pair{{1.5, 2, 7, 3}, {2, 2, 0.1, 1, -4}}, Pair{{-inf, -inf, -3, -2}, {-inf, -inf, -inf}},
                               Pair{{1, 1, 2}, {3, 2, 1, 5, 5, 6, 2}}, Pair{{9}, {1, 2, 3, 4, 5, 6, 7, 8}}})
    CHECK(MannWhitney(xs, ys) == Approx(MannWhitneyByListing(xs, ys)).epsilon(1e-12));
}

TEST_CASE("a stratified bootstrap draws within each stratum", "[eval][unit]") {
  const auto mean_of_means = [](const Strata& strata) { return (Mean(strata[0]) + Mean(strata[1])) / 2; };
  const Interval certain = StratifiedBootstrap({{0, 0, 0}, {10, 10}}, mean_of_means, 1);  // drawn across strata it would spread
  CHECK(certain.low == 5);
  CHECK(certain.high == 5);
  // {0, 8} resampled: mean 0, 4, 8 with chances 1/4, 1/2, 1/4; so the middle half of the values is 4.
  const Interval half = StratifiedBootstrap({{0, 8}, {10}}, mean_of_means, 1, 2000, 0.4);
  CHECK(half.low == 7);
  CHECK(half.high == 7);
  const Interval all = StratifiedBootstrap({{0, 8}, {10}}, mean_of_means, 1);
  CHECK(all.low == 5);
  CHECK(all.high == 9);
}

}  // namespace
}  // namespace rove
