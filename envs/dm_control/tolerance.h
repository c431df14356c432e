// Shaped rewards: dm_control.utils.rewards.tolerance 1.0.7 (Tassa et al. 2018, section 2.4).
#pragma once

#include <limits>

namespace rove::dm_control {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

enum class Sigmoid { kGaussian, kHyperbolic, kLongTail, kReciprocal, kCosine, kLinear, kQuadratic, kTanhSquared };

struct Interval {
  double low = 0, high = 0;  // inclusive; may be infinite
};

// 1 for x in `bounds`, else a sigmoid that falls from 1 at the nearer bound to `value_at_margin` at distance `margin` from it;
// margin 0: 0 outside. Requires low <= high, margin >= 0, and value_at_margin in (0, 1), or in [0, 1) for cosine, linear and
// quadratic.
double Tolerance(double x, Interval bounds, double margin = 0, Sigmoid sigmoid = Sigmoid::kGaussian,
                 double value_at_margin = 0.1);

}  // namespace rove::dm_control
