#include "nn/forward_ensemble.h"

#include <catch2/catch.hpp>

#include "tests/nn/plain_net.h"

namespace rove::nn::testing {
namespace {

constexpr Seed kSeed = 12;
constexpr std::size_t kFeatures = 2, kActions = 2, kModels = 3;
const PlainStack kModel{{4, 5, 2}};

Doubles Guess(const Doubles& params, std::size_t model, Doubles phi, const Doubles& action) {
  phi.insert(phi.end(), action.begin(), action.end());
  return kModel(std::span(params).subspan(model * kModel.size(), kModel.size()), phi);
}

// Against networks in plain loops with numeric gradients, textbook Adam: 130 rows are two shards, each a tile and one row.
TEST_CASE("forward ensemble: variance over models and what they learn, each from its share, are plain networks'", "[nn][unit]") {
  const double share = GENERATE(1.0, 0.6);
  ForwardEnsemble net({.models = kModels, .forward = {5}, .share = share, .learning_rate = 0.01f}, kFeatures, kActions, kSeed);
  Doubles params = InitialParams({{4, 5}, {5, 2}, {4, 5}, {5, 2}, {4, 5}, {5, 2}}, DeriveSeed(kSeed, "ensemble", 0));
  PlainAdam adam(params.size(), 0.01);
  for (std::uint64_t step = 0; step <= 3; ++step) {
    const std::vector<float> phi = NormalRows(260, 3 * step), action = NormalRows(260, 3 * step + 1);
    const std::vector<float> next = NormalRows(260, 3 * step + 2);
    std::vector<float> out(130);
    net.Disagreement(phi, action, out);
    for (std::size_t k = 0; k < 130; ++k) {
      double variance = 0;
      for (std::size_t j = 0; j < kFeatures; ++j) {
        double sum = 0, squares = 0;
        for (std::size_t m = 0; m < kModels; ++m) {
          const double guess = Guess(params, m, Row(phi, k, 2), Row(action, k, 2))[j];
          sum += guess / kModels;
          squares += guess * guess / kModels;
        }
        variance += (squares - sum * sum) / kFeatures;
      }
      CHECK(out[k] == Approx(variance).margin(1e-5));
    }
    const Noise noise = Noise(1, "share").Sub(step);
    std::vector<double> learns;  // of row, then model
    for (std::size_t k = 0; k < 130; ++k) {
      NoiseStream stream = noise.At(k, 0);
      for (std::size_t m = 0; m < kModels; ++m) learns.push_back(stream.UniformDouble() < share ? 1 / share : 0);
    }
    const auto loss = [&](const Doubles& at, bool masked) {
      double total = 0;
      for (std::size_t k = 0; k < 130; ++k) {
        for (std::size_t m = 0; m < kModels; ++m) {
          const Doubles guess = Guess(at, m, Row(phi, k, 2), Row(action, k, 2)), wanted = Row(next, k, 2);
          const double square = (std::pow(guess[0] - wanted[0], 2) + std::pow(guess[1] - wanted[1], 2)) / kFeatures;
          total += square / 130 * (masked ? learns[k * kModels + m] : 1.0 / kModels);
        }
      }
      return total;
    };
    CHECK(net.Train(phi, action, next, noise) == Approx(loss(params, false)).epsilon(1e-5));
    adam.Step(Gradient([&](const Doubles& at) { return loss(at, true); }, params), &params);
  }
}

}  // namespace
}  // namespace rove::nn::testing
