#include "nn/dense_net.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>

#include <numbers>

#include "core/error.h"

namespace rove::nn {
namespace {

// Both on [rows, width] in one pass; the compiler makes a version for each kind of processor, with equal results.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ROVE_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ROVE_VECTOR_CLONES
#endif

ROVE_VECTOR_CLONES void AddBias(float* y, const float* __restrict bias, std::int64_t rows, std::int64_t width, bool relu) {
  for (std::int64_t r = 0; r < rows; ++r, y += width) {
    if (relu) {
      for (std::int64_t j = 0; j < width; ++j) {
        const float z = y[j] + bias[j];
        y[j] = z > 0 ? z : 0;
      }
    } else {
      for (std::int64_t j = 0; j < width; ++j) y[j] += bias[j];
    }
  }
}

// dy where y is positive, else 0.
ROVE_VECTOR_CLONES void ThroughRelu(float* dy, const float* __restrict y, std::int64_t count) {
  for (std::int64_t k = 0; k < count; ++k) dy[k] = y[k] > 0 ? dy[k] : 0;
}

}  // namespace

DenseNet::DenseNet(const std::string& name, std::int64_t inputs, const std::vector<std::int64_t>& hidden, std::int64_t outputs,
                   float output_gain, ParamLayout* layout)
    : widths_{inputs} {
  widths_.insert(widths_.end(), hidden.begin(), hidden.end());
  widths_.push_back(outputs);
  for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
    const std::string layer = name + "." + std::to_string(l);
    const bool last = l + 2 == widths_.size();
    weight_.push_back(
        layout->AddWeight(layer + ".weight", widths_[l], widths_[l + 1], last ? output_gain : std::numbers::sqrt2_v<float>));
    bias_.push_back(layout->AddBias(layer + ".bias", widths_[l + 1]));
  }
}

DenseNet::Tape::Tape(const DenseNet& net, std::int64_t rows) : ones(at::ones({rows}, at::kFloat)) {
  for (std::size_t l = 1; l < net.widths_.size(); ++l) {
    y.push_back(at::empty({rows, net.widths_[l]}, at::kFloat));
    dy.push_back(at::empty({rows, net.widths_[l]}, at::kFloat));
  }
}

const at::Tensor& DenseNet::Forward(const Params& params, const at::Tensor& x, Tape* tape) const {
  const at::AutoDispatchBelowADInplaceOrView guard;
  const std::size_t layers = weight_.size();
  for (std::size_t l = 0; l < layers; ++l) {
    at::Tensor& y = tape->y[l];
    at::mm_out(y, l == 0 ? x : tape->y[l - 1], params[weight_[l]]);
    AddBias(y.data_ptr<float>(), params[bias_[l]].data_ptr<float>(), y.size(0), y.size(1), /*relu=*/l + 1 < layers);
  }
  return tape->y.back();
}

const at::Tensor& DenseNet::LayerGradient(const Params& params, std::size_t l, Tape* tape, const at::Tensor& dout) const {
  if (l + 1 == weight_.size()) return dout;
  const at::Tensor& above = l + 2 == weight_.size() ? dout : tape->dy[l + 1];
  at::Tensor& dy = tape->dy[l];
  at::mm_out(dy, above, params[weight_[l + 1]].t());
  ThroughRelu(dy.data_ptr<float>(), tape->y[l].data_ptr<float>(), dy.numel());
  return dy;
}

void DenseNet::Backward(const Params& params, const at::Tensor& x, Tape* tape, const at::Tensor& dout) const {
  const at::AutoDispatchBelowADInplaceOrView guard;
  for (std::size_t l = weight_.size(); l-- > 0;) {
    const at::Tensor& dy = LayerGradient(params, l, tape, dout);
    at::Tensor weight_grad = params[weight_[l]].grad(), bias_grad = params[bias_[l]].grad();
    weight_grad.addmm_((l == 0 ? x : tape->y[l - 1]).t(), dy);
    bias_grad.addmv_(dy.t(), tape->ones);
  }
}

void DenseNet::BackwardToInput(const Params& params, Tape* tape, const at::Tensor& dout, std::int64_t first,
                               at::Tensor* dx) const {
  const at::AutoDispatchBelowADInplaceOrView guard;
  for (std::size_t l = weight_.size(); l-- > 1;) LayerGradient(params, l, tape, dout);
  const at::Tensor& dy = LayerGradient(params, 0, tape, dout);
  at::mm_out(*dx, dy, params[weight_[0]].narrow(0, first, dx->size(1)).t());
}

}  // namespace rove::nn
