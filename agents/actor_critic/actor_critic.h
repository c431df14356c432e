// What policy-gradient agents share: an actor-critic network for discrete actions that acts, the columns it leaves for its
// learner, its snapshots, one optimiser and a learning-rate schedule. PPO and IMPALA derive from it and add Learn.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "agents/agent.h"

namespace rove {

namespace nn {
class ActorCritic;
class TrainingCall;
class TrainStep;
struct OptimizerOptions;
}  // namespace nn

inline constexpr int kMaxValueHeads = 2;  // extrinsic, intrinsic
// Of one network call in training, by default (bench/ppo_bench.cc):
inline constexpr int kMostTile = 256;      // rows; where the cost of a row stops falling
inline constexpr int kMostSequences = 16;  // with a memory, whose steps are matrix products of this many rows

// Extra columns, in this order: `log_prob` of the action under the policy that acted, and `value`, `value_int`.
enum Extra : std::size_t { kLogProb, kValue };  // kValue + h: value of head h

struct ActorCriticOptions {
  ReturnStream extrinsic;  // gamma, timeout; lambda is read by the agent under its own name
  float learning_rate = 3e-4f;
  bool anneal = false;  // learning rate to 0 over the run's frames, linearly
  float value_coef = 0.5f, entropy_coef = 0.01f;
  float extrinsic_coef = 1, intrinsic_coef = 1;  // of the two advantages, with a second value head
  int shards = 2;                                // of a minibatch, each its own task
  int tile = 0;                                  // about this many rows in one network call of training; 0: the agent chooses
};
// Reads the keys gamma, timeout, learning_rate, anneal, value_coef, entropy_coef, shards, tile and, with a second value head,
// extrinsic_coef and intrinsic_coef.
void ReadActorCritic(const Config& config, const AgentDeps& deps, ActorCriticOptions* options);

class ActorCriticAgent : public Agent {
 public:
  ~ActorCriticAgent() override;
  std::span<const TensorSpec> extra_spec() const override { return extra_spec_; }
  std::span<const TensorSpec> state_spec() const override { return state_spec_; }
  std::unique_ptr<Policy> MakePolicy(ActMode mode) const override;
  std::shared_ptr<const ParamSnapshot> Snapshot(std::int64_t version) const override;

 protected:
  // Builds the network (keys: nn/actor_critic.h) and its optimiser. Throws Error(kUser), also where the action is not discrete.
  ActorCriticAgent(const Config& config, const AgentDeps& deps, const ActorCriticOptions& options,
                   const nn::OptimizerOptions& optimizer);

  int heads() const { return intrinsic_ ? 2 : 1; }
  float LearningRate(std::int64_t env_steps) const;
  // A head's reward column, its stream and the coefficient of its advantage.
  struct HeadInputs {
    std::span<const float> reward;
    const ReturnStream& stream;
    float coef;
  };
  HeadInputs Head(const BatchView& batch, int head) const;
  std::int32_t first_action() const { return first_action_; }  // action columns count from it, indices from 0
  bool recurrent() const { return !state_spec_.empty(); }
  // Gives a call whose rows are set what its memory needs: where episodes start, and the state stored before the first row of
  // each sequence (which is row 0 or a multiple of call->steps()). Nothing to do without a memory.
  void ReadMemory(const BatchView& batch, nn::TrainingCall* call) const;

  std::shared_ptr<const nn::ActorCritic> net_;
  std::unique_ptr<nn::TrainStep> step_;

 private:
  ActorCriticOptions options_;
  int act_block_;
  std::int32_t first_action_;
  std::int64_t total_frames_;
  std::optional<ReturnStream> intrinsic_;
  std::vector<TensorSpec> extra_spec_, state_spec_;
};

// Part k of `parts` of nearly equal size (they differ by at most one; none if there are fewer items than parts).
template <class T>
std::span<T> Part(std::span<T> items, int k, int parts) {
  const std::size_t n = items.size(), p = static_cast<std::size_t>(parts), i = static_cast<std::size_t>(k);
  return items.subspan(n * i / p, n * (i + 1) / p - n * i / p);
}

// 1 - Var(target - value) / Var(target), from pairs added one by one; 0 if the targets do not vary.
class ExplainedVariance {
 public:
  void Add(float value, float target) {
    const double t = static_cast<double>(target), e = t - static_cast<double>(value);
    error_ += e;
    error2_ += e * e;
    target_ += t;
    target2_ += t * t;
    ++n_;
  }
  void Add(const ExplainedVariance& other);
  double value() const {
    const double variance = target2_ - target_ * target_ / n_;
    return variance > 0 ? 1 - (error2_ - error_ * error_ / n_) / variance : 0;
  }

 private:
  double error_ = 0, error2_ = 0, target_ = 0, target2_ = 0, n_ = 0;
};

}  // namespace rove
