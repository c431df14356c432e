#include "nn/flat_params.h"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"

namespace rove::nn {
namespace {

// k random orthonormal vectors of length n >= k, row-major [k, n]: Gram-Schmidt on normal draws, twice for accuracy. In double
// and in plain loops, so that no BLAS has a say in what a seed means.
std::vector<double> OrthonormalRows(std::int64_t k, std::int64_t n, NoiseStream noise) {
  std::vector<double> q(static_cast<std::size_t>(k * n));
  for (double& x : q) x = static_cast<double>(noise.Normal());
  const auto row = [&](std::int64_t i) {
    return std::span(q).subspan(static_cast<std::size_t>(i * n), static_cast<std::size_t>(n));
  };
  const auto dot = [](std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] * b[j];
    return sum;
  };
  for (std::int64_t i = 0; i < k; ++i) {
    const auto v = row(i);
    for (int pass = 0; pass < 2; ++pass) {
      for (std::int64_t before = 0; before < i; ++before) {
        const auto u = row(before);
        const double along = dot(u, v);
        for (std::size_t j = 0; j < v.size(); ++j) v[j] -= along * u[j];
      }
    }
    const double length = std::sqrt(dot(v, v));
    for (double& x : v) x /= length;
  }
  return q;
}

}  // namespace

int ParamLayout::Add(Entry entry, std::int64_t count) {
  entry.offset = size_;
  size_ += count;
  entries_.push_back(std::move(entry));
  return static_cast<int>(entries_.size()) - 1;
}

int ParamLayout::AddWeight(const std::string& name, std::int64_t rows, std::int64_t cols, float gain) {
  ROVE_CHECK(rows > 0 && cols > 0);
  return Add({name, 0, rows, cols, gain}, rows * cols);
}

int ParamLayout::AddUniform(const std::string& name, std::int64_t rows, std::int64_t cols, float bound) {
  ROVE_CHECK(rows > 0 && cols > 0);
  return Add({name, 0, rows, cols, bound, /*uniform=*/true}, rows * cols);
}

int ParamLayout::AddBias(const std::string& name, std::int64_t size) { return Add({name, 0, 0, size, 0}, size); }

std::vector<float> ParamLayout::Initial(Seed seed) const {
  std::vector<float> values(static_cast<std::size_t>(size_));
  const Noise noise(seed, "init");
  for (std::size_t index = 0; index < entries_.size(); ++index) {
    const Entry& entry = entries_[index];
    if (entry.rows == 0) continue;
    if (entry.uniform) {
      NoiseStream stream = noise.At(index, 0);
      for (std::int64_t i = 0; i < entry.rows * entry.cols; ++i) {
        values[static_cast<std::size_t>(entry.offset + i)] = entry.gain * (2 * stream.Uniform() - 1);
      }
      continue;
    }
    const bool tall = entry.rows >= entry.cols;
    const std::int64_t k = std::min(entry.rows, entry.cols), n = std::max(entry.rows, entry.cols);
    const std::vector<double> q = OrthonormalRows(k, n, noise.At(index, 0));
    for (std::int64_t r = 0; r < entry.rows; ++r) {
      for (std::int64_t c = 0; c < entry.cols; ++c) {
        const double x = q[static_cast<std::size_t>(tall ? c * n + r : r * n + c)];
        values[static_cast<std::size_t>(entry.offset + r * entry.cols + c)] = entry.gain * static_cast<float>(x);
      }
    }
  }
  return values;
}

Params::Params(const ParamLayout& layout, std::span<float> values) {
  ROVE_CHECK_EQ(static_cast<std::int64_t>(values.size()), layout.size());
  for (const auto& entry : layout.entries_) {
    const auto shape = entry.rows == 0 ? std::vector{entry.cols} : std::vector{entry.rows, entry.cols};
    tensors_.push_back(at::from_blob(values.data() + entry.offset, shape, at::kFloat));
  }
}

Params::Params(const ParamLayout& layout, std::span<float> values, std::span<float> grads) : Params(layout, values) {
  ROVE_CHECK_EQ(static_cast<std::int64_t>(grads.size()), layout.size());
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    tensors_[i].set_requires_grad(true);
    tensors_[i].mutable_grad() = at::from_blob(grads.data() + layout.entries_[i].offset, tensors_[i].sizes(), at::kFloat);
  }
}

}  // namespace rove::nn
