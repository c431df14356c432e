// Replay: what off-policy agents sample from. Keeps raw extrinsic rewards; bonuses are scored at sampling (rewards/mix.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/config.h"
#include "core/rng.h"
#include "core/spec.h"
#include "replay/rollout.h"

namespace rove {

struct ReplayDeps {
  std::span<const TensorSpec> obs;
  const TensorSpec& action;
  std::span<const TensorSpec> extra, state;
  int num_envs = 1;
  int sequence_length = 0;  // stored recurrent states every so many rows, as in the slots
};

// Learner's thread only.
class Replay {
 public:
  virtual ~Replay() = default;

  // Appends the slot's T rows of every column; slots must follow one another without a gap. The oldest rows are overwritten
  // when capacity is reached. Throws Error(kUser) if one slot is larger than the whole replay.
  virtual void Insert(const RolloutView& rollout) = 0;

  // Fills *out with B = `batch` sequences of `length` transitions, start rows uniform over all stored starts whose `length`
  // rows are contiguous in their column; with recurrent state, over those where it is stored. Sequences include kLast rows;
  // length 1 never starts on one. `total` starts as a copy of reward (rewards/mix.h fills it). The views stay valid until the
  // next call. Sequence b draws from noise.At(b, number of samples so far). Returns false if there is not enough data yet.
  virtual bool Sample(int batch, int length, const Noise& noise, BatchView* out) = 0;

  // Replaces a column ("reward", "intrinsic" or an extra) of single transitions: values[j] goes to handles[j]. A batch's handle
  // names its row 0; row t has handle + t * num_envs. Handles of rows overwritten since are skipped.
  virtual void Write(std::span<const std::int64_t> handles, std::string_view column, ConstTensorView values) = 0;

  virtual std::int64_t size() const = 0;  // stored transitions, dead rows not counted
  virtual void Serialize(Archive& ar) = 0;
};

// config: {capacity: transitions over all columns}. Memory is allocated at once; the size in bytes is checked against the
// machine's.
std::unique_ptr<Replay> MakeUniformReplay(const Config& config, const ReplayDeps& deps);

}  // namespace rove
