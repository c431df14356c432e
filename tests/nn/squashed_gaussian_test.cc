#include "nn/squashed_gaussian.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/nn/plain_net.h"

namespace rove::nn {
namespace {

using testing::Doubles;

TEST_CASE("squashed Gaussian: its density integrates to 1", "[nn][unit]") {
  // Over the action's own axis, by trapezoids between samples at noise -6, ..., 6 (all but 2e-9 of the mass).
  const SquashedGaussian gaussian;
  for (const std::vector<float>& row : {std::vector<float>{0.3f, -0.5f}, {-1.0f, 0.2f}, {0.0f, -2.0f}}) {
    double integral = 0, last_density = 0, last_action = 0;
    for (int k = -6000; k <= 6000; ++k) {
      const std::vector<float> noise{static_cast<float>(k) / 1000};
      std::vector<float> action(1);
      const double density = std::exp(static_cast<double>(gaussian.Sample(row, noise, action)));
      const auto a = static_cast<double>(action[0]);
      if (k > -6000) integral += (density + last_density) / 2 * (a - last_action);
      last_density = density;
      last_action = a;
    }
    CHECK(integral == Approx(1).margin(2e-3));  // floats near |a| = 1 are coarse
  }
}

TEST_CASE("squashed Gaussian: two actions, worked by hand", "[nn][unit]") {
  // u = (0.5 + 2 * 0.5, -1 + 1 * -1) = (1.5, -2); a = tanh(u). log pi = sum of -noise^2 / 2 - log_std - 0.9189385 - log(1 - a^2):
  // -0.125 - 0.6931472 - 0.9189385 + 1.7105 = -0.0264; -0.5 - 0 - 0.9189385 + 2.6500 = 1.2311.
  const SquashedGaussian gaussian;
  const std::vector<float> row{0.5f, -1.0f, std::log(2.0f), 0.0f}, noise{0.5f, -1.0f};
  std::vector<float> action(2);
  const float log_prob = gaussian.Sample(row, noise, action);
  CHECK(action[0] == Approx(0.9051483).epsilon(1e-6));
  CHECK(action[1] == Approx(-0.9640276).epsilon(1e-6));
  CHECK(log_prob == Approx(-0.0264 + 1.2311).margin(2e-4));
}

TEST_CASE("squashed Gaussian: far out an action rounds to 1 and its log-probability stays finite", "[nn][unit]") {
  const SquashedGaussian gaussian;
  const std::vector<float> row{50.0f, 0.0f}, noise{0.0f};
  std::vector<float> action(1), drow(2);
  CHECK(gaussian.Sample(row, noise, action) == Approx(-0.9189385 - 2 * (0.6931472 - 50)).epsilon(1e-5));
  CHECK(action[0] == 1.0f);
  gaussian.Gradient(row, noise, action, 1, std::vector<float>{3.0f}, drow);
  CHECK(drow[0] == 2.0f);  // of the squashing alone: 1 - a^2 is 0
  CHECK(drow[1] == -1.0f);
}

TEST_CASE("squashed Gaussian: gradients against finite differences of a plain form", "[nn][unit]") {
  constexpr std::size_t kActions = 3;
  const SquashedGaussian gaussian{.log_std_min = -2, .log_std_max = 1};
  NoiseStream stream = Noise(1, "test").At(0, 0);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<float> row(2 * kActions), noise(kActions), action(kActions), daction(kActions), drow(2 * kActions);
    for (auto* values : {&row, &noise, &daction}) {
      for (float& x : *values) x = stream.Normal();
    }
    row[kActions] = trial % 2 == 0 ? 1.5f : -2.5f;  // clamped on both sides
    const double coef = static_cast<double>(stream.Normal());
    const auto loss = [&](const Doubles& x) {
      double sum = 0;
      for (std::size_t j = 0; j < kActions; ++j) {
        const double log_std = std::clamp(x[kActions + j], -2.0, 1.0), eps = static_cast<double>(noise[j]);
        const double a = std::tanh(x[j] + std::exp(log_std) * eps);
        sum += coef * (-eps * eps / 2 - log_std - std::log(1 - a * a)) + static_cast<double>(daction[j]) * a;
      }
      return sum;
    };
    gaussian.Sample(row, noise, action);
    gaussian.Gradient(row, noise, action, static_cast<float>(coef), daction, drow);
    const Doubles expected = testing::Gradient(loss, {row.begin(), row.end()});
    // Floats: 1 - a^2 cancels where |a| is near 1.
    for (std::size_t j = 0; j < drow.size(); ++j) CHECK(drow[j] == Approx(expected[j]).epsilon(1e-4).margin(2e-5));
  }
}

}  // namespace
}  // namespace rove::nn
