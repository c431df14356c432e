// Rollouts and batches: the columns that travel from the environments to the learner.
//
// One slot holds one rollout of all environments of a run: T steps of n columns, structure of arrays, time-major. The action at
// t produced reward[t], discount[t], end[t] and obs[t+1], step_type[t+1]. Row 0 is the copied last row of the slot before.
// Where step_type[t] == kLast, row t is dead: its action is ignored, the next episode starts, reward is 0, discount 1. A dead
// row is no frame and enters no mean. `frames` anywhere counts live rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/spec.h"
#include "core/tensor.h"

namespace rove {

class Archive;

// What rollouts and sampled batches have in common: [T, n] sequences. For a batch of B samples of length L, T = L and n = B.
struct SequenceView {
  int T = 0, n = 0;
  std::span<const TensorView> obs;  // each [T+1, n, ...]; written by the environment
  std::span<const TensorSpec> obs_spec;
  TensorView action;                  // [T, n, ...]; written by the policy
  std::span<float> reward;            // [T*n] raw extrinsic reward; written by the environment
  std::span<float> discount;          // [T*n] 0 after a termination, else 1
  std::span<std::uint8_t> end;        // [T*n] kTerminated | kTruncated
  std::span<StepType> step_type;      // [(T+1)*n]
  std::span<float> intrinsic;         // [T*n] mixed bonus, 0 on dead rows; written by rewards/mix.h
  std::span<float> total;             // [T*n] what a single value head learns from: clip(reward + intrinsic), or clip(reward)
                                      //       when the bonus has its own head; written by rewards/mix.h
  std::span<const TensorView> extra;  // the agent's own columns, each [T+1, n, ...]; obs[T] has its value too
  std::span<const TensorSpec> extra_spec;
  std::span<const TensorView> state;  // recurrent state before acting on row 0: each [1, n, ...]; with sequence length k also
                                      // before rows k, 2k, ...: [T/k, n, ...]; written by the engine
  std::span<const TensorSpec> state_spec;

  std::size_t index(int t, int i) const {
    return static_cast<std::size_t>(t) * static_cast<std::size_t>(n) + static_cast<std::size_t>(i);
  }
  bool dead(int t, int i) const { return step_type[index(t, i)] == StepType::kLast; }
  std::size_t rows() const { return static_cast<std::size_t>(T) * static_cast<std::size_t>(n); }
};

// One slot as the learner sees it.
struct RolloutView : SequenceView {
  std::span<const std::int32_t> env_id;  // [n]
  std::int64_t policy_version = 0;       // of the snapshot that acted: one for the whole slot
  std::int64_t first_step = 0;           // number of steps each column had taken before row 0 (dead rows included)
};

// What a learner samples. From a rollout: AsBatch (handles and weights empty).
struct BatchView : SequenceView {
  std::span<const std::int64_t> handle;  // [n] row handles for Replay::Write, stable until overwritten
  std::span<const float> weight;         // [n] importance weights; empty: all 1
};

BatchView AsBatch(const RolloutView& rollout);

// Owns one slot. Written by the actors' workers on disjoint column ranges, read by the learner; never both at once.
class RolloutSlot {
 public:
  struct Shape {
    int T = 0, n = 0, sequence_length = 0;  // sequence_length 0: recurrent state is kept before row 0 only
  };
  RolloutSlot(Shape shape, std::span<const TensorSpec> obs, const TensorSpec& action, std::span<const TensorSpec> extra,
              std::span<const TensorSpec> state);
  RolloutView view();
  // Double-precision rewards as environments write them, [T*n]. RoundRewards copies columns [begin, end) into reward.
  std::span<double> reward64() { return reward64_; }
  void RoundRewards(int begin, int end);
  // Views of row t alone, made once: obs and extra of t in [0, T], each [n, ...].
  std::span<const TensorView> obs_at(int t) const { return obs_at_[static_cast<std::size_t>(t)]; }
  std::span<const TensorView> extra_at(int t) const { return extra_at_[static_cast<std::size_t>(t)]; }
  TensorView action_at(int t) const { return action_at_[static_cast<std::size_t>(t)]; }
  std::int64_t policy_version = 0, first_step = 0;

  // Copies row T of `before` (obs, step_type) to row 0 here, columns [begin, end).
  void CopyLastRow(const RolloutSlot& before, int begin, int end);
  // Fills all but the last row's obs and step_type (where the next slot starts) with 0xCD: debug builds do so once a slot is
  // learned.
  void Poison();
  void Serialize(Archive& ar);
  void SerializeLastRow(Archive& ar);  // obs and step_type of row T only

 private:
  Shape shape_;
  std::vector<TensorSpec> obs_spec_, extra_spec_, state_spec_;
  std::vector<Tensor> obs_, extra_, state_;
  Tensor action_;
  std::vector<TensorView> obs_view_, extra_view_, state_view_, action_at_;
  std::vector<std::vector<TensorView>> obs_at_, extra_at_;
  std::vector<double> reward64_;
  std::vector<float> reward_, discount_, intrinsic_, total_;
  std::vector<std::uint8_t> end_;
  std::vector<StepType> step_type_;
  std::vector<std::int32_t> env_id_;
};

}  // namespace rove
