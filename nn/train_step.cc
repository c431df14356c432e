#include "nn/train_step.h"

#include <ATen/ops/dot.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/sqrt.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/archive.h"
#include "core/error.h"
#include "core/parallel.h"
#include "nn/ops.h"

namespace rove::nn {
namespace {

class OrderedSum final : public GradientReducer {
 public:
  void Reduce(std::span<const std::span<const float>> shards, std::span<float> out) override {
    std::ranges::copy(shards[0], out.begin());
    for (const auto shard : shards.subspan(1)) {
      for (std::size_t i = 0; i < out.size(); ++i) out[i] += shard[i];
    }
  }
};

at::Tensor Flat(std::vector<float>& buffer) {
  return at::from_blob(buffer.data(), {static_cast<std::int64_t>(buffer.size())}, at::kFloat);
}

}  // namespace

std::unique_ptr<GradientReducer> MakeOrderedSum() { return std::make_unique<OrderedSum>(); }

void ReadOptimizer(const Config& config, OptimizerOptions* options) {
  config.GetEnum("optimizer", &options->type, {"adam", "rmsprop"});
  config.Get("epsilon", &options->epsilon, Positive());
  if (options->type == OptimizerOptions::Type::kAdam) {
    config.Get("beta1", &options->beta1, InRange(0, 0.99999));
    config.Get("beta2", &options->beta2, InRange(0, 0.99999));
  } else {
    config.Get("decay", &options->decay, InRange(0, 0.99999));
  }
  config.Get("max_grad_norm", &options->max_grad_norm, AtLeast(0));
}

TrainStep::TrainStep(const ParamLayout& layout, Seed seed, int shards, const OptimizerOptions& options,
                     std::unique_ptr<GradientReducer> reducer)
    : options_(options), reducer_(std::move(reducer)), values_(layout.Initial(seed)), params_(layout, values_) {
  UseOneThread();
  const std::size_t size = values_.size();
  for (auto* buffer : {&second_, &grad_, &root_}) buffer->resize(size);
  if (options.type == OptimizerOptions::Type::kAdam) first_.resize(size);
  shard_grads_.assign(static_cast<std::size_t>(shards), std::vector<float>(size));
  for (auto& grads : shard_grads_) replicas_.emplace_back(layout, values_, grads);
}

float TrainStep::Step(float learning_rate, const std::function<void(int, const Params&)>& gradient) {
  ParallelFor(shards(), [&](int s) {
    std::ranges::fill(shard_grads_[static_cast<std::size_t>(s)], 0.0f);
    gradient(s, replicas_[static_cast<std::size_t>(s)]);
  });
  const std::vector<std::span<const float>> parts(shard_grads_.begin(), shard_grads_.end());
  reducer_->Reduce(parts, grad_);
  const float norm = std::sqrt(at::dot(Flat(grad_), Flat(grad_)).item<float>());
  if (!std::isfinite(norm)) {
    throw SystemError("the gradient of step " + std::to_string(steps_ + 1) +
                      " is not finite; lower learning_rate or look for NaN in rewards and observations");
  }
  const float limit = options_.max_grad_norm;
  ++steps_;
  Update(learning_rate, limit > 0 && norm > limit ? limit / (norm + 1e-6f) : 1.0f);
  return norm;
}

// Adam (Kingma & Ba 2015) with bias correction, epsilon outside the corrected root, as in PyTorch; RMSProp as in PyTorch
// (epsilon outside the root). One call of sqrt over the flat buffer, since compilers vectorise the rest but not std::sqrt.
void TrainStep::Update(float learning_rate, float scale) {
  const std::size_t size = values_.size();
  float *value = values_.data(), *m = first_.data(), *v = second_.data(), *root = root_.data();
  const float* grad = grad_.data();
  const bool adam = options_.type == OptimizerOptions::Type::kAdam;
  const float beta1 = options_.beta1, beta2 = adam ? options_.beta2 : options_.decay, epsilon = options_.epsilon;
  for (std::size_t i = 0; i < size; ++i) {
    const float g = grad[i] * scale;
    v[i] = beta2 * v[i] + (1 - beta2) * g * g;
  }
  at::Tensor out = Flat(root_);
  at::sqrt_out(out, Flat(second_));
  if (!adam) {
    for (std::size_t i = 0; i < size; ++i) value[i] -= learning_rate * scale * grad[i] / (root[i] + epsilon);
    return;
  }
  const double steps = static_cast<double>(steps_);
  const auto rate = static_cast<float>(learning_rate / (1 - std::pow(static_cast<double>(beta1), steps)));
  const auto correction = static_cast<float>(1 / std::sqrt(1 - std::pow(static_cast<double>(beta2), steps)));
  for (std::size_t i = 0; i < size; ++i) {
    m[i] = beta1 * m[i] + (1 - beta1) * scale * grad[i];
    value[i] -= rate * m[i] / (root[i] * correction + epsilon);
  }
}

void TrainStep::Serialize(Archive& ar) {
  ar.Section("train_step", 1, [&](int) {
    const auto block = [&ar](const char* name, std::vector<float>& buffer) {
      ar.Block(name, buffer.data(), buffer.size() * sizeof(float));
    };
    block("params", values_);
    block("first_moment", first_);
    block("second_moment", second_);
    ar("steps", steps_);
  });
}

}  // namespace rove::nn
