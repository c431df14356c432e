#include "nn/dense_net.h"

#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <vector>

#include "tests/nn/plain_net.h"

namespace rove::nn {
namespace {

// Two networks in one layout, so that a wrong offset shows; 5 rows of 3 inputs cut out of rows of 4.
struct Case {
  ParamLayout layout;
  DenseNet other{"other", 3, {4}, 2, 1.0f, &layout};
  DenseNet net{"net", 3, {6, 5}, 2, 0.5f, &layout};
  std::vector<float> values = layout.Initial(3), grads = std::vector<float>(values.size());
  at::Tensor wide = at::randn({5, 4}), x = wide.narrow(1, 1, 3), dout = at::randn({5, 2});

  // The same with LibTorch's operators and autograd; adds to the gradients it is given.
  at::Tensor Reference(const Params& params, const at::Tensor& input) const {
    at::Tensor y = input;
    for (int l = 0; l < 3; ++l) {
      y = at::matmul(y, params[4 + 2 * l]) + params[5 + 2 * l];
      if (l < 2) y = at::relu(y);
    }
    return y;
  }
};

TEST_CASE("dense net: output and gradients equal autograd's, and gradients add up", "[nn][unit]") {
  at::manual_seed(1);
  Case c;
  for (std::size_t i = 0; i < c.values.size(); ++i) c.values[i] += 0.01f * static_cast<float>(i % 7);  // biases too
  const Params params(c.layout, c.values, c.grads);
  std::vector<float> reference_grads(c.grads.size());
  const Params reference(c.layout, c.values, reference_grads);
  DenseNet::Tape tape(c.net, 5);
  for (int pass = 0; pass < 2; ++pass) {
    const at::Tensor expected = c.Reference(reference, c.x);
    CHECK(at::allclose(c.net.Forward(params, c.x, &tape), expected, 1e-5, 1e-6));
    CHECK(at::equal(c.net.Output(tape), c.net.Forward(params, c.x, &tape)));
    expected.backward(c.dout);
    c.net.Backward(params, c.x, &tape, c.dout);
  }
  double largest = 0;
  for (std::size_t i = 0; i < c.grads.size(); ++i) {
    CHECK(c.grads[i] == Approx(reference_grads[i]).epsilon(1e-4).margin(1e-5));  // sums of floats in another order
    largest = std::max(largest, std::abs(static_cast<double>(c.grads[i])));
  }
  CHECK(largest > 1);
}

TEST_CASE("dense net: the gradient of chosen input columns equals autograd's and leaves the parameters' alone", "[nn][unit]") {
  at::manual_seed(2);
  Case c;
  const Params params(c.layout, c.values, c.grads);
  const at::Tensor input = c.x.detach().clone().set_requires_grad(true);
  c.Reference(Params(c.layout, c.values), input).backward(c.dout);
  DenseNet::Tape tape(c.net, 5);
  c.net.Forward(params, c.x, &tape);
  at::Tensor dx = at::empty({5, 2});
  c.net.BackwardToInput(params, &tape, c.dout, 1, &dx);
  CHECK(at::allclose(dx, input.grad().narrow(1, 1, 2), 1e-4, 1e-5));
  CHECK(c.grads == std::vector<float>(c.grads.size()));
}

TEST_CASE("dense net: start weights are those of its layers in order", "[nn][unit]") {
  const Case c;
  const float root2 = std::sqrt(2.0f);
  const testing::Doubles expected =
      testing::InitialParams({{3, 4, root2}, {4, 2, 1.0f}, {3, 6, root2}, {6, 5, root2}, {5, 2, 0.5f}}, 3);
  CHECK(testing::Doubles(c.values.begin(), c.values.end()) == expected);
}

}  // namespace
}  // namespace rove::nn
