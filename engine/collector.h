// Collector: fills rollout slots. Holds what acting needs between steps (recurrent state, one policy a block) and nothing else.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "agents/agent.h"
#include "core/rng.h"
#include "envs/vector_env.h"
#include "replay/rollout.h"

namespace rove {

class Archive;

class Collector {
 public:
  struct Options {
    int rollout_length = 0;  // T
    int act_block = 0;       // environments a task
    Seed seed = 0;
    int sequence_length = 0;  // recurrent state is recorded every so many rows; 0: before row 0 only
  };
  // env and agent must outlive it.
  Collector(VectorEnv& env, const Agent& agent, Options options);
  ~Collector();

  std::unique_ptr<RolloutSlot> MakeSlot() const;

  // Resets every environment with its seed and writes the first observations to row 0 of `first`.
  void Start(std::span<const std::optional<Seed>> seeds, RolloutSlot& first);

  // Fills *out: row 0 from the last row of `before` (null for the very first slot, which Start has begun; may be *out itself),
  // then T steps under `snapshot`, or uniformly random ones. One task a block of environments, on the pool; no call between
  // tasks. Throws what an environment or policy throws.
  void Collect(const RolloutSlot* before, const ParamSnapshot& snapshot, bool random, RolloutSlot* out);

  double env_s() const { return 1e-9 * static_cast<double>(env_ns_.load()); }  // seconds spent in Step, summed over tasks
  double act_s() const { return 1e-9 * static_cast<double>(act_ns_.load()); }
  void Serialize(Archive& ar);

 private:
  struct Block;
  void CollectBlock(Block& block, const RolloutSlot* before, bool random, RolloutSlot* out);

  VectorEnv& env_;
  const Agent& agent_;
  Options options_;
  Noise act_noise_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<Tensor> state_, next_state_;  // recurrent state, each [n, ...]
  std::vector<std::int32_t> env_id_;        // 0 .. n-1
  std::int64_t step_ = 0;                   // steps every environment has taken, dead ones included
  std::atomic<std::int64_t> env_ns_ = 0, act_ns_ = 0;
};

}  // namespace rove
