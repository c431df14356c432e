// Evaluation: episodes of one trained policy on seeds of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "agents/agent.h"
#include "envs/vector_env.h"

namespace rove {

struct EvalOptions {
  int episodes = 100;
  ActMode mode = ActMode::kEvaluate;  // greedy, or kExplore: sampled
  Seed seed = 0;                      // episode e is reset with DeriveSeed(seed, "eval", e)
  int act_block = 16;                 // rows of one network call, as in training
  bool keep_actions = false;
};

struct EvalResult {             // one entry an episode, in episode order
  std::vector<double> returns;  // undiscounted sum of extrinsic reward
  std::vector<int> lengths;
  std::vector<std::uint8_t> success;            // return above spec.success_return; empty if the environment has none
  std::vector<std::vector<std::byte>> actions;  // if kept: [length, action]; with the episode's seed they give it again
};

// Plays options.episodes episodes: row i of `env` plays episodes i, i + n, i + 2n, ..., each from its own seed and with noise
// keyed by (episode, step of the episode). A block of act_block rows starts its next episodes together, when its slowest has
// ended; so an episode does not depend on how the others end, nor, if n is a multiple of act_block, on n. Blocks run in
// parallel. Each episode begins in the state that `env` has now, a fresh one's, and `env` is left in it (if it takes snapshots of
// rows, envs/snapshots.h): what survives a seeded reset, as visit counts do, does not go from one to the next. Throws
// Error(kUser) where an episode of an environment without a time limit does not end in 100,000 steps.
EvalResult Evaluate(VectorEnv& env, const Agent& agent, const ParamSnapshot& snapshot, const EvalOptions& options);

}  // namespace rove
