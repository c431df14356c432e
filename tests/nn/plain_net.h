// What the networks of nn/ are held against: layers in plain loops, in double, gradients by central differences, textbook Adam.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "nn/flat_params.h"

namespace rove::nn::testing {

using Doubles = std::vector<double>;

// Widths of a stack of layers; all but the last are followed by max(0, .). Parameters: for each layer W [in, out], then b [out].
struct PlainStack {
  std::vector<std::size_t> widths;

  std::size_t size() const {
    std::size_t sum = 0;
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) sum += (widths[l] + 1) * widths[l + 1];
    return sum;
  }
  Doubles operator()(std::span<const double> params, Doubles x, bool last_relu = false) const {
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
      const auto weight = params.first(widths[l] * widths[l + 1]), bias = params.subspan(weight.size(), widths[l + 1]);
      Doubles y(bias.begin(), bias.end());
      for (std::size_t i = 0; i < widths[l]; ++i) {
        for (std::size_t j = 0; j < y.size(); ++j) y[j] += x[i] * weight[i * y.size() + j];
      }
      for (double& v : y) v = l + 2 < widths.size() || last_relu ? std::max(0.0, v) : v;
      x = std::move(y);
      params = params.subspan((widths[l] + 1) * widths[l + 1]);
    }
    return x;
  }
};

struct Layer {
  std::int64_t in, out;
  float gain = std::sqrt(2.0f);
};

// Start values of networks of these layers, in this order of adding.
inline Doubles InitialParams(const std::vector<Layer>& layers, Seed seed) {
  ParamLayout layout;
  for (const Layer& layer : layers) {
    layout.AddWeight("w", layer.in, layer.out, layer.gain);
    layout.AddBias("b", layer.out);
  }
  const std::vector<float> values = layout.Initial(seed);
  return {values.begin(), values.end()};
}

inline Doubles Gradient(const std::function<double(const Doubles&)>& f, Doubles x) {
  constexpr double kStep = 1e-6;  // error about step^2 + 1e-16 / step = 1e-10
  Doubles gradient;
  for (double& v : x) {
    const double at = v;
    v = at + kStep;
    const double up = f(x);
    v = at - kStep;
    gradient.push_back((up - f(x)) / (2 * kStep));
    v = at;
  }
  return gradient;
}

// Kingma & Ba 2015, algorithm 1.
class PlainAdam {
 public:
  PlainAdam(std::size_t size, double rate) : rate_(rate), m_(size), v_(size) {}
  void Step(const Doubles& gradient, Doubles* x) {
    ++t_;
    for (std::size_t i = 0; i < x->size(); ++i) {
      m_[i] = 0.9 * m_[i] + 0.1 * gradient[i];
      v_[i] = 0.999 * v_[i] + 0.001 * gradient[i] * gradient[i];
      (*x)[i] -= rate_ * (m_[i] / (1 - std::pow(0.9, t_))) / (std::sqrt(v_[i] / (1 - std::pow(0.999, t_))) + 1e-8);
    }
  }

 private:
  double rate_, t_ = 0;
  Doubles m_, v_;
};

inline std::vector<float> NormalRows(std::size_t count, std::uint64_t number) {
  NoiseStream stream = Noise(1, "test").At(number, 0);
  std::vector<float> x(count);
  for (float& v : x) v = stream.Normal();
  return x;
}

inline Doubles Row(const std::vector<float>& x, std::size_t row, std::size_t width) {
  return {x.begin() + static_cast<std::ptrdiff_t>(row * width), x.begin() + static_cast<std::ptrdiff_t>((row + 1) * width)};
}

}  // namespace rove::nn::testing
