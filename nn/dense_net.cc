#include "nn/dense_net.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/threshold_backward.h>

#include <numbers>

#include "core/error.h"

namespace rove::nn {

DenseNet::DenseNet(const std::string& name, std::int64_t inputs, const std::vector<std::int64_t>& hidden, std::int64_t outputs,
                   float output_gain, ParamLayout* layout)
    : widths_{inputs} {
  widths_.insert(widths_.end(), hidden.begin(), hidden.end());
  widths_.push_back(outputs);
  for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
    const std::string layer = name + "." + std::to_string(l);
    const bool last = l + 2 == widths_.size();
    weight_.push_back(layout->AddWeight(layer + ".weight", widths_[l], widths_[l + 1],
                                        last ? output_gain : std::numbers::sqrt2_v<float>));
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
    at::addmm_out(y, params[bias_[l]], l == 0 ? x : tape->y[l - 1], params[weight_[l]]);
    if (l + 1 < layers) y.relu_();
  }
  return tape->y.back();
}

const at::Tensor& DenseNet::LayerGradient(const Params& params, std::size_t l, Tape* tape, const at::Tensor& dout) const {
  if (l + 1 == weight_.size()) return dout;
  const at::Tensor& above = l + 2 == weight_.size() ? dout : tape->dy[l + 1];
  at::Tensor& dy = tape->dy[l];
  at::mm_out(dy, above, params[weight_[l + 1]].t());
  at::threshold_backward_out(dy, dy, tape->y[l], 0);
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
