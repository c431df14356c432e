// What an environment is, seen from outside, and the kinds of step it emits.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/tensor.h"

namespace rove {

// Semantics of dm_env: the step after kLast ignores its action and returns kFirst, so one row per episode is dead
// (see replay/rollout.h). Gymnasium calls this NEXT_STEP autoreset.
enum class StepType : std::uint8_t { kFirst, kMid, kLast };

// Bits of the `end` column. Both may be set in one step. step_type is kLast iff end != 0.
constexpr std::uint8_t kTerminated = 1, kTruncated = 2;

struct EnvSpec {
  std::vector<TensorSpec> obs;
  TensorSpec action;
  int max_steps = 0;                     // time limit of one episode, 0 = none
  std::optional<double> success_return;  // an episode whose return is above it is a success; none: no success column
};

}  // namespace rove
