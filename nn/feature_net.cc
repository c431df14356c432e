#include "nn/feature_net.h"

#include <algorithm>

#include "core/archive.h"
#include "nn/tiles.h"

namespace rove::nn {
namespace {

std::vector<std::int64_t> OneLayer(std::int64_t width) { return std::vector<std::int64_t>(width > 0 ? 1 : 0, width); }

}  // namespace

FeatureNet::FeatureNet(const NetInput& input, const std::vector<std::int64_t>& hidden, std::int64_t features, ParamLayout* layout)
    : encoder_(input.encoder ? input.encoder(layout) : nullptr),
      hidden_("hidden", encoder_ ? encoder_->features() : input.width, hidden, Activation::kRelu, layout),
      output_("output", hidden_.outputs(), OneLayer(features), Activation::kNone, layout) {}

at::Tensor FeatureNet::Forward(const Params& params, const at::Tensor& x) const {
  return output_.Forward(params, hidden_.Forward(params, encoder_ ? encoder_->Forward(params, x) : x));
}

RandomFeatures::RandomFeatures(const NetInput& input, const std::vector<std::int64_t>& hidden, std::int64_t features, Seed seed)
    : width_(input.width), net_(input, hidden, features, &layout_), values_(layout_.Initial(seed)), params_(layout_, values_) {}

void RandomFeatures::Embed(std::span<const float> x, std::span<float> out) const {
  ForEachTile(x, width_, [&](const at::Tensor& tile, std::int64_t first, std::int64_t rows) {
    const at::Tensor y = Forward(tile);
    std::copy_n(y.data_ptr<float>(), rows * features(), out.begin() + first * features());
  });
}

void RandomFeatures::Serialize(Archive& ar) { ar.Block("random", values_.data(), values_.size() * sizeof(float)); }

}  // namespace rove::nn
