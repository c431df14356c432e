#include "nn/lstm.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace rove::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Of one layer, [steps * batch, .]: what the backward pass needs, and the outputs.
struct LayerResult {
  at::Tensor gates, h_prev, c_prev, c, tanh_c, h;  // gates: [., 4 units] after their activations; the others [., units]
};

struct Sizes {
  std::int64_t steps, batch, units;
};

// Rows [t * batch, (t + 1) * batch).
at::Tensor Step(const at::Tensor& x, std::int64_t t, const Sizes& s) { return x.narrow(0, t * s.batch, s.batch); }

// c = f * c_prev + i * g of one row.
void CellForward(std::int64_t units, const float* __restrict gates, const float* __restrict c_prev, float* __restrict c) {
  const float *i = gates, *f = gates + units, *g = gates + 3 * units;
  for (std::int64_t k = 0; k < units; ++k) c[k] = f[k] * c_prev[k] + i[k] * g[k];
}

// h = o * tanh_c of one row.
void HiddenForward(std::int64_t units, const float* __restrict gates, const float* __restrict tanh_c, float* __restrict h) {
  const float* o = gates + 2 * units;
  for (std::int64_t k = 0; k < units; ++k) h[k] = o[k] * tanh_c[k];
}

// One row: from dh and dc (of h and c) to the gradient of the gates' arguments; dc becomes that of c_prev.
void CellBackward(std::int64_t units, const float* __restrict gates, const float* __restrict c_prev,
                  const float* __restrict tanh_c, const float* __restrict dy, const float* __restrict dh, float* __restrict dc,
                  float* __restrict dgates) {
  const float *i = gates, *f = gates + units, *o = gates + 2 * units, *g = gates + 3 * units;
  float *di = dgates, *df = dgates + units, *d_o = dgates + 2 * units, *dg = dgates + 3 * units;
  for (std::int64_t k = 0; k < units; ++k) {
    const float out = dy[k] + dh[k], cell = dc[k] + out * o[k] * (1 - tanh_c[k] * tanh_c[k]);
    di[k] = cell * g[k] * i[k] * (1 - i[k]);
    df[k] = cell * c_prev[k] * f[k] * (1 - f[k]);
    d_o[k] = out * tanh_c[k] * o[k] * (1 - o[k]);
    dg[k] = cell * i[k] * (1 - g[k] * g[k]);
    dc[k] = cell * f[k];
  }
}

LayerResult LayerForward(const at::Tensor& x, const at::Tensor& input, const at::Tensor& recurrent, const at::Tensor& bias,
                         const at::Tensor& h0, const at::Tensor& c0, const at::Tensor& first) {
  const Sizes s{x.size(0) / h0.size(0), h0.size(0), h0.size(1)};
  ROVE_CHECK_EQ(s.steps * s.batch, x.size(0));
  LayerResult r;
  r.gates = at::addmm(bias, x, input);
  for (at::Tensor* part : {&r.h_prev, &r.c_prev, &r.c, &r.tanh_c, &r.h}) *part = at::empty({x.size(0), s.units}, at::kFloat);
  const std::uint8_t* starts = first.data_ptr<std::uint8_t>();
  const float *h = h0.data_ptr<float>(), *c = c0.data_ptr<float>();
  for (std::int64_t t = 0; t < s.steps; ++t) {
    const std::int64_t at = t * s.batch * s.units;
    float *h_prev = r.h_prev.data_ptr<float>() + at, *c_prev = r.c_prev.data_ptr<float>() + at;
    for (std::int64_t j = 0; j < s.batch; ++j) {
      const bool keep = starts[t * s.batch + j] == 0;
      for (std::int64_t k = j * s.units; k < (j + 1) * s.units; ++k) {
        h_prev[k] = keep ? h[k] : 0;
        c_prev[k] = keep ? c[k] : 0;
      }
    }
    at::Tensor gates = Step(r.gates, t, s);
    gates.addmm_(Step(r.h_prev, t, s), recurrent);
    gates.narrow(1, 0, 3 * s.units).sigmoid_();
    gates.narrow(1, 3 * s.units, s.units).tanh_();
    float *gate = gates.data_ptr<float>(), *c_now = r.c.data_ptr<float>() + at, *h_now = r.h.data_ptr<float>() + at;
    for (std::int64_t j = 0; j < s.batch; ++j) {
      CellForward(s.units, gate + 4 * s.units * j, c_prev + s.units * j, c_now + s.units * j);
    }
    at::Tensor tanh_c = Step(r.tanh_c, t, s);
    at::tanh_out(tanh_c, Step(r.c, t, s));
    for (std::int64_t j = 0; j < s.batch; ++j) {
      HiddenForward(s.units, gate + 4 * s.units * j, tanh_c.data_ptr<float>() + s.units * j, h_now + s.units * j);
    }
    h = h_now;
    c = c_now;
  }
  return r;
}

struct LayerNode : torch::autograd::Function<LayerNode> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& input, const at::Tensor& recurrent,
                            const at::Tensor& bias, const at::Tensor& h0, const at::Tensor& c0, const at::Tensor& first,
                            at::Tensor* last_c) {
    const at::AutoDispatchBelowADInplaceOrView guard;
    const LayerResult r = LayerForward(x, input, recurrent, bias, h0, c0, first);
    ctx->saved_data["batch"] = h0.size(0);
    ctx->save_for_backward({x, input, recurrent, r.gates, r.h_prev, r.c_prev, r.tanh_c, first});
    *last_c = r.c.narrow(0, x.size(0) - h0.size(0), h0.size(0));
    return r.h;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const at::AutoDispatchBelowADInplaceOrView guard;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &input = saved[1], &gates = saved[3], &h_prev = saved[4], &c_prev = saved[5];
    const at::Tensor &tanh_c = saved[6], &first = saved[7], recurrent_t = saved[2].t(), dy = grads[0].contiguous();
    const std::int64_t batch = ctx->saved_data["batch"].toInt();
    const Sizes s{x.size(0) / batch, batch, h_prev.size(1)};
    const std::uint8_t* starts = first.data_ptr<std::uint8_t>();
    const at::Tensor dgates = at::empty_like(gates);
    at::Tensor dh = at::zeros({s.batch, s.units}, at::kFloat);
    const at::Tensor dc = at::zeros({s.batch, s.units}, at::kFloat);
    for (std::int64_t t = s.steps - 1; t >= 0; --t) {
      for (std::int64_t j = 0; j < s.batch; ++j) {
        const std::int64_t row = t * s.batch + j, at = row * s.units;
        CellBackward(s.units, gates.data_ptr<float>() + 4 * at, c_prev.data_ptr<float>() + at, tanh_c.data_ptr<float>() + at,
                     dy.data_ptr<float>() + at, dh.data_ptr<float>() + j * s.units, dc.data_ptr<float>() + j * s.units,
                     dgates.data_ptr<float>() + 4 * at);
      }
      if (t == 0) break;
      at::mm_out(dh, Step(dgates, t, s), recurrent_t);
      for (std::int64_t j = 0; j < s.batch; ++j) {
        if (starts[t * s.batch + j] == 0) continue;
        std::fill_n(dh.data_ptr<float>() + j * s.units, s.units, 0.0f);
        std::fill_n(dc.data_ptr<float>() + j * s.units, s.units, 0.0f);
      }
    }
    const at::Tensor dx = ctx->needs_input_grad(0) ? at::mm(dgates, input.t()) : at::Tensor();
    const at::Tensor none;
    return {dx, at::mm(x.t(), dgates), at::mm(h_prev.t(), dgates), dgates.sum(0), none, none, none, none};
  }
};

}  // namespace

Lstm::Lstm(const std::string& name, std::int64_t inputs, std::int64_t units, int layers, ParamLayout* layout) : units_(units) {
  const float bound = 1 / std::sqrt(static_cast<float>(units));
  for (int l = 0; l < layers; ++l) {
    const std::string layer = name + "." + std::to_string(l);
    const int input = layout->AddUniform(layer + ".input", l == 0 ? inputs : units, 4 * units, bound);
    const int recurrent = layout->AddUniform(layer + ".recurrent", units, 4 * units, bound);
    layers_.push_back({input, recurrent, layout->AddBias(layer + ".bias", 4 * units)});
  }
}

at::Tensor Lstm::Forward(const Params& params, at::Tensor x, const Memory& memory) const {
  ROVE_CHECK(memory.state.dim() == 2 && memory.state.size(1) == state_size());
  const at::Tensor first = memory.first.defined() ? memory.first : at::zeros({x.size(0)}, at::kByte);
  std::vector<at::Tensor> last;  // h, c of each layer
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const at::Tensor &input = params[layers_[l].input], &recurrent = params[layers_[l].recurrent],
                     &bias = params[layers_[l].bias];
    const std::int64_t at = 2 * units_ * static_cast<std::int64_t>(l);
    const at::Tensor h0 = memory.state.narrow(1, at, units_).contiguous(),
                     c0 = memory.state.narrow(1, at + units_, units_).contiguous();
    at::Tensor last_c;
    if (at::GradMode::is_enabled() && (x.requires_grad() || input.requires_grad())) {
      x = LayerNode::apply(x, input, recurrent, bias, h0, c0, first, &last_c);
    } else {
      const LayerResult r = LayerForward(x, input, recurrent, bias, h0, c0, first);
      x = r.h;
      last_c = r.c.narrow(0, r.c.size(0) - h0.size(0), h0.size(0));
    }
    if (memory.next_state == nullptr) continue;
    last.push_back(x.detach().narrow(0, x.size(0) - h0.size(0), h0.size(0)));
    last.push_back(last_c);
  }
  if (memory.next_state != nullptr) *memory.next_state = at::cat(last, 1);
  return x;
}

}  // namespace rove::nn
