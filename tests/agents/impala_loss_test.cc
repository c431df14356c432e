#include "agents/impala/impala_loss.h"

#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <vector>

#include "core/rng.h"
#include "nn/categorical.h"
#include "tests/nn/bridge.h"

namespace rove {
namespace {

constexpr int kRows = 60, kActions = 5, kHeads = 2;

struct Case {
  ImpalaWeights weights{.row = 0.25f, .value_coef = 0.7f, .entropy_coef = 0.03f};
  std::vector<ImpalaSample> samples;
  std::vector<float> logits, values, log_prob, dlogits, dvalues;
  ImpalaSums sums;

  // Every fourth row has no loss.
  Case() : logits(kRows * kActions), values(kRows * kHeads), log_prob(logits), dlogits(logits.size(), 9.0f), dvalues(values) {
    NoiseStream noise = Noise(4, "test").At(0, 0);
    for (float& x : logits) x = noise.Normal();
    for (float& x : values) x = noise.Normal();
    for (int i = 0; i < kRows; ++i) {
      samples.push_back({.action = i % 4 == 3 ? -1 : static_cast<std::int32_t>(noise.Below(kActions)),
                         .advantage = noise.Normal(),
                         .target = {noise.Normal(), noise.Normal()}});
    }
  }
  double Loss() {  // the closed form's own value, from its sums
    for (std::size_t i = 0; i < kRows; ++i) {
      nn::LogSoftmax(std::span(logits).subspan(i * kActions, kActions), std::span(log_prob).subspan(i * kActions, kActions));
    }
    sums = {};
    ImpalaLoss(weights, samples, kHeads, log_prob, values, dlogits, dvalues, &sums);
    return static_cast<double>(weights.row) * (sums.policy_loss - static_cast<double>(weights.entropy_coef) * sums.entropy +
                                               static_cast<double>(weights.value_coef) * sums.value_loss);
  }
};

TEST_CASE("IMPALA's loss and its closed-form gradient equal autograd of the written-out loss", "[agents][unit]") {
  Case c;
  const double closed = c.Loss();
  const auto leaf = [](std::vector<float>& x, std::int64_t width) {
    return nn::AsTensor({x.data(), DType::kF32, {kRows, width}}).to(at::kDouble).set_requires_grad(true);
  };
  const at::Tensor logits = leaf(c.logits, kActions), values = leaf(c.values, kHeads);
  at::Tensor loss = at::zeros({}, at::kDouble);
  for (int i = 0; i < kRows; ++i) {
    const ImpalaSample& sample = c.samples[static_cast<std::size_t>(i)];
    if (sample.action < 0) continue;
    const at::Tensor log_p = logits[i].log_softmax(0);
    loss = loss - static_cast<double>(sample.advantage) * log_p[sample.action];
    loss = loss + static_cast<double>(c.weights.entropy_coef) * (log_p.exp() * log_p).sum();
    for (int h = 0; h < kHeads; ++h) {
      const at::Tensor error = values[i][h] - static_cast<double>(sample.target[static_cast<std::size_t>(h)]);
      loss = loss + 0.5 * static_cast<double>(c.weights.value_coef) * error.square();
    }
  }
  loss = loss * static_cast<double>(c.weights.row);
  loss.backward();
  CHECK(closed == Approx(loss.item<double>()).epsilon(1e-5));
  // Gradients are of size 1 here; f32 leaves a few 1e-7.
  const auto far = [](std::vector<float>& x, std::int64_t width, const at::Tensor& grad) {
    return (nn::AsTensor({x.data(), DType::kF32, {kRows, width}}).to(at::kDouble) - grad).abs().max().item<double>();
  };
  CHECK(far(c.dlogits, kActions, logits.grad()) < 2e-6);
  CHECK(far(c.dvalues, kHeads, values.grad()) < 2e-6);
}

TEST_CASE("IMPALA's gradient equals finite differences of its own loss, and is 0 on rows without a loss", "[agents][unit]") {
  Case c;
  c.Loss();
  const std::vector<float> dlogits = c.dlogits, dvalues = c.dvalues;
  const auto slope = [&](float& x) {
    constexpr float kStep = 1e-2f;  // f32 sums of 60 rows: rounding 1e-5 / step, curvature step^2
    const float middle = x;
    x = middle + kStep;
    const double above = c.Loss();
    x = middle - kStep;
    const double below = c.Loss();
    x = middle;
    return (above - below) / (2 * static_cast<double>(kStep));
  };
  for (std::size_t i = 0; i < c.logits.size(); ++i) CHECK(slope(c.logits[i]) == Approx(dlogits[i]).margin(1e-3));
  for (std::size_t i = 0; i < c.values.size(); ++i) CHECK(slope(c.values[i]) == Approx(dvalues[i]).margin(1e-3));
  for (std::size_t i = 0; i < kRows; ++i) {
    if (c.samples[i].action >= 0) continue;
    for (std::size_t j = 0; j < kActions; ++j) CHECK(dlogits[i * kActions + j] == 0);
    for (std::size_t h = 0; h < kHeads; ++h) CHECK(dvalues[i * kHeads + h] == 0);
  }
}

}  // namespace
}  // namespace rove
