// re3 and disagreement around the networks; those are held against plain ones in tests/nn.
#include <ATen/core/Tensor.h>  // before Catch: glog has a CHECK too

#include <catch2/catch.hpp>
#include <numeric>

#include "nn/feature_net.h"
#include "nn/forward_ensemble.h"
#include "rewards/minibatches.h"
#include "tests/rewards/point_rollout.h"

namespace rove::testing {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("re3: pays the distance to the k-th nearest of the newest states, its logarithm, or the mean over k",
          "[rewards][unit]") {
  const std::string form = GENERATE("log: true", "log: false", "average: true");
  RolloutSlot slot = PointRollout(1, 40, 4);
  const RolloutView view = slot.view();
  auto re3 = MakePointReward("{type: re3, hidden: [16], features: 6, memory: 30, neighbours: 3, " + form + "}");
  CHECK(re3->traits().relabelable);
  CHECK_FALSE(re3->traits().trains);
  const nn::RandomFeatures net({kPointSize, {}}, {16}, 6, DeriveSeed(1, "re3", 0));
  std::vector<std::vector<float>> seen;
  const auto plain = [&](const std::vector<float>& y) {
    std::vector<double> distances;
    for (std::size_t k = seen.size() - std::min<std::size_t>(seen.size(), 30); k < seen.size(); ++k) {
      double square = 0;
      for (std::size_t j = 0; j < 6; ++j) square += std::pow(static_cast<double>(seen[k][j]) - static_cast<double>(y[j]), 2);
      distances.push_back(form == "log: false" ? std::sqrt(square) : std::log(1 + std::sqrt(square)));
    }
    if (distances.empty()) return 0.0;
    std::ranges::sort(distances);
    distances.resize(std::min<std::size_t>(distances.size(), 3));
    if (form != "average: true") return distances.back();
    return std::accumulate(distances.begin(), distances.end(), 0.0) / static_cast<double>(distances.size());
  };
  const std::vector<float> bonus = Fresh(*re3, slot);
  for (int t = 0; t < view.T; ++t) {
    for (int i = 0; i < view.n; ++i) {
      const std::size_t row = view.index(t, i);
      if (view.dead(t, i)) {
        CHECK(bonus[row] == 0);
        continue;
      }
      std::vector<float> y(6);
      net.Embed(WhitenedPoint(view, t + 1, i), y);
      CHECK(bonus[row] == Approx(plain(y)).epsilon(1e-3).margin(1e-5));  // inputs rounded to float
      seen.push_back(y);
    }
  }
}

TEST_CASE("re3: a sampled row is compared with the newest states, itself among them if it is one", "[rewards][unit]") {
  RolloutSlot slot = PointRollout(1, 1, 64, 1000), far = PointRollout(2, 1, 64, 1000);
  for (std::size_t k = 0; k < far.view().obs[0].As<float>().size(); k += kPointSize) far.view().obs[0].As<float>()[k] += 4;
  auto re3 = MakePointReward("{type: re3, neighbours: 1}", 64);
  Fresh(*re3, slot);
  for (const float bonus : Replayed(*re3, slot)) CHECK(bonus == 0);
  for (const float bonus : Replayed(*re3, far)) CHECK(bonus > 0.1f);
}

TEST_CASE("disagreement: pays the ensemble's variance at features of x and a", "[rewards][unit]") {
  RolloutSlot slot = PointRollout(1, 20, 4);
  const RolloutView view = slot.view();
  auto module = MakePointReward("{type: disagreement, hidden: [16], features: 6, models: 3, forward: [8]}");
  const std::vector<float> bonus = Fresh(*module, slot);
  const nn::RandomFeatures phi({kPointSize, {}}, {16}, 6, DeriveSeed(1, "disagreement", 0));
  const nn::ForwardEnsemble net({.models = 3, .forward = {8}}, 6, 2, DeriveSeed(1, "disagreement", 1));
  const auto actions = view.action.As<float>();
  for (const std::int32_t number : LiveRows(view)) {
    const auto row = static_cast<std::size_t>(number);
    std::vector<float> features(6), action{actions[2 * row], actions[2 * row + 1] / 5 - 1};  // the second in [0, 10]
    phi.Embed(WhitenedPoint(view, number / view.n, number % view.n), features);
    float expected = 0;
    net.Disagreement(features, action, {&expected, 1});
    CHECK(bonus[row] == Approx(expected).epsilon(1e-3));
  }
}

// Next states: of the states and actions, or of nothing.
RolloutSlot Moved(Seed seed, bool noise, float shift = 0) {
  RolloutSlot slot = PointRollout(seed, 1, 80);
  const auto states = slot.view().obs[0].As<float>(), actions = slot.view().action.As<float>();
  for (std::size_t row = 0; row < 80; ++row) {
    states[row * kPointSize] += shift;
    for (std::size_t j = 0; j < kPointSize && !noise; ++j)
      states[(80 + row) * kPointSize + j] = states[row * kPointSize + j] + (j == 0 ? actions[2 * row] : 0);
  }
  return slot;
}

TEST_CASE("disagreement: models end in agreement where they are taught, rules or noise, and disagree elsewhere",
          "[rewards][unit]") {
  for (const bool noise : {false, true}) {
    auto module = MakePointReward("{type: disagreement, hidden: [32], features: 8, forward: [32], learning_rate: 3e-3}", 80);
    RolloutSlot taught = Moved(0, noise), far = Moved(1000, noise, /*shift=*/4);
    Fresh(*module, taught);
    const auto mean = [&](RolloutSlot& slot) {
      const std::vector<float> bonus = Replayed(*module, slot);
      return static_cast<double>(std::accumulate(bonus.begin(), bonus.end(), 0.0f));
    };
    const double before = mean(taught);
    for (std::uint64_t update = 0; update < 400; ++update) {
      RolloutSlot slot = Moved(update, noise);
      module->Train(AsBatch(slot.view()), Noise(1, "train").Sub(update));
    }
    CAPTURE(noise, before, mean(taught), mean(far));
    CHECK(mean(taught) < 0.1 * before);
    CHECK(mean(taught) < 0.5 * mean(far));
  }
}

TEST_CASE("re3, disagreement: bad keys are refused with the place", "[rewards][unit]") {
  CHECK_THROWS_WITH(MakePointReward("{type: re3, memory: 2, neighbours: 3}"), Contains("memory"));
  CHECK_THROWS_WITH(MakePointReward("{type: re3, learning_rate: 1}"), Contains("learning_rate"));
  CHECK_THROWS_WITH(MakePointReward("{type: disagreement, models: 1}"), Contains("models"));
  CHECK_THROWS_WITH(MakePointReward("{type: disagreement, share: 0}"), Contains("share"));
}

}  // namespace
}  // namespace rove::testing
