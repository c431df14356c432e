#include "nn/actor_critic.h"

#include <vector>

#include "nn/ops.h"

namespace rove::nn {

ActorCritic::ActorCritic(const Config& agent, const EnvSpec& env, std::int64_t actions, std::int64_t values)
    : encoder_(Encoders().Create(agent.At("encoder"), {.obs = env.obs, .layout = &layout_})), actions_(actions), values_(values) {
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
  head.hidden = std::make_unique<Mlp>(name, encoder_->features(), hidden, activation, &layout_);
  head.weight = layout_.AddWeight(name + ".out.weight", head.hidden->outputs(), outputs, gain);
  head.bias = layout_.AddBias(name + ".out.bias", outputs);
  return head;
}

at::Tensor ActorCritic::Head::Forward(const Params& params, const at::Tensor& features) const {
  return Linear(hidden->Forward(params, features), params[weight], params[bias], Activation::kNone);
}

ActorCritic::Output ActorCritic::Forward(const Params& params, const at::Tensor& x) const {
  const at::Tensor features = encoder_->Forward(params, x);
  return {actor_.Forward(params, features), critic_.Forward(params, features)};
}

}  // namespace rove::nn
