#include "nn/lstm.h"

#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/nn/plain_net.h"

namespace rove::nn {
namespace {

constexpr std::int64_t kSteps = 9, kBatch = 3, kInputs = 5, kUnits = 4;
constexpr int kLayers = 2;

struct Case {
  ParamLayout layout;
  Lstm lstm{"memory", kInputs, kUnits, kLayers, &layout};
  std::vector<float> values = testing::NormalRows(static_cast<std::size_t>(layout.size()), 1),
                     grads = std::vector<float>(values.size());
  at::Tensor x = at::randn({kSteps * kBatch, kInputs}).set_requires_grad(true);
  at::Tensor state = at::randn({kBatch, lstm.state_size()});
  at::Tensor first = at::zeros({kSteps * kBatch}, at::kByte);
  at::Tensor dy = at::randn({kSteps * kBatch, kUnits});
};

// f32 chains of 9 steps and 2 layers with values of size one: rounding stays below 1e-4, a wrong term does not.
void CheckClose(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  CHECK((a - b).abs().max().item<float>() < 1e-4f);
}

TEST_CASE("Lstm equals LibTorch's own over layers, steps and batch: outputs, last state and every gradient", "[nn][unit]") {
  at::manual_seed(3);
  Case c;
  const Params params(c.layout, c.values, c.grads);
  at::Tensor next_state;
  const at::Tensor y = c.lstm.Forward(params, c.x, {.state = c.state, .first = {}, .next_state = &next_state});

  // LibTorch's: weights [4 units, inputs] with gates i, f, g, o; no biases of the recurrent part.
  const at::Tensor x2 = c.x.detach().clone().set_requires_grad(true);
  std::vector<at::Tensor> theirs, ours;                 // leaves in the order w_ih, w_hh, b_ih; our gradients in their order
  const auto reorder = [](const at::Tensor& columns) {  // [., 4 units] i f o g -> i f g o
    const auto parts = columns.chunk(4, -1);
    return at::cat({parts[0], parts[1], parts[3], parts[2]}, -1);
  };
  std::vector<at::Tensor> weights;
  for (int p = 0; p < 3 * kLayers; ++p) {
    const at::Tensor value = reorder(params[p].detach());
    theirs.push_back((p % 3 == 2 ? value : value.t()).contiguous().clone().set_requires_grad(true));
    weights.push_back(theirs.back());
    if (p % 3 == 2) weights.push_back(at::zeros({4 * kUnits}));
  }
  const at::Tensor states = c.state.view({kBatch, kLayers, 2, kUnits});
  const auto [out, h, cell] =
      at::lstm(x2.view({kSteps, kBatch, kInputs}),
               {states.select(2, 0).transpose(0, 1).contiguous(), states.select(2, 1).transpose(0, 1).contiguous()}, weights,
               /*has_biases=*/true, kLayers, 0.0, /*train=*/true, false, /*batch_first=*/false);
  CheckClose(y, out.reshape({kSteps * kBatch, kUnits}));
  const at::Tensor next = next_state.view({kBatch, kLayers, 2, kUnits});
  CheckClose(next.select(2, 0).transpose(0, 1), h);
  CheckClose(next.select(2, 1).transpose(0, 1), cell);

  y.backward(c.dy);
  out.reshape({kSteps * kBatch, kUnits}).backward(c.dy);
  CheckClose(c.x.grad(), x2.grad());
  for (int p = 0; p < 3 * kLayers; ++p) {
    const at::Tensor grad = reorder(params[p].grad());
    CheckClose(p % 3 == 2 ? grad : grad.t(), theirs[static_cast<std::size_t>(p)].grad());
  }
  const at::NoGradGuard no_grad;
  CHECK(at::equal(c.lstm.Forward(params, c.x, {.state = c.state, .first = {}, .next_state = nullptr}), y));
}

// The cell in plain loops, in double, over the same parameters: sum of dy * h of the last layer.
double PlainLoss(const Case& c, const testing::Doubles& params) {
  double loss = 0;
  const auto* starts = c.first.data_ptr<std::uint8_t>();
  const auto sigmoid = [](double z) { return 1 / (1 + std::exp(-z)); };
  for (std::int64_t j = 0; j < kBatch; ++j) {
    double h[kLayers][kUnits], cell[kLayers][kUnits];
    for (int l = 0; l < kLayers; ++l) {
      for (std::int64_t k = 0; k < kUnits; ++k) {
        h[l][k] = c.state[j][2 * kUnits * l + k].item<double>();
        cell[l][k] = c.state[j][2 * kUnits * l + kUnits + k].item<double>();
      }
    }
    for (std::int64_t t = 0; t < kSteps; ++t) {
      std::vector<double> in;
      for (std::int64_t k = 0; k < kInputs; ++k) in.push_back(c.x[t * kBatch + j][k].item<double>());
      std::size_t at = 0;
      for (int l = 0; l < kLayers; ++l) {
        if (starts[t * kBatch + j] != 0) {
          for (std::int64_t k = 0; k < kUnits; ++k) h[l][k] = cell[l][k] = 0;
        }
        std::vector<double> z(4 * kUnits);
        for (const double v : in) {
          for (double& gate : z) gate += v * params[at++];
        }
        for (const double v : h[l]) {
          for (double& gate : z) gate += v * params[at++];
        }
        for (double& gate : z) gate += params[at++];
        in.clear();
        for (std::size_t k = 0; k < kUnits; ++k) {
          cell[l][k] = sigmoid(z[kUnits + k]) * cell[l][k] + sigmoid(z[k]) * std::tanh(z[3 * kUnits + k]);
          h[l][k] = sigmoid(z[2 * kUnits + k]) * std::tanh(cell[l][k]);
          in.push_back(h[l][k]);
        }
      }
      for (std::int64_t k = 0; k < kUnits; ++k) loss += c.dy[t * kBatch + j][k].item<double>() * in[static_cast<std::size_t>(k)];
    }
  }
  return loss;
}

TEST_CASE("Lstm with episodes that start inside its sequences: output and gradient equal finite differences of plain loops",
          "[nn][unit]") {
  at::manual_seed(4);
  Case c;
  for (const int row : {0, 4, 5, 11, 26}) c.first[row] = 1;  // step 0 of sequence 0; step 1 of two; step 3 of one; the last row
  const Params params(c.layout, c.values, c.grads);
  const at::Tensor y = c.lstm.Forward(params, c.x, {.state = c.state, .first = c.first, .next_state = nullptr});
  const testing::Doubles at(c.values.begin(), c.values.end());
  CHECK((y * c.dy).sum().item<double>() == Approx(PlainLoss(c, at)).epsilon(1e-5));
  y.backward(c.dy);
  const testing::Doubles slope = testing::Gradient([&](const testing::Doubles& p) { return PlainLoss(c, p); }, at);
  for (std::size_t i = 0; i < slope.size(); ++i) CHECK(static_cast<double>(c.grads[i]) == Approx(slope[i]).margin(1e-4));
}

TEST_CASE(
    "Lstm: a sequence in one call equals its steps one by one with the state carried, and ignores what an episode's start cuts "
    "off",
    "[nn][unit]") {
  at::manual_seed(5);
  Case c;
  c.first[4 * kBatch + 1] = 1;
  const Params params(c.layout, c.values);
  const at::Tensor whole = c.lstm.Forward(params, c.x.detach(), {.state = c.state, .first = c.first, .next_state = nullptr});
  at::Tensor state = c.state;
  for (std::int64_t t = 0; t < kSteps; ++t) {
    if (t == 4) {
      state = state.clone();
      state[1].zero_();
    }
    at::Tensor next;
    const at::Tensor y =
        c.lstm.Forward(params, c.x.detach().narrow(0, t * kBatch, kBatch), {.state = state, .first = {}, .next_state = &next});
    CheckClose(y, whole.narrow(0, t * kBatch, kBatch));
    state = next;
  }
  at::Tensor x = c.x.detach().clone();
  x.narrow(0, 0, 4 * kBatch).add_(1);  // before sequence 1's episode starts
  const at::Tensor other = c.lstm.Forward(params, x, {.state = c.state, .first = c.first, .next_state = nullptr});
  const auto after = [](const at::Tensor& y, std::int64_t j) {
    return y.view({kSteps, kBatch, kUnits}).narrow(0, 4, kSteps - 4).select(1, j);
  };
  CHECK(at::equal(after(other, 1), after(whole, 1)));
  CHECK_FALSE(at::equal(after(other, 0), after(whole, 0)));
}

TEST_CASE("Lstm's weights start uniform within 1 / sqrt(units), its biases at 0", "[nn][unit]") {
  ParamLayout layout;
  const Lstm lstm("memory", 30, 25, 1, &layout);
  const std::vector<float> values = layout.Initial(1);
  REQUIRE(values.size() == 30 * 100 + 25 * 100 + 100);
  const auto [low, high] = std::minmax_element(values.begin(), values.end() - 100);
  CHECK(*low >= -0.2f);
  CHECK(*low < -0.199f);  // of 5500 draws; 0.4 * (1 - 0.001 / 0.4)^5500 is below 1e-6
  CHECK(*high < 0.2f);
  CHECK(*high > 0.199f);
  CHECK(std::all_of(values.end() - 100, values.end(), [](float v) { return v == 0; }));
}

}  // namespace
}  // namespace rove::nn
