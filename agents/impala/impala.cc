// IMPALA's learner (Espeholt et al. 2018): one pass over each rollout with V-trace, for discrete actions. Collecting while it
// learns is the engine's (run.mode: pipelined). Every detail that changes results, with its source, default and switch, is in
// docs/agents.md.
#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "agents/actor_critic/actor_critic.h"
#include "agents/impala/impala_loss.h"
#include "core/archive.h"
#include "nn/actor_critic.h"
#include "nn/categorical.h"
#include "nn/train_step.h"

namespace rove {
namespace {

struct ImpalaOptions : ActorCriticOptions {
  float rho_clip = 1, c_clip = 1;  // rho_bar, c_bar
  int minibatches = 1;             // optimiser steps a rollout, each on whole columns of some environments
  bool sum_over_time = false;      // loss: mean over rows, or the sum over time of means over environments
};

// Everything of one network call beside the network: b columns of T steps, and the bootstrap row.
struct Columns {
  std::vector<float> reward[kMaxValueHeads], value[kMaxValueHeads], advantage[kMaxValueHeads], target[kMaxValueHeads];
  std::vector<float> discount, log_rho;
  std::vector<std::uint8_t> end;
  std::vector<StepType> step_type;
  std::vector<float> log_prob;  // [(T+1) * b, A]
  std::vector<ImpalaSample> samples;

  Columns(std::size_t T, std::size_t b, std::size_t actions, int heads)
      : discount(T * b),
        log_rho(T * b),
        end(T * b),
        step_type((T + 1) * b),
        log_prob((T + 1) * b * actions),
        samples((T + 1) * b) {
    for (int h = 0; h < heads; ++h) {
      value[h].resize((T + 1) * b);
      for (auto* column : {&reward[h], &advantage[h], &target[h]}) column->resize(T * b);
    }
  }
};

// Sums over live rows.
struct Diagnostics {
  ImpalaSums loss;
  double kl = 0, clipped = 0;
  ExplainedVariance explained;  // extrinsic (or only) head
};

class Impala final : public ActorCriticAgent {
 public:
  Impala(const Config& config, const AgentDeps& deps, const ImpalaOptions& options, const nn::OptimizerOptions& optimizer)
      : ActorCriticAgent(config, deps, options, optimizer), options_(options), columns_(static_cast<std::size_t>(deps.num_envs)) {
    std::iota(columns_.begin(), columns_.end(), 0);
    const std::int64_t rows = deps.rollout_length + 1;
    const int most = (deps.num_envs - 1) / (options.minibatches * options.shards) + 1;
    const std::int64_t chosen = recurrent() ? kMostSequences : kMostTile / rows;
    const auto width = static_cast<int>(std::clamp<std::int64_t>(options.tile > 0 ? options.tile / rows : chosen, 1, most));
    for (int s = 0; s < options.shards; ++s) shards_.emplace_back(*net_, deps.rollout_length, width, heads());
  }

  AgentTraits traits() const override { return {.on_policy = true}; }

  Metrics Learn(const BatchView& batch, std::int64_t env_steps) override {
    obs_.assign(batch.obs.begin(), batch.obs.end());
    const float rate = LearningRate(env_steps);
    Diagnostics sums;
    double rows = 0, norms = 0, steps = 0;
    for (int k = 0; k < options_.minibatches; ++k) {
      const auto columns = Part(std::span(columns_), k, options_.minibatches);
      const std::int64_t live = CountLive(batch, columns);
      if (live == 0) continue;
      norms += static_cast<double>(LearnMinibatch(batch, columns, live, rate));
      for (const Shard& shard : shards_) {
        sums.loss += shard.sums.loss;
        sums.kl += shard.sums.kl;
        sums.clipped += shard.sums.clipped;
        sums.explained.Add(shard.sums.explained);
      }
      rows += static_cast<double>(live);
      steps += 1;
    }
    Metrics metrics;
    const auto set_mean = [&](const char* name, double sum, double count) { metrics.Set(name, count > 0 ? sum / count : 0.0); };
    set_mean("agent/policy_loss", sums.loss.policy_loss, rows);
    set_mean("agent/value_loss", sums.loss.value_loss, rows);
    set_mean("agent/entropy", sums.loss.entropy, rows);
    set_mean("agent/approx_kl", sums.kl, rows);
    set_mean("agent/clip_fraction", sums.clipped, rows);
    metrics.Set("agent/explained_variance", sums.explained.value());
    set_mean("agent/grad_norm", norms, steps);
    metrics.Set("agent/learning_rate", static_cast<double>(rate));
    return metrics;
  }

  void Serialize(Archive& ar) override {
    ar.Section("impala", 1, [&](int) { ar("train_step", *step_); });
  }

 private:
  // What one shard needs to run on its own.
  struct Shard {
    nn::TrainingCall call;
    Columns columns;
    Diagnostics sums;  // of the last minibatch
    Shard(const nn::ActorCritic& net, int T, int width, int heads)
        : call(net, T + 1, width),
          columns(static_cast<std::size_t>(T), static_cast<std::size_t>(width), static_cast<std::size_t>(net.actions()), heads) {}
  };

  static std::int64_t CountLive(const BatchView& batch, std::span<const int> columns) {
    std::int64_t live = 0;
    for (int t = 0; t < batch.T; ++t) {
      for (const int i : columns) live += !batch.dead(t, i);
    }
    return live;
  }

  // One optimiser step; each shard runs over its columns, call by call. Returns the gradient's norm.
  float LearnMinibatch(const BatchView& batch, std::span<const int> columns, std::int64_t live, float rate) {
    const float row_weight = 1 / static_cast<float>(options_.sum_over_time ? std::ssize(columns) : live);
    return step_->Step(rate, [&](int s, const nn::Params& params) {
      Shard& shard = shards_[static_cast<std::size_t>(s)];
      shard.sums = {};
      const auto part = Part(columns, s, options_.shards);
      const auto width = static_cast<std::size_t>(shard.call.batch());
      for (std::size_t begin = 0; begin < part.size(); begin += width) {
        AddGradient(shard, params, batch, part.subspan(begin, std::min(width, part.size() - begin)), row_weight);
      }
    });
  }

  // A call always has the same shape; columns after those given are copies of the first, without loss.
  void AddGradient(Shard& shard, const nn::Params& params, const BatchView& batch, std::span<const int> columns,
                   float row_weight) {
    const auto width = static_cast<std::size_t>(shard.call.batch());
    const auto rows = shard.call.rows();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const std::size_t j = r % width;
      rows[r] = static_cast<std::int32_t>(batch.index(static_cast<int>(r / width), columns[j < columns.size() ? j : 0]));
    }
    ReadMemory(batch, &shard.call);
    shard.call.Forward(params, obs_);
    ReadColumns(shard, batch, columns.size());
    Columns& c = shard.columns;
    for (int h = 0; h < heads(); ++h) {
      VTrace({batch.T, shard.call.batch(), c.reward[h], c.discount, c.end, c.step_type, c.value[h]}, Head(batch, h).stream,
             c.log_rho, options_.rho_clip, options_.c_clip, c.advantage[h], c.target[h]);
      const float coef = Head(batch, h).coef;
      for (std::size_t r = 0; r < c.log_rho.size(); ++r) {
        ImpalaSample& sample = c.samples[r];
        sample.advantage += coef * c.advantage[h][r];
        sample.target[static_cast<std::size_t>(h)] = c.target[h][r];
        if (h == 0 && sample.action >= 0) shard.sums.explained.Add(c.value[h][r], c.target[h][r]);
      }
    }
    ImpalaLoss({row_weight, options_.value_coef, options_.entropy_coef}, c.samples, heads(), c.log_prob, shard.call.values(),
               shard.call.dlogits(), shard.call.dvalues(), &shard.sums.loss);
    shard.call.Backward();
  }

  // From the batch and the network's outputs to what V-trace wants. Only live rows of the first `real` columns get a loss.
  void ReadColumns(Shard& shard, const BatchView& batch, std::size_t real) const {
    Columns& c = shard.columns;
    const auto rows = shard.call.rows();
    const auto logits = shard.call.logits(), values = shard.call.values();
    const auto width = static_cast<std::size_t>(shard.call.batch()), n_heads = static_cast<std::size_t>(heads());
    const std::size_t actions = logits.size() / rows.size(), steps = c.log_rho.size();
    const auto behaviour = batch.extra[kLogProb].As<float>();
    const auto action = batch.action.As<std::int32_t>();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto row = static_cast<std::size_t>(rows[r]);
      c.step_type[r] = batch.step_type[row];
      for (std::size_t h = 0; h < n_heads; ++h) c.value[h][r] = values[r * n_heads + h];
      ImpalaSample& sample = c.samples[r];
      sample = {};
      if (r >= steps) continue;
      c.discount[r] = batch.discount[row];
      c.end[r] = batch.end[row];
      for (int h = 0; h < heads(); ++h) c.reward[h][r] = Head(batch, h).reward[row];
      const auto log_prob = std::span(c.log_prob).subspan(r * actions, actions);
      nn::LogSoftmax(logits.subspan(r * actions, actions), log_prob);
      c.log_rho[r] = 0;
      if (c.step_type[r] == StepType::kLast) continue;
      const std::int32_t index = action[row] - first_action();
      c.log_rho[r] = log_prob[static_cast<std::size_t>(index)] - behaviour[row];
      if (r % width >= real) continue;
      sample.action = index;
      const double log_rho = static_cast<double>(c.log_rho[r]), rho = std::exp(log_rho);
      shard.sums.kl += (rho - 1) - log_rho;  // Schulman 2020, http://joschu.net/blog/kl-approx.html, k3
      shard.sums.clipped += rho > static_cast<double>(options_.rho_clip);
    }
  }

  ImpalaOptions options_;
  std::vector<int> columns_;  // 0 .. n-1
  std::vector<Shard> shards_;
  std::vector<ConstTensorView> obs_;  // scratch of one Learn
};

std::unique_ptr<Agent> MakeImpala(const Config& config, const AgentDeps& deps) {
  ImpalaOptions o;
  o.extrinsic.lambda = 1;
  ReadActorCritic(config, deps, &o);
  config.Get("lambda", &o.extrinsic.lambda, InRange(0, 1));
  config.Get("rho_clip", &o.rho_clip, Positive());
  config.Get("c_clip", &o.c_clip, Positive());
  config.Get("minibatches", &o.minibatches, InRange(1, 1 << 20));
  config.GetEnum("loss", &o.sum_over_time, {"mean", "sum_over_time"});
  nn::OptimizerOptions optimizer{.type = nn::OptimizerOptions::Type::kRmsProp};
  nn::ReadOptimizer(config, &optimizer);
  if (o.minibatches > deps.num_envs) {
    config.At("minibatches")
        .Fail("a minibatch is whole columns of environments; env.count is " + std::to_string(deps.num_envs) + ", too few for " +
              std::to_string(o.minibatches) + " minibatches");
  }
  return std::make_unique<Impala>(config, deps, o, optimizer);
}

const AgentRegistrar kImpala("impala", "IMPALA: V-trace, one pass a rollout, discrete actions", MakeImpala);

}  // namespace
}  // namespace rove
