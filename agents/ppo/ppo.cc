// Proximal policy optimisation (Schulman et al. 2017), discrete actions. Every detail that changes results, with its source,
// default and switch, is in docs/agents.md.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/actor_critic/actor_critic.h"
#include "agents/ppo/ppo_loss.h"
#include "core/archive.h"
#include "nn/actor_critic.h"
#include "nn/train_step.h"

namespace rove {
namespace {

constexpr int kSequence = 32;  // default length, where it divides the rollout

struct PpoOptions : ActorCriticOptions {
  int epochs = 4, minibatches = 8;
  float clip = 0.2f;
  bool clip_value = true;
  bool normalize_advantage = true;  // per minibatch
  int sequence_length = 1;          // rows of one sequence; 1 without a memory
};

class Ppo final : public ActorCriticAgent {
 public:
  Ppo(const Config& config, const AgentDeps& deps, const PpoOptions& options, const nn::OptimizerOptions& optimizer)
      : ActorCriticAgent(config, deps, options, optimizer),
        options_(options),
        loss_{.clip = options.clip,
              .clip_value = options.clip_value,
              .value_coef = options.value_coef,
              .entropy_coef = options.entropy_coef},
        noise_(deps.seed, "ppo.minibatch"),
        samples_(static_cast<std::size_t>(deps.num_envs) * static_cast<std::size_t>(deps.rollout_length)) {
    const int length = options_.sequence_length = recurrent() ? SequenceLength(config, deps) : 1;
    const std::int64_t rows = std::ssize(samples_);
    if (options.minibatches > rows / length) {
      const std::string cut = length > 1 ? ", in sequences of " + std::to_string(length) : "";
      config.At("minibatches")
          .Fail("a rollout has " + std::to_string(rows) + " rows (env.count x run.rollout)" + cut + ", too few for " +
                std::to_string(options.minibatches) + " minibatches");
    }
    const std::int64_t most = (rows / length - 1) / (options.minibatches * options.shards) + 1;  // sequences of a shard
    const std::int64_t chosen = std::min<std::int64_t>(recurrent() ? kMostSequences : kMostTile, most);
    const auto width = static_cast<int>(options.tile > 0 ? std::clamp<std::int64_t>(options.tile / length, 1, most) : chosen);
    for (int s = 0; s < options.shards; ++s) shards_.emplace_back(*net_, length, width);
  }

  AgentTraits traits() const override {
    return {.on_policy = true, .sequence_length = recurrent() ? options_.sequence_length : 0};
  }

  Metrics Learn(const BatchView& batch, std::int64_t env_steps) override {
    const double explained_variance = ReadBatch(batch);
    obs_.assign(batch.obs.begin(), batch.obs.end());
    const float rate = LearningRate(env_steps);
    PpoSums sums;
    double rows = 0, norms = 0, steps = 0;
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      noise_.At(static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(updates_)).Shuffle(std::span(sequences_));
      for (int k = 0; k < options_.minibatches; ++k) {
        const auto sequences = Part(std::span(sequences_), k, options_.minibatches);
        if (sequences.empty()) continue;
        norms += static_cast<double>(LearnMinibatch(batch, sequences, rate));
        for (const Shard& shard : shards_) sums += shard.sums;
        rows += static_cast<double>(live_.size());
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
      ar("train_step", *step_);
      ar("updates", updates_);
    });
  }

 private:
  // What a memory is trained on. Its state is stored before each sequence.
  static int SequenceLength(const Config& config, const AgentDeps& deps) {
    int length = deps.rollout_length % kSequence == 0 ? kSequence : deps.rollout_length;
    config.Get("sequence_length", &length, InRange(1, deps.rollout_length));
    if (deps.rollout_length % length != 0) {
      config.At("sequence_length")
          .Fail(std::to_string(length) + " does not divide run.rollout, " + std::to_string(deps.rollout_length));
    }
    return length;
  }

  // What one shard needs to run on its own.
  struct Shard {
    nn::TrainingCall call;
    std::vector<PpoSample> samples;  // of the call
    PpoSums sums;                    // of the last minibatch
    Shard(const nn::ActorCritic& net, int length, int width) : call(net, length, width), samples(call.rows().size()) {}
  };

  // Calls fn(row) for every row of a sequence that starts at row `first` of the rollout.
  template <class Fn>
  void ForEachRow(const BatchView& batch, std::int32_t first, const Fn& fn) const {
    for (int t = 0; t < options_.sequence_length; ++t) fn(static_cast<std::size_t>(first + t * batch.n));
  }

  // Fills samples_ with the rows, their advantages and targets, and sequences_ with the first rows of those that have a live row.
  // Returns the first head's explained variance.
  double ReadBatch(const BatchView& batch) {
    ROVE_CHECK_EQ(batch.rows(), samples_.size());
    const std::span<const float> log_prob = batch.extra[kLogProb].As<float>();
    const std::span<const std::int32_t> action = batch.action.As<std::int32_t>();
    for (std::size_t row = 0; row < samples_.size(); ++row) {
      samples_[row] = {};
      if (batch.step_type[row] == StepType::kLast) continue;
      samples_[row] = {.row = static_cast<std::int32_t>(row), .action = action[row] - first_action(), .log_prob = log_prob[row]};
    }
    for (int h = 0; h < heads(); ++h) AddHead(batch, h);
    sequences_.clear();
    for (int t = 0; t < batch.T; t += options_.sequence_length) {
      for (int i = 0; i < batch.n; ++i) {
        const auto first = static_cast<std::int32_t>(batch.index(t, i));
        bool live = false;
        ForEachRow(batch, first, [&](std::size_t row) { live |= samples_[row].row >= 0; });
        if (live) sequences_.push_back(first);
      }
    }
    ExplainedVariance explained;
    for (const PpoSample& sample : samples_) {
      if (sample.row >= 0) explained.Add(sample.value[0], sample.target[0]);
    }
    return explained.value();
  }

  void AddHead(const BatchView& batch, int h) {
    const auto [reward, stream, coef] = Head(batch, h);
    const auto head = static_cast<std::size_t>(h);
    const std::span<const float> value = batch.extra[kValue + head].As<float>();
    advantage_.resize(batch.rows());
    target_.resize(batch.rows());
    Gae({batch.T, batch.n, reward, batch.discount, batch.end, batch.step_type, value}, stream, advantage_, target_);
    for (std::size_t row = 0; row < samples_.size(); ++row) {
      PpoSample& sample = samples_[row];
      sample.advantage += coef * advantage_[row];
      sample.value[head] = value[row];
      sample.target[head] = target_[row];
    }
  }

  // The live samples' normaliser and weight.
  PpoMinibatch Scale() const {
    PpoMinibatch scale{.row_weight = 1 / static_cast<float>(live_.size())};
    if (!options_.normalize_advantage || live_.size() < 2) return scale;
    double sum = 0, squares = 0;
    for (const std::size_t row : live_) sum += static_cast<double>(samples_[row].advantage);
    const double n = static_cast<double>(live_.size()), mean = sum / n;
    for (const std::size_t row : live_) {
      const double d = static_cast<double>(samples_[row].advantage) - mean;
      squares += d * d;
    }
    scale.shift = static_cast<float>(mean);
    scale.scale = static_cast<float>(1 / (std::sqrt(squares / (n - 1)) + 1e-8));
    return scale;
  }

  // One optimiser step; each shard runs over its sequences, call by call. Fills live_. Returns the gradient's norm.
  float LearnMinibatch(const BatchView& batch, std::span<const std::int32_t> sequences, float rate) {
    live_.clear();
    for (const std::int32_t first : sequences) {
      ForEachRow(batch, first, [&](std::size_t row) {
        if (samples_[row].row >= 0) live_.push_back(row);
      });
    }
    const PpoMinibatch scale = Scale();
    return step_->Step(rate, [&](int s, const nn::Params& params) {
      Shard& shard = shards_[static_cast<std::size_t>(s)];
      shard.sums = {};
      const auto part = Part(sequences, s, options_.shards);
      const auto width = static_cast<std::size_t>(shard.call.batch());
      for (std::size_t begin = 0; begin < part.size(); begin += width) {
        AddGradient(shard, params, batch, scale, part.subspan(begin, std::min(width, part.size() - begin)));
      }
    });
  }

  // A call always has the same shape; sequences after those given are some earlier ones, without loss.
  void AddGradient(Shard& shard, const nn::Params& params, const BatchView& batch, const PpoMinibatch& scale,
                   std::span<const std::int32_t> sequences) {
    nn::TrainingCall& call = shard.call;
    const auto width = static_cast<std::size_t>(call.batch());
    std::ranges::fill(shard.samples, PpoSample{});
    for (std::size_t j = 0; j < sequences.size(); ++j) {
      std::size_t at = j;
      ForEachRow(batch, sequences[j], [&](std::size_t row) {
        call.rows()[at] = static_cast<std::int32_t>(row);
        shard.samples[at] = samples_[row];
        at += width;
      });
    }
    ReadMemory(batch, &call);
    call.Forward(params, obs_);
    PpoLoss(loss_, scale, shard.samples, heads(), call.logits(), call.values(), call.dlogits(), call.dvalues(), &shard.sums);
    call.Backward();
  }

  PpoOptions options_;
  PpoLossOptions loss_;
  Noise noise_;
  std::int64_t updates_ = 0;  // calls of Learn

  // Scratch of one Learn.
  std::vector<Shard> shards_;
  std::vector<PpoSample> samples_;       // of each row
  std::vector<std::int32_t> sequences_;  // first rows
  std::vector<std::size_t> live_;        // rows of the minibatch
  std::vector<ConstTensorView> obs_;
  std::vector<float> advantage_, target_;
};

std::unique_ptr<Agent> MakePpo(const Config& config, const AgentDeps& deps) {
  PpoOptions o;
  ReadActorCritic(config, deps, &o);
  config.Get("gae_lambda", &o.extrinsic.lambda, InRange(0, 1));
  config.Get("epochs", &o.epochs, InRange(1, 1000));
  config.Get("minibatches", &o.minibatches, InRange(1, 1 << 20));
  config.Get("clip", &o.clip, Positive());
  config.Get("clip_value", &o.clip_value);
  config.Get("normalize_advantage", &o.normalize_advantage);
  nn::OptimizerOptions optimizer;
  nn::ReadOptimizer(config, &optimizer);
  return std::make_unique<Ppo>(config, deps, o, optimizer);
}

const AgentRegistrar kPpo("ppo", "proximal policy optimisation, discrete actions", MakePpo);

}  // namespace
}  // namespace rove
