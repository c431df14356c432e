#include "rewards/factor_scale.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

namespace rove {
namespace {

void Add(FactorScale& scale, const std::vector<float>& batch) { scale.Add(batch); }

TEST_CASE("factor scale: fixed is the standard deviation of all values, in any cut", "[rewards][unit]") {
  // 2, 4, 6, 8: mean 5, population variance 5.
  FactorScale whole(Normalizer::kFixed), pieces(Normalizer::kFixed);
  Add(whole, {2, 4, 6, 8});
  for (const float x : {2.0f, 4.0f, 6.0f, 8.0f}) Add(pieces, {x});
  for (const FactorScale& scale : {whole, pieces}) {
    CHECK(scale.divisor() == Approx(std::sqrt(5.0)));
    CHECK(scale.std() == Approx(std::sqrt(5.0)));
    CHECK(scale.mean() == Approx(5));
  }
}

TEST_CASE("factor scale: as released, the scale of a constant is sqrt((1 - 1/k) / k) after k batches", "[rewards][unit]") {
  // The defect: the mean moves by delta + n_b / n, so batch k finds delta = -1 / (k - 1), whatever the constant.
  FactorScale scale(Normalizer::kAsReleased);
  for (int k = 1; k <= 100; ++k) {
    Add(scale, std::vector<float>(512, 1.5f));
    // 1e-3: the released start counts 1e-4 rows, whose weight is 2e-7, but sees delta = 1.5 with it
    if (k > 1) CHECK(scale.divisor() == Approx(std::sqrt((1 - 1.0 / k) / k)).epsilon(1e-3));
  }
  CHECK(scale.divisor() == Approx(0.0995).epsilon(1e-3));
  CHECK(scale.std() == 0);
}

TEST_CASE("factor scale: as released, two batches worked by hand", "[rewards][unit]") {
  // Batch 1 = (1, 3): unbiased variance 2, count 2 + 1e-4, mean 2 + 1 (the +1 is the defect). Batch 2 = (0, 0): delta = -3,
  // m2 = 2 * 2 + 0 + 9 * 2 * 2 / 4 = 13, variance 13 / 4. The start's 1e-4 rows shift that by 1e-4 at most.
  FactorScale scale(Normalizer::kAsReleased);
  Add(scale, {1, 3});
  CHECK(scale.divisor() == Approx(std::sqrt(2.0)).epsilon(2e-4));
  Add(scale, {0, 0});
  CHECK(scale.divisor() == Approx(std::sqrt(13.0 / 4)).epsilon(2e-4));
}

TEST_CASE("factor scale: 1 without a normaliser, without a value, and for a constant", "[rewards][unit]") {
  FactorScale none(Normalizer::kNone), empty(Normalizer::kFixed), constant(Normalizer::kFixed);
  Add(none, {1, 3});
  Add(constant, {7, 7, 7});
  CHECK(none.divisor() == 1);
  CHECK(empty.divisor() == 1);
  CHECK(constant.divisor() == 1);
}

}  // namespace
}  // namespace rove
