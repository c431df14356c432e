// What the engine sees: n environments stepped in place into structure-of-arrays columns. No per-step hand-off: a worker steps
// its own range of rows and acts on it, T times in a row, before it tells anybody.
#pragma once

#include <optional>
#include <span>

#include "envs/env.h"

namespace rove {

class VectorEnv {
 public:
  virtual ~VectorEnv() = default;
  virtual const EnvSpec& spec() const = 0;  // shared by all rows
  virtual int size() const = 0;             // n

  // Resets rows[i] with seeds[i] (none: continue that row's stream) and writes kFirst there. rows and seeds have one length.
  // Row sets of concurrent calls must be disjoint.
  virtual void Reset(std::span<const int> rows, std::span<const std::optional<Seed>> seeds, const StepColumns& out) = 0;

  // Steps rows [begin, end). action: [n, spec.action.shape], only the rows of the range are read. A row whose last step was
  // kLast ignores its action, starts its next episode and writes kFirst, reward 0, discount 1, end 0.
  // Concurrent calls on disjoint ranges are allowed. An illegal action throws Error(kSystem) that names row and value.
  virtual void Step(ConstTensorView action, int begin, int end, const StepColumns& out) = 0;

  // Exact state of all rows, RNG streams included.
  virtual void Serialize(Archive& ar) = 0;
};

}  // namespace rove
