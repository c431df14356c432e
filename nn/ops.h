// The layers that make up most of a small network's time, each one node of the autograd graph: a few large calls instead of many
// small ones. Plain at:: operators may be mixed with them freely. Where no gradient is wanted (inference mode, no leaf) they
// record nothing. tests/nn/ops_test.cc compares them with LibTorch's own layers.
//
// A graph through these layers can be run backward once: the backward of a pooled Conv overwrites what it saved.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace rove::nn {

// One intra-op and one inter-op thread for LibTorch, once per process: all parallelism is core/parallel.h's. Thread-safe.
void UseOneThread();

enum class Activation : std::uint8_t { kNone, kRelu, kTanh };

// activation(x @ weight + bias), [B, out]. x: [B, in] f32; weight: [in, out]; bias: [out].
at::Tensor Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, Activation activation);

// Convolution of an image stored as [height, width, channels].
struct ConvShape {
  std::int64_t height = 0, width = 0, channels = 0;  // of the input
  std::int64_t kernel = 1, filters = 1;
  bool pool = false;                     // max over 2x2 windows, stride 2, remainder dropped, before the ReLU
  std::int64_t stride = 1, padding = 0;  // zeros on all four sides
  bool elu = false;                      // ELU (alpha 1) instead of ReLU; not with a pool

  std::int64_t inputs() const { return height * width * channels; }
  std::int64_t patch() const { return kernel * kernel * channels; }
  std::int64_t conv_height() const { return (height + 2 * padding - kernel) / stride + 1; }
  std::int64_t conv_width() const { return (width + 2 * padding - kernel) / stride + 1; }
  std::int64_t out_height() const { return pool ? conv_height() / 2 : conv_height(); }
  std::int64_t out_width() const { return pool ? conv_width() / 2 : conv_width(); }
  std::int64_t outputs() const { return out_height() * out_width() * filters; }
};

// relu(pool(x * weight + bias)) or elu(x * weight + bias), [B, shape.outputs()], each row [out_height, out_width, filters]. x:
// [B, shape.inputs()] f32, rows may be any distance apart (a narrowed tensor); weight: [shape.patch(), filters], the patch
// ordered (ky, kx, channel); bias: [filters].
at::Tensor Conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const ConvShape& shape);

}  // namespace rove::nn
