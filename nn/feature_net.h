// What the networks of bonuses have in common: an encoder (or none), ReLU layers, a linear output.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/rng.h"
#include "nn/encoder.h"
#include "nn/flat_params.h"
#include "nn/mlp.h"

namespace rove {
class Archive;
}

namespace rove::nn {

// What a network reads: rows of `width` floats, through an encoder if `encoder` makes one (its parameters go to the layout).
struct NetInput {
  std::int64_t width = 0;
  std::function<std::unique_ptr<Encoder>(ParamLayout*)> encoder;
};

// Architecture only, as encoders: for any number of threads.
class FeatureNet {
 public:
  // hidden: widths, may be empty. features 0: no output layer. Weights orthogonal with gain sqrt(2), biases 0.
  FeatureNet(const NetInput& input, const std::vector<std::int64_t>& hidden, std::int64_t features, ParamLayout* layout);
  at::Tensor Forward(const Params& params, const at::Tensor& x) const;  // [B, input.width] to [B, features()]
  std::int64_t features() const { return output_.outputs(); }

 private:
  std::unique_ptr<Encoder> encoder_;  // may be null
  Mlp hidden_, output_;
};

// A FeatureNet whose random weights never change.
class RandomFeatures {
 public:
  RandomFeatures(const NetInput& input, const std::vector<std::int64_t>& hidden, std::int64_t features, Seed seed);

  std::int64_t features() const { return net_.features(); }
  at::Tensor Forward(const at::Tensor& x) const { return net_.Forward(params_, x); }  // call without gradients
  // x: [rows, input.width]; out: [rows, features()]. Thread-safe beside other calls of itself.
  void Embed(std::span<const float> x, std::span<float> out) const;

  void Serialize(Archive& ar);  // the weights, so that they outlive another way of drawing them

 private:
  std::int64_t width_;
  ParamLayout layout_;
  FeatureNet net_;
  std::vector<float> values_;
  Params params_;
};

}  // namespace rove::nn
