#include "agents/ppo/ppo_loss.h"

#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <vector>

#include "core/rng.h"
#include "tests/nn/bridge.h"

namespace rove {
namespace {

constexpr int kRows = 200, kActions = 5, kHeads = 2;

struct Case {
  PpoLossOptions options{.clip = 0.2f, .clip_value = true, .value_coef = 0.7f, .entropy_coef = 0.03f};
  PpoMinibatch minibatch{.shift = 0.3f, .scale = 1.7f, .row_weight = 1.0f / kRows};
  std::vector<PpoSample> samples;
  std::vector<float> logits, values, dlogits, dvalues;
  PpoSums sums;

  // Ratios and value steps on both sides of both clips, advantages of both signs.
  Case() : logits(kRows * kActions), values(kRows * kHeads), dlogits(logits.size(), 9.0f), dvalues(values.size(), 9.0f) {
    NoiseStream noise = Noise(3, "test").At(0, 0);
    for (float& x : logits) x = noise.Normal();
    for (float& x : values) x = noise.Normal();
    for (int i = 0; i < kRows; ++i) {
      PpoSample sample{.row = i, .action = static_cast<std::int32_t>(noise.Below(kActions)), .advantage = noise.Normal()};
      sample.log_prob = static_cast<float>(LogProb(i, sample.action)) + 0.3f * noise.Normal();
      for (std::size_t h = 0; h < kHeads; ++h) {
        sample.value[h] = values[static_cast<std::size_t>(i) * kHeads + h] + 0.3f * noise.Normal();
        sample.target[h] = noise.Normal();
      }
      samples.push_back(sample);
    }
  }
  double LogProb(int row, int action) const {
    double sum = 0;
    for (int j = 0; j < kActions; ++j) sum += std::exp(static_cast<double>(logits[static_cast<std::size_t>(row * kActions + j)]));
    return static_cast<double>(logits[static_cast<std::size_t>(row * kActions + action)]) - std::log(sum);
  }
  double Loss() {  // the closed form's own value, from its sums
    sums = {};
    PpoLoss(options, minibatch, samples, kHeads, logits, values, dlogits, dvalues, &sums);
    return (sums.policy_loss - static_cast<double>(options.entropy_coef) * sums.entropy +
            static_cast<double>(options.value_coef) * sums.value_loss) /
           kRows;
  }
};

// The loss as the paper writes it, in double precision, with LibTorch's operators and autograd.
struct Reference {
  at::Tensor logits, values, loss;
  explicit Reference(Case& c) {
    const auto column = [&](auto get) {
      std::vector<double> x;
      for (const PpoSample& sample : c.samples) x.push_back(static_cast<double>(get(sample)));
      return at::tensor(x, at::kDouble);
    };
    logits = nn::AsTensor({c.logits.data(), DType::kF32, {kRows, kActions}}).to(at::kDouble).set_requires_grad(true);
    values = nn::AsTensor({c.values.data(), DType::kF32, {kRows, kHeads}}).to(at::kDouble).set_requires_grad(true);
    const double clip = static_cast<double>(c.options.clip);
    const at::Tensor log_probs = logits.log_softmax(1);
    const at::Tensor action = column([](const PpoSample& s) { return s.action; }).to(at::kLong).unsqueeze(1);
    const at::Tensor ratio =
        (log_probs.gather(1, action).squeeze(1) - column([](const PpoSample& s) { return s.log_prob; })).exp();
    const at::Tensor advantage = (column([](const PpoSample& s) { return s.advantage; }) - c.minibatch.shift) * c.minibatch.scale;
    const at::Tensor policy = -at::minimum(advantage * ratio, advantage * ratio.clamp(1 - clip, 1 + clip)).mean();
    const at::Tensor entropy = -(log_probs.exp() * log_probs).sum(1).mean();
    loss = policy - c.options.entropy_coef * entropy;
    for (std::size_t h = 0; h < kHeads; ++h) {
      const at::Tensor v = values.select(1, static_cast<std::int64_t>(h));
      const at::Tensor old = column([h](const PpoSample& s) { return s.value[h]; });
      const at::Tensor target = column([h](const PpoSample& s) { return s.target[h]; });
      at::Tensor error = (v - target).square();
      if (c.options.clip_value) error = at::maximum(error, (old + (v - old).clamp(-clip, clip) - target).square());
      loss = loss + c.options.value_coef * 0.5 * error.mean();
    }
    loss.backward();
  }
};

TEST_CASE("PPO's loss and its closed-form gradient equal autograd of the written-out loss", "[agents][unit]") {
  for (const bool clip_value : {true, false}) {
    Case c;
    c.options.clip_value = clip_value;
    const double loss = c.Loss();
    CHECK(c.sums.clipped > 20);  // both sides of the clip are in the data
    CHECK(c.sums.clipped < kRows - 20);
    const Reference reference(c);
    CHECK(loss == Approx(reference.loss.item<double>()).epsilon(1e-5));
    // Gradients are at most about 1e-2 here; f32 leaves 1e-8.
    const at::Tensor dlogits = nn::AsTensor({c.dlogits.data(), DType::kF32, {kRows, kActions}}).to(at::kDouble);
    const at::Tensor dvalues = nn::AsTensor({c.dvalues.data(), DType::kF32, {kRows, kHeads}}).to(at::kDouble);
    CHECK((dlogits - reference.logits.grad()).abs().max().item<double>() < 1e-8);
    CHECK((dvalues - reference.values.grad()).abs().max().item<double>() < 1e-8);
  }
}

TEST_CASE("PPO's gradient equals finite differences of its own loss", "[agents][unit]") {
  Case c;
  c.Loss();
  const std::vector<float> dlogits = c.dlogits, dvalues = c.dvalues;
  const auto slope = [&](float& x, float step) {
    const float middle = x;
    x = middle + step;
    const double above = c.Loss();
    x = middle - step;
    const double below = c.Loss();
    x = middle;
    return (above - below) / (2 * static_cast<double>(step));
  };
  int kinks = 0;  // a step across a clip's corner
  for (std::size_t i = 0; i < c.logits.size(); ++i)
    kinks += std::abs(slope(c.logits[i], 1e-2f) - static_cast<double>(dlogits[i])) > 2e-5;
  for (std::size_t i = 0; i < c.values.size(); ++i)
    kinks += std::abs(slope(c.values[i], 1e-2f) - static_cast<double>(dvalues[i])) > 2e-5;
  CHECK(kinks < 0.06 * (kRows * (kActions + kHeads)));
}

TEST_CASE("Padding rows get gradient 0, and rows are independent", "[agents][unit]") {
  Case c;
  c.Loss();
  const std::vector<float> dlogits = c.dlogits;
  c.samples.resize(50);
  c.Loss();
  CHECK(std::equal(c.dlogits.begin(), c.dlogits.begin() + 50 * kActions, dlogits.begin()));
  CHECK(std::all_of(c.dlogits.begin() + 50 * kActions, c.dlogits.end(), [](float d) { return d == 0; }));
  CHECK(std::all_of(c.dvalues.begin() + 50 * kHeads, c.dvalues.end(), [](float d) { return d == 0; }));
}

}  // namespace
}  // namespace rove
