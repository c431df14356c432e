// tolerance(): what its definition promises of every sigmoid, and values worked by hand.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "envs/dm_control/tolerance.h"

namespace rove::dm_control {
namespace {

constexpr Sigmoid kAll[] = {Sigmoid::kGaussian, Sigmoid::kHyperbolic, Sigmoid::kLongTail,  Sigmoid::kReciprocal,
                            Sigmoid::kCosine,   Sigmoid::kLinear,     Sigmoid::kQuadratic, Sigmoid::kTanhSquared};

bool ReachesZero(Sigmoid s) { return s == Sigmoid::kCosine || s == Sigmoid::kLinear || s == Sigmoid::kQuadratic; }

double Part(int low, int high) { return *rc::gen::inRange(low, high) / 100.0; }  // hundredths

TEST_CASE("1 within the bounds, both included, whatever the sigmoid", "[envs][property]") {
  CHECK(rc::check([] {
    const Sigmoid sigmoid = *rc::gen::elementOf(std::vector(std::begin(kAll), std::end(kAll)));
    const double low = Part(-500, 500), high = low + Part(0, 500), margin = Part(0, 300), value = Part(1, 100);
    const double x = low + (high - low) * Part(0, 101);
    for (const double inside : {low, high, std::min(x, high)})
      RC_ASSERT(Tolerance(inside, {low, high}, margin, sigmoid, value) == 1);
    RC_ASSERT(Tolerance(high, {-kInfinity, high}, margin, sigmoid, value) == 1);
    RC_ASSERT(Tolerance(1e300, {low, kInfinity}, margin, sigmoid, value) == 1);
  }));
}

TEST_CASE("value_at_margin at the margin on both sides, falling in between and beyond", "[envs][property]") {
  CHECK(rc::check([] {
    const Sigmoid sigmoid = *rc::gen::elementOf(std::vector(std::begin(kAll), std::end(kAll)));
    const double low = Part(-500, 500), high = low + Part(0, 500), margin = Part(1, 300), value = Part(1, 100);
    const auto at = [&](double distance) { return Tolerance(high + distance, {low, high}, margin, sigmoid, value); };
    // high + margin - high is off by at most 2^-50 (bounds of at most 10), a part of 1e-13 of a margin of at least 0.01; the
    // steepest sigmoid (reciprocal, value 0.01) falls by 1 a margin there.
    RC_ASSERT(std::abs(at(margin) - value) < 1e-12);
    RC_ASSERT(std::abs(Tolerance(low - margin, {low, high}, margin, sigmoid, value) - value) < 1e-12);
    double before = 1;
    for (int k = 1; k <= 20; ++k) {
      const double here = at(margin * k / 8);
      RC_ASSERT(here >= 0);
      RC_ASSERT(here < before || (here == 0 && before == 0));
      before = here;
    }
  }));
}

TEST_CASE("margin 0 is a step", "[envs][unit]") {
  for (const Sigmoid sigmoid : kAll) {
    CHECK(Tolerance(std::nextafter(2.0, 3.0), {1, 2}, 0, sigmoid) == 0);
    CHECK(Tolerance(std::nextafter(1.0, 0.0), {1, 2}, 0, sigmoid) == 0);
    CHECK(Tolerance(2, {1, 2}, 0, sigmoid) == 1);
  }
}

TEST_CASE("half a margin away with value 0.25: worked by hand", "[envs][unit]") {
  // gaussian 0.25^(1/4); hyperbolic 1/cosh(acosh(4)/2) = 1/sqrt(2.5); long_tail 1/(3/4 + 1); reciprocal 1/(3/2 + 1);
  // cosine (1 + cos(60 deg))/2, since acos(-1/2) = 120 deg; linear 1 - 3/8; quadratic 1 - 3/16;
  // tanh_squared: tanh(x) = sqrt(3)/2 has cosh 2 and sinh sqrt(3), so tanh(x/2) = sqrt(3)/3 and 1 - 1/3.
  const double want[] = {std::sqrt(0.5), 1 / std::sqrt(2.5), 4 / 7.0, 0.4, 0.75, 0.625, 0.8125, 2 / 3.0};
  for (std::size_t i = 0; i < std::size(kAll); ++i) {
    INFO(i);
    CHECK(Tolerance(3, {1, 2}, 2, kAll[i], 0.25) == Approx(want[i]).epsilon(1e-15 * 8));  // a handful of roundings
  }
}

TEST_CASE("those that reach zero are zero from their foot on; the others never are", "[envs][unit]") {
  for (const Sigmoid sigmoid : kAll) {
    if (ReachesZero(sigmoid)) {
      CHECK(Tolerance(4, {0, 1}, 3, sigmoid, 0) == 0);
      CHECK(Tolerance(3.99, {0, 1}, 3, sigmoid, 0) > 0);
      CHECK(Tolerance(1e9, {0, 1}, 3, sigmoid, 0) == 0);
    } else {
      CHECK(Tolerance(4, {0, 1}, 3, sigmoid) > 0.09);
    }
  }
}

TEST_CASE("a number that is none stays visible through the gaussian", "[envs][unit]") {
  CHECK(std::isnan(Tolerance(std::nan(""), {0, 1}, 1)));
  CHECK(Tolerance(std::nan(""), {0, 1}, 1, Sigmoid::kLinear, 0) == 0);  // as upstream's |s| < 1
}

}  // namespace
}  // namespace rove::dm_control
