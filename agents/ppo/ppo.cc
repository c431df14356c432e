// Proximal policy optimisation (Schulman et al. 2017), feed-forward, discrete actions. Every detail that changes results, with
// its source, default and switch, is in docs/agents.md.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "agents/agent.h"
#include "agents/ppo/ppo_loss.h"
#include "core/archive.h"
#include "nn/actor_critic.h"
#include "nn/categorical.h"
#include "nn/train_step.h"

namespace rove {
namespace {

constexpr int kMostTile = 256;  // where the cost of a row stops falling (bench/ppo_bench.cc)

struct PpoOptions {
  ReturnStream extrinsic;  // gamma, gae_lambda, timeout
  int epochs = 4, minibatches = 8;
  float learning_rate = 3e-4f;
  bool anneal = false;  // learning rate to 0 over the run's frames, linearly
  PpoLossOptions loss;
  bool normalize_advantage = true;               // per minibatch
  float extrinsic_coef = 1, intrinsic_coef = 1;  // of the two advantages, with a second value head
  int shards = 2;                                // of a minibatch, each its own task
  int tile = 0;                                  // rows of one network call in training; 0: a shard's rows, at most kMostTile
  nn::OptimizerOptions optimizer;
};

struct PpoSnapshot final : ParamSnapshot {
  PpoSnapshot(std::int64_t version, std::span<const float> from) : ParamSnapshot(version), values(from.begin(), from.end()) {}
  std::vector<float> values;
};

// Extra columns, in this order.
enum Extra : std::size_t { kLogProb, kValue };  // kValue + h: value of head h

TensorSpec FloatColumn(const char* name) {
  return {.name = name, .dtype = DType::kF32, .shape = {}, .low = {}, .high = {}, .role = Role::kPolicy};
}

class PpoPolicy final : public Policy {
 public:
  PpoPolicy(std::shared_ptr<const nn::ActorCritic> net, ActMode mode, int block, std::int32_t first_action)
      : net_(std::move(net)),
        mode_(mode),
        first_action_(first_action),
        values_(static_cast<std::size_t>(net_->layout().size())),
        params_(net_->layout(), values_),
        x_(at::zeros({block, net_->encoder().input_size()}, at::kFloat)),
        rows_(static_cast<std::size_t>(block)),
        log_prob_(static_cast<std::size_t>(net_->actions())) {
    nn::UseOneThread();
    std::iota(rows_.begin(), rows_.end(), 0);
  }

  void Sync(const ParamSnapshot& snapshot) override {
    std::ranges::copy(dynamic_cast<const PpoSnapshot&>(snapshot).values, values_.begin());
  }

  // One network call of always `block` rows; what the rows after the last hold does not reach the others.
  void Act(const ActInput& in, const ActOutput& out) override {
    const std::size_t m = in.env_id.size(), actions = log_prob_.size(), heads = out.extra.size() - kValue;
    ROVE_CHECK_LE(m, rows_.size());
    const c10::InferenceMode inference;
    net_->encoder().Fill(in.obs, std::span(rows_).first(m), x_.data_ptr<float>());
    const auto [logits, values] = net_->Forward(params_, x_);
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
  at::Tensor x_;  // [block, D]
  std::vector<std::int32_t> rows_;
  std::vector<float> log_prob_;
};

class Ppo final : public Agent {
 public:
  Ppo(const PpoOptions& options, std::shared_ptr<const nn::ActorCritic> net, const AgentDeps& deps)
      : options_(options),
        net_(std::move(net)),
        deps_{deps.act_block, static_cast<std::int32_t>(deps.env.action.low_of(0)), deps.total_frames},
        intrinsic_(deps.intrinsic_head),
        noise_(deps.seed, "ppo.minibatch"),
        step_(net_->layout(), deps.seed, options.shards, options.optimizer),
        extra_spec_{FloatColumn("log_prob"), FloatColumn("value")},
        shards_(static_cast<std::size_t>(options.shards)) {
    if (intrinsic_) extra_spec_.push_back(FloatColumn("value_int"));
    for (Shard& shard : shards_) {
      shard.x = at::zeros({options.tile, net_->encoder().input_size()}, at::kFloat);
      shard.dlogits = at::empty({options.tile, net_->actions()}, at::kFloat);
      shard.dvalues = at::empty({options.tile, net_->values()}, at::kFloat);
      shard.rows.resize(static_cast<std::size_t>(options.tile));
    }
  }

  AgentTraits traits() const override { return {.on_policy = true}; }
  std::span<const TensorSpec> extra_spec() const override { return extra_spec_; }
  std::span<const TensorSpec> state_spec() const override { return {}; }
  std::unique_ptr<Policy> MakePolicy(ActMode mode) const override {
    return std::make_unique<PpoPolicy>(net_, mode, deps_.act_block, deps_.first_action);
  }
  std::shared_ptr<const ParamSnapshot> Snapshot(std::int64_t version) const override {
    return std::make_shared<PpoSnapshot>(version, step_.values());
  }

  Metrics Learn(const BatchView& batch, std::int64_t env_steps) override {
    const double explained_variance = ReadBatch(batch);
    obs_.assign(batch.obs.begin(), batch.obs.end());
    float rate = options_.learning_rate;
    if (options_.anneal) {
      rate *= std::max(0.0f, 1 - static_cast<float>(env_steps) / static_cast<float>(deps_.total_frames));
    }
    PpoSums sums;
    double rows = 0, norms = 0, steps = 0;
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      noise_.At(static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(updates_)).Shuffle(std::span(samples_));
      for (int k = 0; k < options_.minibatches; ++k) {
        const auto minibatch = Part<PpoSample>(samples_, k, options_.minibatches);
        if (minibatch.empty()) continue;
        norms += static_cast<double>(LearnMinibatch(minibatch, rate));
        for (const Shard& shard : shards_) sums += shard.sums;
        rows += static_cast<double>(minibatch.size());
        steps += 1;
      }
    }
    ++updates_;
    Metrics metrics;
    const auto set_mean = [&](const char* name, double sum, double count) { metrics.Set(name, count > 0 ? sum / count : 0.0); };
    set_mean("agent/policy_loss", sums.policy_loss, rows);
    set_mean("agent/value_loss", sums.value_loss, rows);
    set_mean("agent/entropy", sums.entropy, rows);
    set_mean("agent/approx_kl", sums.approx_kl, rows);
    set_mean("agent/clip_fraction", sums.clipped, rows);
    metrics.Set("agent/explained_variance", explained_variance);
    set_mean("agent/grad_norm", norms, steps);
    metrics.Set("agent/learning_rate", static_cast<double>(rate));
    return metrics;
  }

  void Serialize(Archive& ar) override {
    ar.Section("ppo", 1, [&](int) {
      ar("train_step", step_);
      ar("updates", updates_);
    });
  }

 private:
  // What one shard needs to run on its own.
  struct Shard {
    at::Tensor x, dlogits, dvalues;  // [tile, D], [tile, A], [tile, heads]
    std::vector<std::int32_t> rows;  // [tile]
    PpoSums sums;                    // of the last minibatch
  };
  struct FromDeps {
    int act_block;
    std::int32_t first_action;
    std::int64_t total_frames;
  };

  // Part k of `parts` of nearly equal size (they differ by at most one; none if there are fewer items than parts).
  template <class T>
  static std::span<T> Part(std::span<T> items, int k, int parts) {
    const std::size_t n = items.size(), p = static_cast<std::size_t>(parts), i = static_cast<std::size_t>(k);
    return items.subspan(n * i / p, n * (i + 1) / p - n * i / p);
  }

  // Fills samples_ with the live rows and their advantages and targets. Returns 1 - Var(target - value) / Var(target) over them,
  // first head.
  double ReadBatch(const BatchView& batch) {
    const std::size_t rows = batch.rows();
    const std::span<const float> log_prob = batch.extra[kLogProb].As<float>();
    const std::span<const std::int32_t> action = batch.action.As<std::int32_t>();
    samples_.clear();
    for (std::size_t row = 0; row < rows; ++row) {
      if (batch.step_type[row] == StepType::kLast) continue;
      samples_.push_back(
          {.row = static_cast<std::int32_t>(row), .action = action[row] - deps_.first_action, .log_prob = log_prob[row]});
    }
    AddHead(batch, 0, batch.total, options_.extrinsic, intrinsic_ ? options_.extrinsic_coef : 1);
    if (intrinsic_) AddHead(batch, 1, batch.intrinsic, *intrinsic_, options_.intrinsic_coef);

    double error = 0, error2 = 0, target = 0, target2 = 0;
    for (const PpoSample& sample : samples_) {
      const double t = static_cast<double>(sample.target[0]), e = t - static_cast<double>(sample.value[0]);
      error += e;
      error2 += e * e;
      target += t;
      target2 += t * t;
    }
    const auto n = static_cast<double>(samples_.size());
    const double variance = target2 - target * target / n;
    return variance > 0 ? 1 - (error2 - error * error / n) / variance : 0;
  }

  void AddHead(const BatchView& batch, std::size_t head, std::span<const float> reward, const ReturnStream& stream, float coef) {
    const std::span<const float> value = batch.extra[kValue + head].As<float>();
    advantage_.resize(batch.rows());
    target_.resize(batch.rows());
    Gae({batch.T, batch.n, reward, batch.discount, batch.end, batch.step_type, value}, stream, advantage_, target_);
    for (PpoSample& sample : samples_) {
      const auto row = static_cast<std::size_t>(sample.row);
      sample.advantage += coef * advantage_[row];
      sample.value[head] = value[row];
      sample.target[head] = target_[row];
    }
  }

  PpoMinibatch Scale(std::span<const PpoSample> minibatch) const {
    PpoMinibatch scale{.row_weight = 1 / static_cast<float>(minibatch.size())};
    if (!options_.normalize_advantage || minibatch.size() < 2) return scale;
    double sum = 0, squares = 0;
    for (const PpoSample& sample : minibatch) sum += static_cast<double>(sample.advantage);
    const double n = static_cast<double>(minibatch.size()), mean = sum / n;
    for (const PpoSample& sample : minibatch) {
      const double d = static_cast<double>(sample.advantage) - mean;
      squares += d * d;
    }
    scale.shift = static_cast<float>(mean);
    scale.scale = static_cast<float>(1 / (std::sqrt(squares / (n - 1)) + 1e-8));
    return scale;
  }

  // One optimiser step; each shard runs over its samples in tiles. Returns the gradient's norm.
  float LearnMinibatch(std::span<const PpoSample> minibatch, float rate) {
    const PpoMinibatch scale = Scale(minibatch);
    return step_.Step(rate, [&](int s, const nn::Params& params) {
      Shard& shard = shards_[static_cast<std::size_t>(s)];
      shard.sums = {};
      const auto samples = Part(minibatch, s, options_.shards);
      const auto tile = static_cast<std::size_t>(options_.tile);
      for (std::size_t begin = 0; begin < samples.size(); begin += tile) {
        AddTileGradient(shard, params, scale, samples.subspan(begin, std::min(tile, samples.size() - begin)));
      }
    });
  }

  // A tile always has options_.tile rows for the network; those after the samples get gradient 0.
  void AddTileGradient(Shard& shard, const nn::Params& params, const PpoMinibatch& scale, std::span<const PpoSample> samples) {
    for (std::size_t i = 0; i < samples.size(); ++i) shard.rows[i] = samples[i].row;
    net_->encoder().Fill(obs_, std::span(shard.rows).first(samples.size()), shard.x.data_ptr<float>());
    const auto [logits, values] = net_->Forward(params, shard.x);
    const auto floats = [](const at::Tensor& tensor) {
      return std::span(tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel()));
    };
    PpoLoss(options_.loss, scale, samples, static_cast<int>(net_->values()), floats(logits), floats(values),
            floats(shard.dlogits), floats(shard.dvalues), &shard.sums);
    torch::autograd::backward({logits, values}, {shard.dlogits, shard.dvalues});
  }

  PpoOptions options_;
  std::shared_ptr<const nn::ActorCritic> net_;
  FromDeps deps_;
  std::optional<ReturnStream> intrinsic_;
  Noise noise_;
  nn::TrainStep step_;
  std::int64_t updates_ = 0;  // calls of Learn
  std::vector<TensorSpec> extra_spec_;

  // Scratch of one Learn.
  std::vector<Shard> shards_;
  std::vector<PpoSample> samples_;
  std::vector<ConstTensorView> obs_;
  std::vector<float> advantage_, target_;
};

std::unique_ptr<Agent> MakePpo(const Config& config, const AgentDeps& deps) {
  PpoOptions o;
  config.Get("gamma", &o.extrinsic.gamma, InRange(0, 1));
  config.Get("gae_lambda", &o.extrinsic.lambda, InRange(0, 1));
  config.GetEnum("timeout", &o.extrinsic.timeout_terminal, {"bootstrap", "terminal"});
  config.Get("epochs", &o.epochs, InRange(1, 1000));
  config.Get("minibatches", &o.minibatches, InRange(1, 1 << 20));
  config.Get("learning_rate", &o.learning_rate, Positive());
  config.Get("anneal", &o.anneal);
  config.Get("clip", &o.loss.clip, Positive());
  config.Get("clip_value", &o.loss.clip_value);
  config.Get("value_coef", &o.loss.value_coef, AtLeast(0));
  config.Get("entropy_coef", &o.loss.entropy_coef, AtLeast(0));
  config.Get("normalize_advantage", &o.normalize_advantage);
  if (deps.intrinsic_head) {
    config.Get("extrinsic_coef", &o.extrinsic_coef, AtLeast(0));
    config.Get("intrinsic_coef", &o.intrinsic_coef, AtLeast(0));
  }
  config.Get("shards", &o.shards, InRange(1, 256));
  config.Get("tile", &o.tile, InRange(0, 1 << 16));
  nn::ReadOptimizer(config, &o.optimizer);

  const std::int64_t rows = static_cast<std::int64_t>(deps.num_envs) * deps.rollout_length;
  if (o.minibatches > rows) {
    config.At("minibatches")
        .Fail("a rollout has " + std::to_string(rows) + " rows (env.count x run.rollout), too few for " +
              std::to_string(o.minibatches) + " minibatches");
  }
  if (o.tile == 0) o.tile = static_cast<int>(std::min<std::int64_t>((rows - 1) / (o.minibatches * o.shards) + 1, kMostTile));
  const TensorSpec& action = deps.env.action;
  if (action.num_choices() < 1) {
    config.Fail("ppo needs a discrete action (one i32 with bounds); this environment's is " + std::string(Name(action.dtype)) +
                " " + ToString(action.shape));
  }
  auto net = std::make_shared<nn::ActorCritic>(config, deps.env, action.num_choices(), deps.intrinsic_head ? 2 : 1);
  return std::make_unique<Ppo>(o, std::move(net), deps);
}

const AgentRegistrar kPpo("ppo", "proximal policy optimisation, feed-forward, discrete actions", MakePpo);

}  // namespace
}  // namespace rove
