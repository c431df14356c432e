#include "agents/actor_critic/actor_critic.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "nn/actor_critic.h"
#include "nn/categorical.h"
#include "nn/train_step.h"

namespace rove {
namespace {

struct FlatSnapshot final : ParamSnapshot {
  FlatSnapshot(std::int64_t version, std::span<const float> from) : ParamSnapshot(version), values(from.begin(), from.end()) {}
  std::vector<float> values;
};

TensorSpec FloatColumn(const char* name) {
  return {.name = name, .dtype = DType::kF32, .shape = {}, .low = {}, .high = {}, .role = Role::kPolicy};
}

class ActorCriticPolicy final : public Policy {
 public:
  ActorCriticPolicy(std::shared_ptr<const nn::ActorCritic> net, ActMode mode, int block, std::int32_t first_action)
      : net_(std::move(net)),
        mode_(mode),
        first_action_(first_action),
        values_(static_cast<std::size_t>(net_->layout().size())),
        params_(net_->layout(), values_),
        x_(at::zeros({block, net_->encoder().input_size()}, at::kFloat)),
        state_(at::zeros({block, net_->state_size()}, at::kFloat)),
        rows_(static_cast<std::size_t>(block)),
        log_prob_(static_cast<std::size_t>(net_->actions())) {
    nn::UseOneThread();
    std::iota(rows_.begin(), rows_.end(), 0);
  }

  void Sync(const ParamSnapshot& snapshot) override {
    std::ranges::copy(dynamic_cast<const FlatSnapshot&>(snapshot).values, values_.begin());
  }

  // One network call of always `block` rows; what the rows after the last hold does not reach the others.
  void Act(const ActInput& in, const ActOutput& out) override {
    const std::size_t m = in.env_id.size(), actions = log_prob_.size(), heads = out.extra.size() - kValue;
    ROVE_CHECK_LE(m, rows_.size());
    const c10::InferenceMode inference;
    net_->encoder().Fill(in.obs, std::span(rows_).first(m), x_.data_ptr<float>());
    at::Tensor next_state;
    for (const ConstTensorView& state : in.state) std::ranges::copy(state.As<float>(), state_.data_ptr<float>());
    const auto [logits, values] =
        net_->Forward(params_, x_, {.state = state_, .first = {}, .next_state = in.state.empty() ? nullptr : &next_state});
    for (const TensorView& state : out.next_state)
      std::copy_n(next_state.data_ptr<float>(), state.shape.count(), state.As<float>().begin());
    const float *logit = logits.data_ptr<float>(), *value = values.data_ptr<float>();
    for (std::size_t i = 0; i < m; ++i, logit += actions, value += heads) {
      nn::LogSoftmax({logit, actions}, log_prob_);
      if (mode_ == ActMode::kRandom) std::ranges::fill(log_prob_, -std::log(static_cast<float>(actions)));
      const std::size_t action =
          mode_ == ActMode::kEvaluate ? nn::ArgMax(log_prob_) : nn::SampleCategorical(log_prob_, Uniform(in, i));
      out.action.As<std::int32_t>()[i] = first_action_ + static_cast<std::int32_t>(action);
      out.extra[kLogProb].As<float>()[i] = log_prob_[action];
      for (std::size_t h = 0; h < heads; ++h) out.extra[kValue + h].As<float>()[i] = value[h];
    }
  }

 private:
  static float Uniform(const ActInput& in, std::size_t i) {
    return in.noise->At(static_cast<std::uint64_t>(in.env_id[i]), static_cast<std::uint64_t>(in.step)).Uniform();
  }

  std::shared_ptr<const nn::ActorCritic> net_;
  ActMode mode_;
  std::int32_t first_action_;
  std::vector<float> values_;
  nn::Params params_;
  at::Tensor x_, state_;  // [block, D], [block, state size]
  std::vector<std::int32_t> rows_;
  std::vector<float> log_prob_;
};

std::shared_ptr<const nn::ActorCritic> MakeNet(const Config& config, const AgentDeps& deps) {
  const TensorSpec& action = deps.env.action;
  if (action.num_choices() < 1) {
    std::string type;
    config.Get("type", &type);
    config.Fail(type + " needs a discrete action (one i32 with bounds); this environment's is " +
                std::string(Name(action.dtype)) + " " + ToString(action.shape));
  }
  return std::make_shared<nn::ActorCritic>(config, deps.env, action.num_choices(), deps.intrinsic_head ? 2 : 1);
}

}  // namespace

void ReadActorCritic(const Config& config, const AgentDeps& deps, ActorCriticOptions* o) {
  config.Get("gamma", &o->extrinsic.gamma, InRange(0, 1));
  config.GetEnum("timeout", &o->extrinsic.timeout_terminal, {"bootstrap", "terminal"});
  config.Get("learning_rate", &o->learning_rate, Positive());
  config.Get("anneal", &o->anneal);
  config.Get("value_coef", &o->value_coef, AtLeast(0));
  config.Get("entropy_coef", &o->entropy_coef, AtLeast(0));
  if (deps.intrinsic_head) {
    config.Get("extrinsic_coef", &o->extrinsic_coef, AtLeast(0));
    config.Get("intrinsic_coef", &o->intrinsic_coef, AtLeast(0));
  }
  config.Get("shards", &o->shards, InRange(1, 256));
  config.Get("tile", &o->tile, InRange(0, 1 << 16));
}

ActorCriticAgent::ActorCriticAgent(const Config& config, const AgentDeps& deps, const ActorCriticOptions& options,
                                   const nn::OptimizerOptions& optimizer)
    : net_(MakeNet(config, deps)),
      step_(std::make_unique<nn::TrainStep>(net_->layout(), deps.seed, options.shards, optimizer)),
      options_(options),
      act_block_(deps.act_block),
      first_action_(static_cast<std::int32_t>(deps.env.action.low_of(0))),
      total_frames_(deps.total_frames),
      intrinsic_(deps.intrinsic_head),
      extra_spec_{FloatColumn("log_prob"), FloatColumn("value")} {
  if (intrinsic_) {
    intrinsic_->timeout_terminal = options.extrinsic.timeout_terminal;
    extra_spec_.push_back(FloatColumn("value_int"));
  }
  if (net_->state_size() > 0) {
    state_spec_.push_back(FloatColumn("memory"));
    state_spec_.back().shape = {net_->state_size()};
  }
}

ActorCriticAgent::~ActorCriticAgent() = default;

std::unique_ptr<Policy> ActorCriticAgent::MakePolicy(ActMode mode) const {
  return std::make_unique<ActorCriticPolicy>(net_, mode, act_block_, first_action_);
}

std::shared_ptr<const ParamSnapshot> ActorCriticAgent::Snapshot(std::int64_t version) const {
  return std::make_shared<FlatSnapshot>(version, step_->values());
}

float ActorCriticAgent::LearningRate(std::int64_t env_steps) const {
  if (!options_.anneal) return options_.learning_rate;
  return options_.learning_rate * std::max(0.0f, 1 - static_cast<float>(env_steps) / static_cast<float>(total_frames_));
}

ActorCriticAgent::HeadInputs ActorCriticAgent::Head(const BatchView& batch, int head) const {
  if (head == 1) return {batch.intrinsic, *intrinsic_, options_.intrinsic_coef};
  return {batch.total, options_.extrinsic, intrinsic_ ? options_.extrinsic_coef : 1};
}

void ActorCriticAgent::ReadMemory(const BatchView& batch, nn::TrainingCall* call) const {
  if (!recurrent()) return;
  const auto rows = call->rows();
  const auto first = call->first();
  for (std::size_t r = 0; r < rows.size(); ++r) first[r] = batch.step_type[static_cast<std::size_t>(rows[r])] == StepType::kFirst;
  const auto stored = batch.state[0].As<float>();
  const auto width = static_cast<std::size_t>(net_->state_size());
  for (int j = 0; j < call->batch(); ++j) {
    const std::int32_t row = rows[static_cast<std::size_t>(j)], t = row / batch.n, i = row % batch.n;
    const std::size_t at = batch.index(t / call->steps(), i);
    std::ranges::copy(stored.subspan(at * width, width),
                      call->state().subspan(static_cast<std::size_t>(j) * width, width).begin());
  }
}

void ExplainedVariance::Add(const ExplainedVariance& other) {
  error_ += other.error_;
  error2_ += other.error2_;
  target_ += other.target_;
  target2_ += other.target2_;
  n_ += other.n_;
}

}  // namespace rove
