#include "nn/mlp.h"

#include <memory>
#include <numbers>
#include <utility>

#include "nn/encoder.h"
#include "nn/inputs.h"

namespace rove::nn {

Mlp::Mlp(const std::string& name, std::int64_t inputs, const std::vector<std::int64_t>& hidden, Activation activation,
         ParamLayout* layout)
    : outputs_(inputs), activation_(activation) {
  for (const std::int64_t width : hidden) {
    const std::string layer = name + "." + std::to_string(layers_.size());
    const int weight = layout->AddWeight(layer + ".weight", outputs_, width, std::numbers::sqrt2_v<float>);
    layers_.push_back({weight, layout->AddBias(layer + ".bias", width)});
    outputs_ = width;
  }
}

at::Tensor Mlp::Forward(const Params& params, at::Tensor x) const {
  for (const Layer& layer : layers_) x = Linear(x, params[layer.weight], params[layer.bias], activation_);
  return x;
}

namespace {

class MlpEncoder final : public Encoder {
 public:
  MlpEncoder(Inputs inputs, const std::vector<std::int64_t>& hidden, Activation activation, ParamLayout* layout)
      : inputs_(std::move(inputs)), mlp_("encoder", inputs_.size(), hidden, activation, layout) {}

  std::int64_t input_size() const override { return inputs_.size(); }
  std::int64_t features() const override { return mlp_.outputs(); }
  void Fill(std::span<const ConstTensorView> obs, std::span<const std::int32_t> rows, float* out) const override {
    inputs_.Fill(obs, rows, out, inputs_.size());
  }
  at::Tensor Forward(const Params& params, const at::Tensor& x) const override { return mlp_.Forward(params, x); }

 private:
  Inputs inputs_;
  Mlp mlp_;
};

const EncoderRegistrar kMlp("mlp", "all inputs side by side into a stack of linear layers",
                            [](const Config& config, const EncoderDeps& deps) {
                              std::vector<std::int64_t> hidden{64, 64};
                              bool tanh = true;
                              const std::vector<int> columns = ReadInputs(config, deps.obs, PolicyColumns(deps.obs));
                              config.Get("hidden", &hidden, InRange(1, 1 << 16));
                              config.GetEnum("activation", &tanh, {"relu", "tanh"});
                              return std::make_unique<MlpEncoder>(Inputs(config, deps.obs, columns), hidden,
                                                                  tanh ? Activation::kTanh : Activation::kRelu, deps.layout);
                            });

}  // namespace

EncoderRegistry& Encoders() {
  static EncoderRegistry registry("encoder", "docs/agents.md");
  return registry;
}

}  // namespace rove::nn
