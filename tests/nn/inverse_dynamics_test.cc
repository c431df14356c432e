#include "nn/inverse_dynamics.h"

#include <catch2/catch.hpp>

#include "nn/action_inputs.h"
#include "tests/nn/plain_net.h"

namespace rove::nn::testing {
namespace {

constexpr Seed kSeed = 11;
constexpr std::size_t kWidth = 3, kFeatures = 2;

// phi 3-4-2, g 4-5-A, h (2+A)-3-2; parameters in this order.
struct Plain {
  std::size_t actions;
  bool predicts, norm, discrete;
  double inverse_coef, forward_coef;

  PlainStack phi{{3, 4, 2}}, g{{4, 5, actions}}, h{{2 + actions, 3, 2}};
  Doubles Initial() const {
    const auto a = static_cast<std::int64_t>(actions);
    std::vector<Layer> layers{{3, 4}, {4, 2}, {4, 5}, {5, a}};
    if (predicts) layers.insert(layers.end(), {{2 + a, 3}, {3, 2}});
    return InitialParams(layers, DeriveSeed(kSeed, "dynamics", 0));
  }
  Doubles Phi(const Doubles& params, const Doubles& x) const { return phi(std::span(params).first(phi.size()), x); }
  double HalfSquare(const Doubles& params, const Doubles& x, const Doubles& action, const Doubles& next) const {
    Doubles input = Phi(params, x);
    input.insert(input.end(), action.begin(), action.end());
    const Doubles guess = h(std::span(params).subspan(phi.size() + g.size()), input), wanted = Phi(params, next);
    return (std::pow(guess[0] - wanted[0], 2) + std::pow(guess[1] - wanted[1], 2)) / 2;
  }
  double Inverse(const Doubles& params, const Doubles& x, const Doubles& action, const Doubles& next) const {
    Doubles input = Phi(params, x);
    const Doubles after = Phi(params, next);
    input.insert(input.end(), after.begin(), after.end());
    const Doubles guess = g(std::span(params).subspan(phi.size(), g.size()), input);
    double loss = 0, sum = 0;
    for (std::size_t j = 0; j < actions; ++j) {
      if (!discrete) loss += std::pow(guess[j] - action[j], 2) / static_cast<double>(actions);
      sum += std::exp(guess[j]);
    }
    for (std::size_t j = 0; discrete && j < actions; ++j) loss -= action[j] * (guess[j] - std::log(sum));
    return loss;
  }
};

std::vector<float> Actions(const Plain& plain, std::size_t rows, std::uint64_t number) {
  std::vector<float> actions = NormalRows(rows * plain.actions, number + 100);
  if (!plain.discrete) return actions;
  NoiseStream stream = Noise(1, "actions").At(number, 0);
  std::ranges::fill(actions, 0.0f);
  for (std::size_t row = 0; row < rows; ++row)
    actions[row * plain.actions + stream.Below(static_cast<std::uint32_t>(plain.actions))] = 1;
  return actions;
}

// Against networks in plain loops with numeric gradients, textbook Adam: 130 rows are two shards, each a tile and one row.
TEST_CASE("inverse dynamics: features, errors and losses, before and after three steps, are plain networks'", "[nn][unit]") {
  const auto kind = GENERATE(0, 1, 2, 3);
  const Plain plain{.actions = kind == 3 ? 2U : 3U,
                    .predicts = kind != 2,
                    .norm = kind == 1,
                    .discrete = kind != 3,
                    .inverse_coef = kind == 2 ? 1 : 0.7,
                    .forward_coef = 0.4};
  DynamicsOptions options{.hidden = {4}, .features = 2, .inverse = {5}, .forward = {3}, .predicts = plain.predicts};
  options.forward_loss = plain.norm ? DynamicsOptions::ForwardLoss::kNorm : DynamicsOptions::ForwardLoss::kHalfSquare;
  options.inverse_coef = static_cast<float>(plain.inverse_coef);
  options.forward_coef = static_cast<float>(plain.forward_coef);
  options.learning_rate = 0.01f;
  const auto a = static_cast<std::int64_t>(plain.actions);
  InverseDynamics net(options, {kWidth, {}}, a, plain.discrete ? a : 0, kSeed);
  Doubles params = plain.Initial();
  PlainAdam adam(params.size(), 0.01);
  for (std::uint64_t step = 0; step <= 3; ++step) {
    const std::vector<float> x = NormalRows(130 * kWidth, 2 * step), next = NormalRows(130 * kWidth, 2 * step + 1);
    const std::vector<float> action = Actions(plain, 130, step);
    const auto row_of = [&](const std::vector<float>& rows, std::size_t k) { return Row(rows, k, rows.size() / 130); };

    std::vector<float> phi(260 * kFeatures), error(130);
    net.Embed(x, std::span(phi).first(130 * kFeatures));
    net.Embed(next, std::span(phi).subspan(130 * kFeatures));
    if (plain.predicts) net.ForwardErrors(phi, action, /*step=*/130, error);
    for (std::size_t k = 0; k < 130; ++k) {
      const Doubles wanted = plain.Phi(params, row_of(x, k));
      for (std::size_t j = 0; j < kFeatures; ++j) CHECK(phi[k * kFeatures + j] == Approx(wanted[j]).margin(1e-5));
      if (plain.predicts)
        CHECK(error[k] == Approx(plain.HalfSquare(params, row_of(x, k), row_of(action, k), row_of(next, k))).margin(1e-5));
    }

    double inverse = 0, forward = 0;
    const auto loss = [&](const Doubles& at) {
      inverse = forward = 0;
      for (std::size_t k = 0; k < 130; ++k) {
        inverse += plain.Inverse(at, row_of(x, k), row_of(action, k), row_of(next, k)) / 130;
        if (!plain.predicts) continue;
        const double half = plain.HalfSquare(at, row_of(x, k), row_of(action, k), row_of(next, k));
        forward += (plain.norm ? std::sqrt(2 * half) : half) / 130;
      }
      return plain.inverse_coef * inverse + plain.forward_coef * forward;
    };
    const InverseDynamics::Loss before = net.Train(x, action, next);
    loss(params);
    CHECK(before.inverse == Approx(inverse).epsilon(1e-5));
    CHECK(before.forward == Approx(forward).epsilon(1e-5).margin(1e-9));
    adam.Step(Gradient(loss, params), &params);
  }
}

TEST_CASE("inverse dynamics: it learns which action was taken", "[nn][unit]") {
  InverseDynamics net({.hidden = {16}, .features = 8, .inverse = {16}, .learning_rate = 3e-3f}, {2, {}}, 3, 3, kSeed);
  InverseDynamics::Loss loss;
  for (std::uint64_t step = 0; step < 400; ++step) {  // action k moves x by k - 1
    std::vector<float> x = NormalRows(64 * 2, step), next = x, action(64 * 3);
    NoiseStream stream = Noise(1, "walk").At(step, 0);
    for (std::size_t row = 0; row < 64; ++row) {
      const std::uint32_t k = stream.Below(3);
      action[row * 3 + k] = 1;
      next[row * 2] += static_cast<float>(k) - 1;
    }
    loss = net.Train(x, action, next);
  }
  CHECK(loss.hits > 0.9);
}

TEST_CASE("action inputs: discrete ones one-hot, bounded ones in [-1, 1], others as they are", "[nn][unit]") {
  const auto fill = [](const TensorSpec& spec, auto values) {
    const ActionInputs inputs(Config::Parse("{}"), spec);
    const std::vector<std::int32_t> rows{1, 0};
    std::vector<float> out(2 * static_cast<std::size_t>(inputs.size()));
    inputs.Fill({values.data(), spec.dtype, spec.shape.Prepend(2)}, rows, out.data(), inputs.size());
    return out;
  };
  const TensorSpec discrete{.name = "a", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {2}, .role = {}};
  CHECK(fill(discrete, std::vector<std::int32_t>{0, 2}) == std::vector<float>{0, 0, 1, 1, 0, 0});
  const TensorSpec bounded{.name = "a", .dtype = DType::kF32, .shape = {2}, .low = {-1, 0}, .high = {1, 10}, .role = {}};
  CHECK(fill(bounded, std::vector<float>{-1, 0, 0.5f, 10}) == std::vector<float>{0.5f, 1, -1, -1});
  const TensorSpec free{.name = "a", .dtype = DType::kF32, .shape = {}, .low = {}, .high = {}, .role = {}};
  CHECK(fill(free, std::vector<float>{7, -3}) == std::vector<float>{-3, 7});
}

}  // namespace
}  // namespace rove::nn::testing
