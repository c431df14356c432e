#include "core/running_stats.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

namespace rove {
namespace {

using Floats = std::vector<float>;

RunningMoments Of(const Floats& xs) {
  RunningMoments moments;
  moments.Add(xs);
  return moments;
}

TEST_CASE("running moments: mean 5, variance 4 of the textbook eight numbers", "[core][unit]") {
  const auto moments = Of({2, 4, 4, 4, 5, 5, 7, 9});
  CHECK(moments.count() == 8);
  CHECK(moments.mean() == 5);
  CHECK(moments.variance() == 4);
  CHECK(moments.std() == 2);
}

TEST_CASE("running moments: nothing, an empty batch and one number", "[core][unit]") {
  RunningMoments moments;
  moments.Add(Floats{});
  CHECK(moments.count() == 0);
  CHECK(moments.std() == 0);
  moments.Add(3.0);
  CHECK(moments.mean() == 3);
  CHECK(moments.variance() == 0);
}

TEST_CASE("running moments: a large offset does not eat the variance", "[core][unit]") {
  RunningMoments moments;
  for (int i = 0; i < 1000; ++i) moments.Add(1e9 + i % 2);  // sum of squares minus square of the mean loses all of it
  CHECK(moments.variance() == Approx(0.25).epsilon(1e-6));  // 1e9 keeps 1e-7 of a unit
}

TEST_CASE("running moments: any cut into batches gives the moments of the whole", "[core][property]") {
  CHECK(rc::check([](const std::vector<std::int16_t>& numbers, const std::vector<std::uint8_t>& cuts) {
    const Floats xs(numbers.begin(), numbers.end());
    RunningMoments cut;
    std::size_t begin = 0;
    for (const auto size : cuts) {
      const std::size_t end = std::min(xs.size(), begin + size % 8);
      cut.Add(Floats(xs.begin() + static_cast<std::ptrdiff_t>(begin), xs.begin() + static_cast<std::ptrdiff_t>(end)));
      begin = end;
    }
    for (; begin < xs.size(); ++begin) cut.Add(static_cast<double>(xs[begin]));
    const auto whole = Of(xs);
    RC_ASSERT(cut.count() == whole.count());
    // 16-bit numbers in double: rounding is below 1e-9 of the largest.
    RC_ASSERT(std::abs(cut.mean() - whole.mean()) < 1e-6);
    RC_ASSERT(std::abs(cut.std() - whole.std()) < 1e-6);
  }));
}

TEST_CASE("discounted return std: sums run in time within each environment, dead rows left out", "[core][unit]") {
  // gamma 0.5, two environments. Environment 0: 1, then dead, then 2 -> sums 1, -, 2.5. Environment 1: 4, 0, 6 -> 4, 2, 7.
  const Floats rewards{1, 4, 9, 0, 2, 6};
  const std::vector<std::uint8_t> dead{0, 0, 1, 0, 0, 0};
  DiscountedReturnStd stats(2, 0.5);
  stats.Add(3, rewards, dead);
  // 1, 4, 2, 2.5, 7: mean 3.3, squared deviations 5.29 + 0.49 + 1.69 + 0.64 + 13.69 = 21.8
  CHECK(stats.count() == 5);
  CHECK(stats.std() == Approx(std::sqrt(21.8 / 5)).epsilon(1e-12));
}

TEST_CASE("discounted return std: the cut of the rollout does not matter", "[core][unit]") {
  const Floats rewards{1, 4, 9, 0, 2, 6, 3, 3};
  const std::vector<std::uint8_t> dead{0, 0, 1, 0, 0, 0, 0, 1};
  DiscountedReturnStd whole(2, 0.9), cut(2, 0.9);
  whole.Add(4, rewards, dead);
  for (std::size_t row = 0; row < 8; row += 2) cut.Add(1, std::span(rewards).subspan(row, 2), std::span(dead).subspan(row, 2));
  CHECK(cut.count() == whole.count());
  CHECK(cut.std() == Approx(whole.std()).epsilon(1e-12));
}

TEST_CASE("discounted return std: saved and loaded it goes on as if nothing had happened", "[core][unit]") {
  const Floats rewards{1, 4};
  const std::vector<std::uint8_t> dead{0, 0};
  DiscountedReturnStd one(2, 0.9), two(2, 0.9);
  one.Add(1, rewards, dead);
  Archive out;
  one.Serialize(out);
  Archive in(out.bytes(), "test");
  two.Serialize(in);
  in.ExpectEnd();
  one.Add(1, rewards, dead);
  two.Add(1, rewards, dead);
  CHECK(one.std() == two.std());
  CHECK(two.count() == 4);
}

}  // namespace
}  // namespace rove
