// Soft actor-critic (Haarnoja et al. 2018, arXiv 1801.01290; with learned temperature: 2018b, arXiv 1812.05905), from states, for
// bounded continuous actions. Every detail that changes results, with its source, default and switch, is in docs/agents.md.
//
// One call of Learn is one update on B sampled transitions (s, a, r, d, s'), all under the temperature alpha of before:
//   critics  minimise 1/2 mean [(Q1(s, a) - y)^2 + (Q2(s, a) - y)^2],  y = r + gamma d (min_i Q'i(s', a') - alpha log pi(a'|s'))
//   actor    minimises mean [alpha log pi(a~|s) - min_i Qi(s, a~)], a~ reparameterised, with the critics just updated
//   alpha    log alpha follows mean log pi(a~|s) + target entropy;   Q' <- Q' + tau (Q - Q')
// All gradients are in closed form; the batch is cut into shards, each one task.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agents/agent.h"
#include "core/archive.h"
#include "nn/continuous_actor.h"
#include "nn/dense_net.h"
#include "nn/ops.h"
#include "nn/train_step.h"

namespace rove {
namespace {

struct SacOptions {
  std::vector<std::int64_t> hidden{256, 256};  // of the actor and of each critic
  AgentTraits traits{.on_policy = false, .sequence_length = 1, .batch_size = 256, .updates_per_frame = 1, .random_frames = 1000};
  float gamma = 0.99f;
  bool timeout_terminal = false;
  float tau = 0.005f;
  float learning_rate = 3e-4f, temperature_learning_rate = 3e-4f;
  float temperature = 1;  // at the start
  bool learn_temperature = true;
  float target_entropy = 0;  // default: -A
  int shards = 2;
  nn::OptimizerOptions optimizer{.epsilon = 1e-8f, .max_grad_norm = 0};
};

struct SacSnapshot final : ParamSnapshot {
  SacSnapshot(std::int64_t version, std::span<const float> from) : ParamSnapshot(version), values(from.begin(), from.end()) {}
  std::vector<float> values;  // of the actor
};

class SacPolicy final : public Policy {
 public:
  SacPolicy(std::shared_ptr<const nn::ContinuousActor> actor, ActMode mode, int block)
      : actor_(std::move(actor)),
        mode_(mode),
        values_(static_cast<std::size_t>(actor_->layout.size())),
        params_(actor_->layout, values_),
        tape_(actor_->net, block),
        x_(at::zeros({block, actor_->inputs.size()}, at::kFloat)),
        rows_(static_cast<std::size_t>(block)),
        noise_(static_cast<std::size_t>(actor_->box.size())),
        unit_(noise_.size()) {
    nn::UseOneThread();
    std::iota(rows_.begin(), rows_.end(), 0);
  }

  void Sync(const ParamSnapshot& snapshot) override {
    std::ranges::copy(dynamic_cast<const SacSnapshot&>(snapshot).values, values_.begin());
  }

  // One network call of always `block` rows; what the rows after the last hold does not reach the others.
  void Act(const ActInput& in, const ActOutput& out) override {
    const std::size_t m = in.env_id.size(), actions = unit_.size();
    ROVE_CHECK_LE(m, rows_.size());
    const float* row = nullptr;
    if (mode_ != ActMode::kRandom) {
      actor_->inputs.Fill(in.obs, std::span(rows_).first(m), x_.data_ptr<float>(), x_.size(1));
      row = actor_->net.Forward(params_, x_, &tape_).data_ptr<float>();
    }
    for (std::size_t i = 0; i < m; ++i) {
      NoiseStream noise = in.noise->At(static_cast<std::uint64_t>(in.env_id[i]), static_cast<std::uint64_t>(in.step));
      switch (mode_) {
        case ActMode::kRandom:
          for (float& unit : unit_) unit = 2 * noise.Uniform() - 1;
          break;
        case ActMode::kExplore:
          for (float& x : noise_) x = noise.Normal();
          actor_->gaussian.Sample({row + i * 2 * actions, 2 * actions}, noise_, unit_);
          break;
        case ActMode::kEvaluate:  // the mean, squashed: the median of the action's distribution
          for (std::size_t j = 0; j < actions; ++j) unit_[j] = std::tanh(row[i * 2 * actions + j]);
          break;
      }
      actor_->box.ToAction(unit_, out.action, static_cast<std::int64_t>(i));
    }
  }

 private:
  std::shared_ptr<const nn::ContinuousActor> actor_;
  ActMode mode_;
  std::vector<float> values_;
  nn::Params params_;
  nn::DenseNet::Tape tape_;
  at::Tensor x_;  // [block, D]
  std::vector<std::int32_t> rows_;
  std::vector<float> noise_, unit_;  // of one row, [A]
};

nn::ParamLayout OneScalar() {
  nn::ParamLayout layout;
  layout.AddBias("log_temperature", 1);
  return layout;
}

class Sac final : public Agent {
 public:
  Sac(const SacOptions& options, std::shared_ptr<const nn::ContinuousActor> actor, const AgentDeps& deps)
      : options_(options),
        actor_(std::move(actor)),
        act_block_(deps.act_block),
        noise_(deps.seed, "sac"),
        critic_nets_{MakeCritic("q1"), MakeCritic("q2")},
        actor_step_(actor_->layout, DeriveSeed(deps.seed, "sac.actor", 0), options.shards, options.optimizer),
        critic_step_(critic_layout_, DeriveSeed(deps.seed, "sac.critics", 0), options.shards, options.optimizer),
        temperature_step_(OneScalar(), 0, 1, options.optimizer),
        target_(critic_step_.values().begin(), critic_step_.values().end()),
        target_params_(critic_layout_, target_) {
    for (int s = 0; s < options.shards; ++s) {
      const int batch = options.traits.batch_size, begin = batch * s / options.shards;
      shards_.emplace_back(*this, begin, batch * (s + 1) / options.shards - begin);
    }
  }

  AgentTraits traits() const override { return options_.traits; }
  std::span<const TensorSpec> extra_spec() const override { return {}; }
  std::span<const TensorSpec> state_spec() const override { return {}; }
  std::unique_ptr<Policy> MakePolicy(ActMode mode) const override {
    return std::make_unique<SacPolicy>(actor_, mode, act_block_);
  }
  std::shared_ptr<const ParamSnapshot> Snapshot(std::int64_t version) const override {
    return std::make_shared<SacSnapshot>(version, actor_step_.values());
  }

  Metrics Learn(const BatchView& batch, std::int64_t) override {
    ROVE_CHECK_EQ(batch.T, 1);
    ROVE_CHECK_EQ(batch.n, options_.traits.batch_size);
    const std::vector<ConstTensorView> obs(batch.obs.begin(), batch.obs.end());
    const float alpha = temperature();
    const float critic_norm = critic_step_.Step(options_.learning_rate, [&](int s, const nn::Params& critics) {
      CriticGradient(shards_[static_cast<std::size_t>(s)], critics, batch, obs, alpha);
    });
    const float actor_norm = actor_step_.Step(options_.learning_rate, [&](int s, const nn::Params& actor) {
      ActorGradient(shards_[static_cast<std::size_t>(s)], actor, alpha);
    });
    Sums sums;
    for (const Shard& shard : shards_) sums += shard.sums;
    const double rows = options_.traits.batch_size;
    if (options_.learn_temperature) {
      temperature_step_.Step(options_.temperature_learning_rate, [&](int, const nn::Params& params) {
        params[0].grad().data_ptr<float>()[0] -=
            static_cast<float>(sums.log_prob / rows + static_cast<double>(options_.target_entropy));
      });
    }
    MoveTargets();
    ++updates_;
    Metrics metrics;
    metrics.Set("agent/critic_loss", sums.critic_loss / rows);
    metrics.Set("agent/actor_loss", sums.actor_loss / rows);
    metrics.Set("agent/q_mean", sums.q / rows);
    metrics.Set("agent/entropy", -sums.log_prob / rows);
    metrics.Set("agent/temperature", static_cast<double>(alpha));
    metrics.Set("agent/critic_grad_norm", static_cast<double>(critic_norm));
    metrics.Set("agent/actor_grad_norm", static_cast<double>(actor_norm));
    return metrics;
  }

  void Serialize(Archive& ar) override {
    ar.Section("sac", 1, [&](int) {
      ar("actor", actor_step_);
      ar("critics", critic_step_);
      ar("temperature", temperature_step_);
      ar.Block("target_critics", target_.data(), target_.size() * sizeof(float));
      ar("updates", updates_);
    });
  }

 private:
  struct Sums {
    double critic_loss = 0, actor_loss = 0, q = 0, log_prob = 0;  // q: of the first critic
    Sums& operator+=(const Sums& other) {
      critic_loss += other.critic_loss;
      actor_loss += other.actor_loss;
      q += other.q;
      log_prob += other.log_prob;
      return *this;
    }
  };

  // Rows [begin, begin + size) of every batch, and all that one task needs to work on them.
  struct Shard {
    int begin, size;
    std::vector<std::int32_t> rows, next_rows;  // where s and s' are in the batch's columns
    at::Tensor x, next;                         // [size, D + A]: s beside a, s' beside a'
    nn::DenseNet::Tape actor, q1, q2;
    at::Tensor dq1, dq2, da1, da2, drow;                  // [size, 1] twice, [size, A] twice, [size, 2 A]
    std::vector<float> noise, action, log_prob, daction;  // [size, A], [size, A], [size], [A]
    Sums sums;

    Shard(const Sac& sac, int first, int count)
        : begin(first),
          size(count),
          rows(static_cast<std::size_t>(count)),
          next_rows(rows.size()),
          actor(sac.actor_->net, count),
          q1(sac.critic_nets_[0], count),
          q2(sac.critic_nets_[1], count) {
      std::iota(rows.begin(), rows.end(), first);
      std::iota(next_rows.begin(), next_rows.end(), first + sac.options_.traits.batch_size);
      const std::int64_t actions = sac.actor_->box.size();
      for (at::Tensor* t : {&x, &next}) *t = at::empty({count, sac.actor_->inputs.size() + actions}, at::kFloat);
      for (at::Tensor* t : {&dq1, &dq2}) *t = at::empty({count, 1}, at::kFloat);
      for (at::Tensor* t : {&da1, &da2}) *t = at::empty({count, actions}, at::kFloat);
      drow = at::empty({count, 2 * actions}, at::kFloat);
      for (auto* v : {&noise, &action}) v->resize(static_cast<std::size_t>(count * actions));
      log_prob.resize(rows.size());
      daction.resize(static_cast<std::size_t>(actions));
    }
  };

  nn::DenseNet MakeCritic(const std::string& name) {
    return nn::DenseNet(name, actor_->inputs.size() + actor_->box.size(), options_.hidden, 1, 1.0f, &critic_layout_);
  }

  float temperature() const { return options_.temperature * std::exp(temperature_step_.values()[0]); }
  std::size_t actions() const { return static_cast<std::size_t>(actor_->box.size()); }

  // Samples an action for each row of x's observations, into x's action columns and the shard's scratch. Noise is keyed by
  // (use, update, row of the batch).
  void SampleActions(Shard& shard, const nn::Params& actor, const at::Tensor& x, std::uint64_t use) const {
    const std::size_t A = actions();
    const std::int64_t inputs = actor_->inputs.size(), stride = x.size(1);
    const at::Tensor& out = actor_->net.Forward(actor, x.narrow(1, 0, inputs), &shard.actor);
    const Noise noise = noise_.Sub(use);
    for (std::size_t i = 0; i < shard.rows.size(); ++i) {
      NoiseStream stream = noise.At(static_cast<std::uint64_t>(shard.rows[i]), static_cast<std::uint64_t>(updates_));
      const auto eps = std::span(shard.noise).subspan(i * A, A), action = std::span(shard.action).subspan(i * A, A);
      for (float& e : eps) e = stream.Normal();
      shard.log_prob[i] = actor_->gaussian.Sample({out.data_ptr<float>() + i * 2 * A, 2 * A}, eps, action);
      std::ranges::copy(action, x.data_ptr<float>() + static_cast<std::int64_t>(i) * stride + inputs);
    }
  }

  void CriticGradient(Shard& shard, const nn::Params& critics, const BatchView& batch, std::span<const ConstTensorView> obs,
                      float alpha) const {
    const std::int64_t inputs = actor_->inputs.size(), stride = shard.x.size(1);
    actor_->inputs.Fill(obs, shard.next_rows, shard.next.data_ptr<float>(), stride);
    SampleActions(shard, actor_step_.params(), shard.next, 0);
    const float* next1 = critic_nets_[0].Forward(target_params_, shard.next, &shard.q1).data_ptr<float>();
    const float* next2 = critic_nets_[1].Forward(target_params_, shard.next, &shard.q2).data_ptr<float>();
    std::vector<float>& target = shard.log_prob;  // overwritten where it is read
    for (std::size_t i = 0; i < target.size(); ++i) {
      const auto row = static_cast<std::size_t>(shard.rows[i]);
      const bool ends = options_.timeout_terminal && batch.end[row] != 0;
      const float next_value = std::min(next1[i], next2[i]) - alpha * shard.log_prob[i];
      target[i] = batch.total[row] + options_.gamma * (ends ? 0 : batch.discount[row]) * next_value;
    }

    float* x = shard.x.data_ptr<float>();
    actor_->inputs.Fill(obs, shard.rows, x, stride);
    for (std::size_t i = 0; i < shard.rows.size(); ++i) {
      actor_->box.ToUnit(batch.action, shard.rows[i], {x + static_cast<std::int64_t>(i) * stride + inputs, actions()});
    }
    const float* q1 = critic_nets_[0].Forward(critics, shard.x, &shard.q1).data_ptr<float>();
    const float* q2 = critic_nets_[1].Forward(critics, shard.x, &shard.q2).data_ptr<float>();
    float *dq1 = shard.dq1.data_ptr<float>(), *dq2 = shard.dq2.data_ptr<float>();
    const float weight = 1 / static_cast<float>(batch.n);
    shard.sums = {};
    for (std::size_t i = 0; i < target.size(); ++i) {
      const float e1 = q1[i] - target[i], e2 = q2[i] - target[i];
      dq1[i] = weight * e1;
      dq2[i] = weight * e2;
      shard.sums.critic_loss += 0.5 * static_cast<double>(e1 * e1 + e2 * e2);
      shard.sums.q += static_cast<double>(q1[i]);
    }
    critic_nets_[0].Backward(critics, shard.x, &shard.q1, shard.dq1);
    critic_nets_[1].Backward(critics, shard.x, &shard.q2, shard.dq2);
  }

  // shard.x holds s from CriticGradient.
  void ActorGradient(Shard& shard, const nn::Params& actor, float alpha) const {
    const std::size_t A = actions();
    const std::int64_t inputs = actor_->inputs.size();
    SampleActions(shard, actor, shard.x, 1);
    const nn::Params& critics = critic_step_.params();
    const float* q1 = critic_nets_[0].Forward(critics, shard.x, &shard.q1).data_ptr<float>();
    const float* q2 = critic_nets_[1].Forward(critics, shard.x, &shard.q2).data_ptr<float>();
    float *dq1 = shard.dq1.data_ptr<float>(), *dq2 = shard.dq2.data_ptr<float>();
    const float weight = 1 / static_cast<float>(options_.traits.batch_size);
    for (std::size_t i = 0; i < shard.rows.size(); ++i) {  // the loss has -min(Q1, Q2)
      dq1[i] = q1[i] <= q2[i] ? -weight : 0;
      dq2[i] = q1[i] <= q2[i] ? 0 : -weight;
      shard.sums.actor_loss += static_cast<double>(alpha * shard.log_prob[i] - std::min(q1[i], q2[i]));
      shard.sums.log_prob += static_cast<double>(shard.log_prob[i]);
    }
    critic_nets_[0].BackwardToInput(critics, &shard.q1, shard.dq1, inputs, &shard.da1);
    critic_nets_[1].BackwardToInput(critics, &shard.q2, shard.dq2, inputs, &shard.da2);
    const float *da1 = shard.da1.data_ptr<float>(), *da2 = shard.da2.data_ptr<float>();
    const float* row = actor_->net.Output(shard.actor).data_ptr<float>();
    float* drow = shard.drow.data_ptr<float>();
    for (std::size_t i = 0; i < shard.rows.size(); ++i) {
      for (std::size_t j = 0; j < A; ++j) shard.daction[j] = da1[i * A + j] + da2[i * A + j];
      actor_->gaussian.Gradient({row + i * 2 * A, 2 * A}, std::span(shard.noise).subspan(i * A, A),
                                std::span(shard.action).subspan(i * A, A), weight * alpha, shard.daction,
                                {drow + i * 2 * A, 2 * A});
    }
    actor_->net.Backward(actor, shard.x.narrow(1, 0, inputs), &shard.actor, shard.drow);
  }

  void MoveTargets() {
    const std::span<const float> values = critic_step_.values();
    const float tau = options_.tau;
    for (std::size_t i = 0; i < target_.size(); ++i) target_[i] += tau * (values[i] - target_[i]);
  }

  SacOptions options_;
  std::shared_ptr<const nn::ContinuousActor> actor_;
  int act_block_;
  Noise noise_;
  nn::ParamLayout critic_layout_;
  std::array<nn::DenseNet, 2> critic_nets_;
  nn::TrainStep actor_step_, critic_step_, temperature_step_;
  std::vector<float> target_;  // the target critics' parameters
  nn::Params target_params_;
  std::int64_t updates_ = 0;
  std::vector<Shard> shards_;
};

std::unique_ptr<Agent> MakeSac(const Config& config, const AgentDeps& deps) {
  SacOptions o;
  if (deps.intrinsic_head) config.Fail("sac has no second value head; set mix.combine: sum");
  config.Get("hidden", &o.hidden, InRange(1, 1 << 16));
  config.Get("batch", &o.traits.batch_size, InRange(1, 1 << 20));
  config.Get("updates_per_frame", &o.traits.updates_per_frame, InRange(0, 1000));
  config.Get("random_frames", &o.traits.random_frames, AtLeast(0));
  config.Get("gamma", &o.gamma, InRange(0, 1));
  config.GetEnum("timeout", &o.timeout_terminal, {"bootstrap", "terminal"});
  config.Get("tau", &o.tau, InRange(0, 1));
  config.Get("learning_rate", &o.learning_rate, Positive());
  o.temperature_learning_rate = o.learning_rate;
  config.Get("temperature_learning_rate", &o.temperature_learning_rate, Positive());
  config.Get("temperature", &o.temperature, Positive());
  config.Get("learn_temperature", &o.learn_temperature);
  config.Get("shards", &o.shards, InRange(1, 256));
  if (o.shards > o.traits.batch_size) config.At("shards").Fail("expected at most agent.batch");
  nn::ReadOptimizer(config, &o.optimizer);
  auto actor = std::make_shared<nn::ContinuousActor>(config, deps.env, o.hidden);
  o.target_entropy = -static_cast<float>(actor->box.size());
  config.Get("target_entropy", &o.target_entropy);
  return std::make_unique<Sac>(o, std::move(actor), deps);
}

const AgentRegistrar kSac("sac", "soft actor-critic, from states, bounded continuous actions", MakeSac);

}  // namespace
}  // namespace rove
