#include "nn/ops.h"

#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/elu_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tanh_backward.h>
#include <ATen/ops/threshold_backward.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <bit>
#include <mutex>

#include "core/error.h"

namespace rove::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor LinearForward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, Activation activation) {
  at::Tensor y = at::addmm(bias, x, weight);
  if (activation == Activation::kRelu) y.relu_();
  if (activation == Activation::kTanh) y.tanh_();
  return y;
}

struct LinearNode : torch::autograd::Function<LinearNode> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            std::int64_t activation) {
    const at::AutoDispatchBelowADInplaceOrView guard;
    at::Tensor y = LinearForward(x, weight, bias, static_cast<Activation>(activation));
    ctx->saved_data["activation"] = activation;
    ctx->save_for_backward({x, weight, activation == 0 ? at::Tensor() : y});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const at::AutoDispatchBelowADInplaceOrView guard;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &y = saved[2];
    at::Tensor dz = grads[0];
    switch (static_cast<Activation>(ctx->saved_data["activation"].toInt())) {
      case Activation::kNone: break;
      case Activation::kRelu: dz = at::threshold_backward(dz, y, 0); break;
      case Activation::kTanh: dz = at::tanh_backward(dz, y); break;
    }
    const at::Tensor dx = ctx->needs_input_grad(0) ? at::mm(dz, weight.t()) : at::Tensor();
    return {dx, at::mm(x.t(), dz), dz.sum(0), at::Tensor()};
  }
};

// Calls run(b, from, lead, count) for each row of each patch, in the order in which patches are stored: after `lead` floats of
// padding come `count` floats of image b, from float `from` on, then padding up to kernel * channels.
template <class Run>
void ForEachRun(std::int64_t batch, const ConvShape& s, const Run& run) {
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t i = 0; i < s.conv_height(); ++i) {
      for (std::int64_t j = 0; j < s.conv_width(); ++j) {
        const std::int64_t x = j * s.stride - s.padding, y0 = i * s.stride - s.padding;
        const std::int64_t lead = std::max<std::int64_t>(0, -x), count = std::min(s.kernel, s.width - x) - lead;
        for (std::int64_t y = y0; y < y0 + s.kernel; ++y) {
          const bool inside = y >= 0 && y < s.height;
          run(b, inside ? (y * s.width + x + lead) * s.channels : 0, lead * s.channels, inside ? count * s.channels : 0);
        }
      }
    }
  }
}

// Patches of every output position, [B * conv_height * conv_width, patch].
at::Tensor ToPatches(const at::Tensor& x, const ConvShape& s) {
  const std::int64_t batch = x.size(0), stride = x.stride(0), width = s.kernel * s.channels;
  at::Tensor patches = at::empty({batch * s.conv_height() * s.conv_width(), s.patch()}, at::kFloat);
  if (s.padding > 0) patches.zero_();
  float* out = patches.data_ptr<float>();
  const float* images = x.data_ptr<float>();
  ForEachRun(batch, s, [&](std::int64_t b, std::int64_t from, std::int64_t lead, std::int64_t count) {
    std::copy_n(images + b * stride + from, count, out + lead);
    out += width;
  });
  return patches;
}

// The transpose of ToPatches: adds every patch's gradient to the pixels it was copied from. [B, inputs].
at::Tensor FromPatches(const at::Tensor& patches, std::int64_t batch, const ConvShape& s) {
  const std::int64_t width = s.kernel * s.channels;
  at::Tensor x = at::zeros({batch, s.inputs()}, at::kFloat);
  const float* in = patches.data_ptr<float>();
  float* images = x.data_ptr<float>();
  ForEachRun(batch, s, [&](std::int64_t b, std::int64_t from, std::int64_t lead, std::int64_t count) {
    float* to = images + b * s.inputs() + from;
    for (std::int64_t k = 0; k < count; ++k) to[k] += in[lead + k];
    in += width;
  });
  return x;
}

// Calls window(a, b, c, d, k) for each full 2x2 window of z: pointers to the `filters` values of its four elements, and the
// place k of its output.
template <class Window>
void ForEachWindow(float* z, std::int64_t batch, const ConvShape& s, const Window& window) {
  const std::int64_t row = s.conv_width() * s.filters;
  std::int64_t k = 0;
  for (std::int64_t b = 0; b < batch; ++b, z += s.conv_height() * row) {
    for (std::int64_t i = 0; i < s.out_height(); ++i) {
      for (std::int64_t j = 0; j < s.out_width(); ++j, k += s.filters) {
        float* corner = z + 2 * i * row + 2 * j * s.filters;
        window(corner, corner + s.filters, corner + row, corner + row + s.filters, k);
      }
    }
  }
}

at::Tensor PoolRelu(const at::Tensor& z, std::int64_t batch, const ConvShape& s) {
  at::Tensor out = at::empty({batch, s.outputs()}, at::kFloat);
  float* y = out.data_ptr<float>();
  ForEachWindow(z.data_ptr<float>(), batch, s,
                [&](const float* a, const float* b, const float* c, const float* d, std::int64_t k) {
                  for (std::int64_t f = 0; f < s.filters; ++f) {
                    const float top = a[f] > b[f] ? a[f] : b[f], low = c[f] > d[f] ? c[f] : d[f];
                    const float most = top > low ? top : low;
                    y[k + f] = most > 0 ? most : 0;
                  }
                });
  return out;
}

// One window's gradient, [filters]: dy goes to the first of a, b, c, d that equals the positive maximum y, each of which is
// overwritten by its own. Bit masks instead of branches, which guess wrong on real images (a quarter of a training step), and no
// aliasing, so that it vectorises.
void WindowGradient(std::int64_t filters, float* __restrict a, float* __restrict b, float* __restrict c, float* __restrict d,
                    const float* __restrict y, const float* __restrict dy) {
  const auto mask = [](bool condition) { return -static_cast<std::uint32_t>(condition); };
  for (std::int64_t f = 0; f < filters; ++f) {
    const float most = y[f];
    const std::uint32_t at_a = mask(a[f] == most), at_b = mask(b[f] == most), at_c = mask(c[f] == most),
                        at_d = mask(d[f] == most);
    const std::uint32_t grad = std::bit_cast<std::uint32_t>(dy[f]) & mask(most > 0);
    a[f] = std::bit_cast<float>(grad & at_a);
    b[f] = std::bit_cast<float>(grad & ~at_a & at_b);
    c[f] = std::bit_cast<float>(grad & ~at_a & ~at_b & at_c);
    d[f] = std::bit_cast<float>(grad & ~at_a & ~at_b & ~at_c & at_d);
  }
}

// Overwrites z with its own gradient.
void PoolReluBackward(const at::Tensor& saved_z, const at::Tensor& saved_y, const at::Tensor& grad, std::int64_t batch,
                      const ConvShape& s) {
  float* z = saved_z.data_ptr<float>();
  const float *y = saved_y.data_ptr<float>(), *dy = grad.data_ptr<float>();
  ForEachWindow(z, batch, s, [&](float* a, float* b, float* c, float* d, std::int64_t k) {
    WindowGradient(s.filters, a, b, c, d, y + k, dy + k);
  });
  // What the windows dropped had no part in the output.
  const at::Tensor image = saved_z.view({batch, s.conv_height(), s.conv_width(), s.filters});
  if (s.conv_height() % 2 != 0) image.select(1, s.conv_height() - 1).zero_();
  if (s.conv_width() % 2 != 0) image.select(2, s.conv_width() - 1).zero_();
}

struct ConvResult {
  at::Tensor patches, z, y;  // z: before the pool; undefined if there is none
};

ConvResult ConvForward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const ConvShape& s) {
  ROVE_CHECK(x.dim() == 2 && x.size(1) == s.inputs() && x.stride(1) == 1 && x.scalar_type() == at::kFloat);
  ROVE_CHECK(!(s.pool && s.elu));
  ConvResult r;
  r.patches = ToPatches(x, s);
  at::Tensor z = at::addmm(bias, r.patches, weight);
  if (s.pool) {
    r.y = PoolRelu(z, x.size(0), s);
    r.z = z;
  } else {
    r.y = (s.elu ? at::elu_(z) : z.relu_()).view({x.size(0), s.outputs()});
  }
  return r;
}

struct ConvNode : torch::autograd::Function<ConvNode> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            const ConvShape& s) {
    const at::AutoDispatchBelowADInplaceOrView guard;
    const ConvResult r = ConvForward(x, weight, bias, s);
    ctx->save_for_backward({weight, r.patches, r.z, r.y});
    ctx->saved_data["shape"] =
        std::vector<std::int64_t>{s.height, s.width, s.channels, s.kernel, s.filters, s.pool, s.stride, s.padding, s.elu};
    return r.y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const at::AutoDispatchBelowADInplaceOrView guard;
    const std::vector<std::int64_t> shape = ctx->saved_data["shape"].toIntVector();
    const ConvShape s{shape[0], shape[1], shape[2], shape[3], shape[4], shape[5] != 0, shape[6], shape[7], shape[8] != 0};
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &weight = saved[0], &patches = saved[1], &y = saved[3], dy = grads[0].contiguous();
    at::Tensor dz = saved[2];
    if (s.pool) {
      PoolReluBackward(dz, y, dy, y.size(0), s);
    } else if (s.elu) {
      dz = at::elu_backward(dy, 1, 1, 1, /*is_result=*/true, y).view({-1, s.filters});
    } else {
      dz = at::threshold_backward(dy, y, 0).view({-1, s.filters});
    }
    at::Tensor dx;
    if (ctx->needs_input_grad(0)) dx = FromPatches(at::mm(dz, weight.t()), y.size(0), s);
    return {dx, at::mm(patches.t(), dz), dz.sum(0), at::Tensor()};
  }
};

bool WantsGradient(const at::Tensor& x, const at::Tensor& weight) {
  return at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad());
}

}  // namespace

void UseOneThread() {
  static std::once_flag once;
  std::call_once(once, [] {
    at::set_num_threads(1);
    at::set_num_interop_threads(1);
  });
}

at::Tensor Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, Activation activation) {
  if (!WantsGradient(x, weight)) return LinearForward(x, weight, bias, activation);
  return LinearNode::apply(x, weight, bias, static_cast<std::int64_t>(activation));
}

at::Tensor Conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const ConvShape& shape) {
  if (!WantsGradient(x, weight)) return ConvForward(x, weight, bias, shape).y;
  return ConvNode::apply(x, weight, bias, shape);
}

}  // namespace rove::nn
