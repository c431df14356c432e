#include "eval/statistics.h"

#include <catch2/catch.hpp>
#include <cmath>
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

}  // namespace
}  // namespace rove
