// Encoder for MiniGrid images: codes [H, W, 3] (object, colour, state), 2x2 or 3x3 convolutions on them as they are, as in
// lcswillems/torch-ac and the RIDE and NovelD baselines; or one-hot over the codes. Other inputs join after the convolutions.
#include <ATen/ops/cat.h>

#include <algorithm>
#include <memory>
#include <numbers>
#include <utility>

#include "nn/categories.h"
#include "nn/encoder.h"
#include "nn/inputs.h"
#include "nn/mlp.h"
#include "nn/ops.h"

namespace rove::nn {
namespace {

struct MinigridCnnOptions {
  bool one_hot = false;                            // image: codes | one_hot
  std::vector<std::int64_t> channels{32, 64, 64};  // filters of each convolution
  std::int64_t kernel = 2;                         // of each convolution
  std::vector<std::int64_t> strides;               // of each convolution; empty: all 1
  std::int64_t padding = 0;                        // zeros around each convolution's input
  bool elu = false;                                // activation of the convolutions: relu | elu
  bool pool = true;                                // 2x2 max-pool after the first convolution
  std::vector<std::int64_t> hidden;                // ReLU layers after the convolutions and the other inputs
};

// Convolution number `layer` on an input of `in`'s height, width and channels.
ConvShape LayerShape(const MinigridCnnOptions& options, std::size_t layer, const ConvShape& in) {
  return {.height = in.height,
          .width = in.width,
          .channels = in.channels,
          .kernel = options.kernel,
          .filters = options.channels[layer],
          .pool = options.pool && layer == 0,
          .stride = options.strides.empty() ? 1 : options.strides[layer],
          .padding = options.padding,
          .elu = options.elu};
}

class MinigridCnn final : public Encoder {
 public:
  MinigridCnn(const MinigridCnnOptions& options, int image, std::int64_t height, std::int64_t width, Inputs others,
              ParamLayout* layout)
      : image_(image), cells_(height * width), one_hot_(options.one_hot), others_(std::move(others)) {
    ConvShape shape{.height = height, .width = width, .channels = one_hot_ ? kMinigridCodesTotal : 3};
    image_size_ = shape.inputs();
    flat_ = image_size_;
    for (const std::int64_t filters : options.channels) {
      shape = LayerShape(options, convs_.size(), shape);
      const std::string name = "encoder.conv" + std::to_string(convs_.size());
      const int weight = layout->AddWeight(name + ".weight", shape.patch(), filters, std::numbers::sqrt2_v<float>);
      convs_.push_back({shape, weight, layout->AddBias(name + ".bias", filters)});
      flat_ = shape.outputs();
      shape = {.height = shape.out_height(), .width = shape.out_width(), .channels = filters};
    }
    tail_.emplace("encoder.hidden", flat_ + others_.size(), options.hidden, Activation::kRelu, layout);
  }

  std::int64_t input_size() const override { return image_size_ + others_.size(); }
  std::int64_t features() const override { return tail_->outputs(); }

  void Fill(std::span<const ConstTensorView> obs, std::span<const std::int32_t> rows, float* out) const override {
    const auto* codes = static_cast<const std::uint8_t*>(obs[static_cast<std::size_t>(image_)].data);
    float* to = out;
    for (const std::int32_t row : rows) {
      const std::uint8_t* from = codes + row * cells_ * 3;
      if (one_hot_) {
        FillOneHot(from, to);
      } else {
        std::copy_n(from, cells_ * 3, to);
      }
      to += input_size();
    }
    others_.Fill(obs, rows, out + image_size_, input_size());
  }

  at::Tensor Forward(const Params& params, const at::Tensor& x) const override {
    at::Tensor y = x.narrow(1, 0, image_size_);
    for (const Layer& conv : convs_) y = Conv(y, params[conv.weight], params[conv.bias], conv.shape);
    if (others_.size() > 0) y = at::cat({y, x.narrow(1, image_size_, others_.size())}, 1);
    return tail_->Forward(params, y);
  }

 private:
  struct Layer {
    ConvShape shape;
    int weight, bias;
  };

  void FillOneHot(const std::uint8_t* from, float* to) const {
    std::fill_n(to, image_size_, 0.0f);
    for (std::int64_t cell = 0; cell < cells_; ++cell) {
      for (const std::int64_t count : kMinigridCodes) {
        if (*from < count) to[*from] = 1;  // a code that upstream does not have is no code
        ++from;
        to += count;
      }
    }
  }

  int image_;
  std::int64_t cells_;
  bool one_hot_;
  Inputs others_;
  std::int64_t image_size_ = 0, flat_ = 0;
  std::vector<Layer> convs_;
  std::optional<Mlp> tail_;
};

std::unique_ptr<Encoder> MakeMinigridCnn(const Config& config, const EncoderDeps& deps) {
  MinigridCnnOptions options;
  std::vector<int> columns = ReadInputs(config, deps.obs, {"image"});
  config.GetEnum("image", &options.one_hot, {"codes", "one_hot"});
  config.Get("channels", &options.channels, InRange(1, 4096));
  config.Get("kernel", &options.kernel, InRange(1, 7));
  config.Get("strides", &options.strides, InRange(1, 7));
  config.Get("padding", &options.padding, InRange(0, 6));
  config.GetEnum("activation", &options.elu, {"relu", "elu"});
  config.Get("pool", &options.pool);
  config.Get("hidden", &options.hidden, InRange(1, 1 << 16));
  if (!options.strides.empty() && options.strides.size() != options.channels.size()) {
    config.At("strides").Fail("expected as many as channels, " + std::to_string(options.channels.size()) + ", got " +
                              std::to_string(options.strides.size()));
  }
  if (options.padding >= options.kernel) {
    config.At("padding").Fail("expected less than the kernel, " + std::to_string(options.kernel) + ", got " +
                              std::to_string(options.padding));
  }
  if (options.elu && options.pool) config.At("activation").Fail("elu and pool: true do not go together; set pool: false");

  const auto spec_of = [&](int column) -> const TensorSpec& { return deps.obs[static_cast<std::size_t>(column)]; };
  const auto is_image = [&](int column) { return IsMinigridImage(spec_of(column)); };
  if (std::ranges::count_if(columns, is_image) != 1) {
    config.At("inputs").Fail("minigrid_cnn needs exactly one image of codes (u8 [height, width, 3])");
  }
  const auto image = std::ranges::find_if(columns, is_image);
  const int image_column = *image;
  columns.erase(image);
  const std::int64_t height = spec_of(image_column).shape.dim[0], width = spec_of(image_column).shape.dim[1];
  ConvShape shape{.height = height, .width = width, .channels = 3};
  for (std::size_t layer = 0; layer < options.channels.size(); ++layer) {
    shape = LayerShape(options, layer, shape);
    if (std::min(shape.height, shape.width) + 2 * shape.padding < shape.kernel ||
        std::min(shape.out_height(), shape.out_width()) < 1) {
      config.At("channels")
          .Fail("convolution " + std::to_string(layer + 1) + " of kernel " + std::to_string(options.kernel) +
                " has nothing left of the " + std::to_string(height) + "x" + std::to_string(width) +
                " image; use fewer, a smaller kernel or pool: false");
    }
    shape = {.height = shape.out_height(), .width = shape.out_width(), .channels = shape.filters};
  }
  return std::make_unique<MinigridCnn>(options, image_column, height, width, Inputs(config, deps.obs, columns), deps.layout);
}

const EncoderRegistrar kMinigridCnn("minigrid_cnn", "convolutions over MiniGrid codes, as they are or one-hot", MakeMinigridCnn);

}  // namespace
}  // namespace rove::nn
