#include "nn/ops.h"

#include <ATen/ATen.h>

#include <catch2/catch.hpp>

namespace rove::nn {
namespace {

at::Tensor Leaf(at::IntArrayRef shape) { return at::randn(shape).set_requires_grad(true); }

// The same values and no shared gradient.
at::Tensor Copy(const at::Tensor& x) { return x.detach().clone().set_requires_grad(true); }

// f32 sums of at most a few thousand terms of size one: rounding stays far below 1e-4, a wrong term does not.
void CheckClose(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  CHECK((a - b).abs().max().item<float>() < 1e-4f);
}

TEST_CASE("Linear equals addmm and its activation, in value and in every gradient", "[nn][unit]") {
  at::manual_seed(1);
  for (const Activation activation : {Activation::kNone, Activation::kRelu, Activation::kTanh}) {
    const at::Tensor x = Leaf({5, 7}), weight = Leaf({7, 3}), bias = Leaf({3}), dy = at::randn({5, 3});
    const at::Tensor x2 = Copy(x), weight2 = Copy(weight), bias2 = Copy(bias);
    at::Tensor y2 = at::addmm(bias2, x2, weight2);
    if (activation == Activation::kRelu) y2 = y2.relu();
    if (activation == Activation::kTanh) y2 = y2.tanh();
    const at::Tensor y = Linear(x, weight, bias, activation);
    CheckClose(y, y2);
    y.backward(dy);
    y2.backward(dy);
    CheckClose(x.grad(), x2.grad());
    CheckClose(weight.grad(), weight2.grad());
    CheckClose(bias.grad(), bias2.grad());
    const at::NoGradGuard no_grad;
    CHECK(at::equal(Linear(x, weight, bias, activation), y));
  }
}

TEST_CASE("Conv equals conv2d, max_pool2d and relu or elu, in value and in every gradient", "[nn][unit]") {
  at::manual_seed(2);
  constexpr std::int64_t B = 3;
  for (const ConvShape& s :
       {ConvShape{7, 7, 3, 2, 5, true}, ConvShape{7, 6, 3, 3, 4, true}, ConvShape{5, 8, 2, 2, 4, true},
        ConvShape{4, 5, 6, 3, 8, false}, ConvShape{3, 3, 4, 1, 2, false}, ConvShape{7, 7, 3, 3, 4, false, 2, 1, true},
        ConvShape{2, 1, 4, 3, 5, false, 2, 1, true}, ConvShape{6, 7, 2, 3, 4, false, 3, 2, false},
        ConvShape{7, 6, 2, 2, 4, true, 1, 1, false}, ConvShape{5, 4, 3, 2, 3, false, 2, 0, true}}) {
    CAPTURE(s.height, s.width, s.kernel, s.pool, s.stride, s.padding, s.elu);
    const at::Tensor wide = Leaf({B, s.inputs() + 4}), weight = Leaf({s.patch(), s.filters}), bias = Leaf({s.filters});
    const at::Tensor wide2 = Copy(wide), weight2 = Copy(weight), bias2 = Copy(bias), dy = at::randn({B, s.outputs()});
    const at::Tensor nchw = wide2.narrow(1, 2, s.inputs()).reshape({B, s.height, s.width, s.channels}).permute({0, 3, 1, 2});
    const at::Tensor oihw = weight2.view({s.kernel, s.kernel, s.channels, s.filters}).permute({3, 2, 0, 1});
    at::Tensor z2 = at::conv2d(nchw, oihw, bias2, s.stride, s.padding);
    if (s.pool) z2 = at::max_pool2d(z2, 2);
    const at::Tensor y2 = (s.elu ? at::elu(z2) : z2.relu()).permute({0, 2, 3, 1}).reshape({B, s.outputs()});
    const at::Tensor y = Conv(wide.narrow(1, 2, s.inputs()), weight, bias, s);
    CheckClose(y, y2);
    y.backward(dy);
    y2.backward(dy);
    CheckClose(wide.grad(), wide2.grad());
    CheckClose(weight.grad(), weight2.grad());
    CheckClose(bias.grad(), bias2.grad());
    const at::NoGradGuard no_grad;
    CHECK(at::equal(Conv(wide.narrow(1, 2, s.inputs()), weight, bias, s), y));
  }
}

TEST_CASE("Where a window's elements are equal, the gradient goes to one of them", "[nn][unit]") {
  const ConvShape s{5, 5, 1, 2, 1, true};  // 4x4 equal outputs x = 2 * 4 * 0.5, four windows
  const at::Tensor x = at::full({1, 25}, 2.0f), weight = at::full({4, 1}, 0.5f).set_requires_grad(true);
  const at::Tensor bias = at::zeros({1}).set_requires_grad(true);
  Conv(x, weight, bias, s).backward(at::tensor(std::vector{1.0f, 2.0f, 3.0f, 4.0f}).view({1, 4}));
  CHECK(bias.grad().item<float>() == 10);
  CHECK(at::equal(weight.grad(), at::full({4, 1}, 20.0f)));
}

}  // namespace
}  // namespace rove::nn
