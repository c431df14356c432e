#include "envs/dm_control/tolerance.h"

#include <cmath>
#include <numbers>

#include "core/error.h"

namespace rove::dm_control {
namespace {

// 1 at d = 0, v at d = 1. d > 0.
double Value(Sigmoid sigmoid, double d, double v) {
  switch (sigmoid) {
    case Sigmoid::kGaussian: {
      const double s = d * std::sqrt(-2 * std::log(v));
      return std::exp(-0.5 * s * s);
    }
    case Sigmoid::kHyperbolic: return 1 / std::cosh(d * std::acosh(1 / v));
    case Sigmoid::kLongTail: {
      const double s = d * std::sqrt(1 / v - 1);
      return 1 / (s * s + 1);
    }
    case Sigmoid::kReciprocal: return 1 / (d * (1 / v - 1) + 1);
    case Sigmoid::kCosine: {
      const double s = d * std::acos(2 * v - 1) / std::numbers::pi;
      return std::abs(s) < 1 ? (1 + std::cos(std::numbers::pi * s)) / 2 : 0;
    }
    case Sigmoid::kLinear: {
      const double s = d * (1 - v);
      return std::abs(s) < 1 ? 1 - s : 0;
    }
    case Sigmoid::kQuadratic: {
      const double s = d * std::sqrt(1 - v);
      return std::abs(s) < 1 ? 1 - s * s : 0;
    }
    case Sigmoid::kTanhSquared: {
      const double s = std::tanh(d * std::atanh(std::sqrt(1 - v)));
      return 1 - s * s;
    }
  }
  return 0;
}

}  // namespace

double Tolerance(double x, Interval bounds, double margin, Sigmoid sigmoid, double value_at_margin) {
  ROVE_DCHECK(bounds.low <= bounds.high && margin >= 0 && value_at_margin >= 0 && value_at_margin < 1);
  if (x >= bounds.low && x <= bounds.high) return 1;
  if (margin == 0) return 0;
  return Value(sigmoid, (x < bounds.low ? bounds.low - x : x - bounds.high) / margin, value_at_margin);
}

}  // namespace rove::dm_control
