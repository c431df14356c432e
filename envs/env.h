// Environments. A newcomer writes an `Env` (one environment, one thread) in one .cc with one registrar line; `MakeVectorEnv`
// (envs/registry.h) turns n of them into the `VectorEnv` that the engine sees. A family for which speed matters implements
// `VectorEnv` itself (envs/vector_env.h) and is tested to equal its scalar form.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/spec.h"
#include "core/tensor.h"

namespace rove {

class Archive;
using Seed = std::uint64_t;

// Where a step's results go: structure of arrays over the n environments of a batch. The caller owns the memory; an
// environment writes only its own row.
struct StepColumns {
  std::span<const TensorView> obs;  // obs[k]: [n, spec.obs[k].shape]
  std::span<double> reward;         // [n]
  std::span<float> discount;        // [n]; 0 iff terminated, else 1 (also at a time limit and on kFirst)
  std::span<std::uint8_t> end;      // [n]; kTerminated | kTruncated
  std::span<StepType> step_type;    // [n]; kLast iff end != 0
};

// One environment. All randomness comes from its own stream, seeded by Reset. Not thread-safe; distinct objects are independent.
class Env {
 public:
  virtual ~Env() = default;
  virtual const EnvSpec& spec() const = 0;

  // Starts an episode and writes kFirst, reward 0, discount 1, end 0 to `row`. With a seed, restarts the env's own stream
  // from it; without, continues the stream. The first Reset of an env's life must be given a seed.
  virtual void Reset(std::optional<Seed> seed, const StepColumns& out, int row) = 0;

  // Takes one step. action: [spec.action.shape]. Never called when the last step was kLast (the adapter calls Reset then).
  virtual void Step(ConstTensorView action, const StepColumns& out, int row) = 0;

  // Exact state in mid-episode, including the RNG stream: used for checkpoints, clones and snapshots.
  virtual void Serialize(Archive& ar) = 0;
};

}  // namespace rove
