#include "nn/actor_critic.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include "nn/ops.h"

namespace rove::nn {

ActorCritic::ActorCritic(const Config& agent, const EnvSpec& env, std::int64_t actions, std::int64_t values)
    : encoder_(Encoders().Create(agent.At("encoder"), {.obs = env.obs, .layout = &layout_})), actions_(actions), values_(values) {
  enum class MemoryType { kNone, kLstm } type = MemoryType::kNone;
  const Config memory = agent.At("memory");
  memory.GetEnum("type", &type, {"none", "lstm"});
  if (type == MemoryType::kLstm) {
    std::int64_t units = 64;
    int layers = 1;
    memory.Get("units", &units, InRange(1, 1 << 14));
    memory.Get("layers", &layers, InRange(1, 16));
    memory_.emplace("memory", encoder_->features(), units, layers, &layout_);
  }
  std::int64_t width = 64;
  bool tanh = true;
  agent.Get("head", &width, InRange(0, 1 << 16));
  agent.GetEnum("head_activation", &tanh, {"relu", "tanh"});
  const Activation activation = tanh ? Activation::kTanh : Activation::kRelu;
  actor_ = MakeHead("actor", width, activation, actions, 0.01f);
  critic_ = MakeHead("critic", width, activation, values, 1.0f);
}

ActorCritic::Head ActorCritic::MakeHead(const std::string& name, std::int64_t width, Activation activation, std::int64_t outputs,
                                        float gain) {
  Head head;
  const std::vector<std::int64_t> hidden(width > 0 ? 1 : 0, width);
  const std::int64_t inputs = memory_ ? memory_->outputs() : encoder_->features();
  head.hidden = std::make_unique<Mlp>(name, inputs, hidden, activation, &layout_);
  head.weight = layout_.AddWeight(name + ".out.weight", head.hidden->outputs(), outputs, gain);
  head.bias = layout_.AddBias(name + ".out.bias", outputs);
  return head;
}

at::Tensor ActorCritic::Head::Forward(const Params& params, const at::Tensor& features) const {
  return Linear(hidden->Forward(params, features), params[weight], params[bias], Activation::kNone);
}

ActorCritic::Output ActorCritic::Forward(const Params& params, const at::Tensor& x, const Memory& memory) const {
  at::Tensor features = encoder_->Forward(params, x);
  if (memory_) features = memory_->Forward(params, features, memory);
  return {actor_.Forward(params, features), critic_.Forward(params, features)};
}

namespace {

std::span<float> Floats(const at::Tensor& tensor) { return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())}; }

}  // namespace

TrainingCall::TrainingCall(const ActorCritic& net, int steps, int batch)
    : net_(net),
      steps_(steps),
      batch_(batch),
      rows_(static_cast<std::size_t>(steps) * static_cast<std::size_t>(batch)),
      x_(at::zeros({std::ssize(rows_), net.encoder().input_size()}, at::kFloat)),
      dlogits_(at::empty({std::ssize(rows_), net.actions()}, at::kFloat)),
      dvalues_(at::empty({std::ssize(rows_), net.values()}, at::kFloat)) {
  memory_.state = at::zeros({batch, net.state_size()}, at::kFloat);
  memory_.first = at::zeros({net.state_size() > 0 ? std::ssize(rows_) : 0}, at::kByte);
}

std::span<float> TrainingCall::state() const { return Floats(memory_.state); }
std::span<std::uint8_t> TrainingCall::first() const {
  return {memory_.first.data_ptr<std::uint8_t>(), static_cast<std::size_t>(memory_.first.numel())};
}

void TrainingCall::Forward(const Params& params, std::span<const ConstTensorView> obs) {
  net_.encoder().Fill(obs, rows_, x_.data_ptr<float>());
  out_ = net_.Forward(params, x_, memory_);
}

std::span<const float> TrainingCall::logits() const { return Floats(out_.logits); }
std::span<const float> TrainingCall::values() const { return Floats(out_.values); }
std::span<float> TrainingCall::dlogits() const { return Floats(dlogits_); }
std::span<float> TrainingCall::dvalues() const { return Floats(dvalues_); }

void TrainingCall::Backward() {
  torch::autograd::backward({out_.logits, out_.values}, {dlogits_, dvalues_});
  out_ = {};
}

}  // namespace rove::nn
