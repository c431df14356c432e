// Replay: what off-policy agents sample from. Keeps raw extrinsic rewards; bonuses are scored at sampling (rewards/mix.h).
//
// Memory is a ring of chunks, each holding the same number of rows of all environments, and a chunk in memory is byte for byte
// the file a checkpoint keeps of it (docs/replay.md). A chunk that is full changes through Write only, which raises its version;
// so a checkpoint writes the chunks whose (number, version) it has not seen and links the others (engine/chunk_files.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

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

struct ReplayChunk {
  std::int64_t number = 0;      // of the chunks ever begun, counted from 0
  std::int64_t version = 0;     // values that Write has changed in it; (number, version) names its content within a run
  std::span<std::byte> memory;  // the replay's own, valid until the next Insert, or a copy of it
};

// Learner's thread only.
class Replay {
 public:
  virtual ~Replay() = default;

  // Throws Error(kUser), which names the limit and what would be enough, if a slot of T rows does not fit.
  virtual void CheckSlot(std::int64_t T) const = 0;

  // Appends the slot's T rows of every column; slots must follow one another without a gap. The oldest rows are overwritten
  // when the limit is reached. Throws as CheckSlot.
  virtual void Insert(const RolloutView& rollout) = 0;

  // Fills *out with B = `batch` sequences of `length` transitions, start rows uniform over all stored starts whose `length`
  // rows are contiguous in their column; with recurrent state, over those where it is stored. Sequences include kLast rows;
  // length 1 never starts on one. `total` starts as a copy of reward (rewards/mix.h fills it). The views stay valid until the
  // next call. Sequence b draws from noise.At(b, number of samples so far). Returns false if there is not enough data yet.
  virtual bool Sample(int batch, int length, const Noise& noise, BatchView* out) = 0;

  // Replaces a column ("reward", "intrinsic" or an extra) of single transitions: values[j] goes to handles[j]. A batch's handle
  // names its row 0; row t has handle + t * num_envs. Handles of rows overwritten since are skipped.
  virtual void Write(std::span<const std::int64_t> handles, std::string_view column, ConstTensorView values) = 0;

  // Ends every episode at the newest frame, as truncated, so that the next Insert may begin anew: that frame becomes a dead row
  // (with recurrent state: sequence_length of them). For rows of another run (replay/replay_file.h). Nothing happens if empty.
  virtual void Cut() = 0;

  virtual std::int64_t size() const = 0;      // stored transitions, dead rows not counted
  virtual std::int64_t capacity() const = 0;  // rows it keeps at most, times environments

  // The state in two parts. Serialize has the counters and the newest rows, less than a chunk of them; chunks() all full chunks
  // that hold a row which can still be sampled, oldest first. To restore: Serialize, then fill the memory of every chunk.
  virtual void Serialize(Archive& ar) = 0;
  virtual std::vector<ReplayChunk> chunks() = 0;

  // The rows by columns, for a file of another form (replay/replay_file.h). Unpack gives those of one chunk that a sample can
  // hold, as a slot; `chunk` is one of chunks(), or newest(), which alone is followed by a frame without an action (row T of the
  // slot). All chunks together hold rows() rows of each environment; the first has a recurrent state if they are stored.
  virtual std::int64_t rows() const = 0;
  virtual ReplayChunk newest() = 0;
  virtual RolloutSlot Unpack(const ReplayChunk& chunk) const = 0;
};

// config: {capacity: transitions over all environments, dead rows included; bytes: memory of the ring}; 0 is no limit, of two the
// first reached counts; neither: a million transitions. Checked against the machine's memory, which is taken as the ring fills. A
// chunk has a 64th of the memory, but at most `max_chunk_bytes` and not below a 64th of that (tests want small ones).
std::unique_ptr<Replay> MakeUniformReplay(const Config& config, const ReplayDeps& deps, std::int64_t max_chunk_bytes = 4 << 20);

}  // namespace rove
