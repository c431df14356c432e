// A replay as an HDF5 file: the form in which its rows leave a run, reach other programs, and start another run (docs/replay.md).
//
//   /                  attributes rove_replay = 1 (the format's version), rove_version, env, agent, config, frames
//   obs/NAME           [T+1, N, ...]   frames; row T follows the last transition
//   extra/NAME         [T+1, N, ...]   the agent's own columns
//   step_type          [T+1, N] u8     0 first, 1 mid, 2 last: a dead row (replay/rollout.h)
//   action             [T, N, ...]
//   reward, discount, intrinsic   [T, N] f32
//   end                [T, N] u8       bits: 1 terminated, 2 truncated
//   state/NAME         [T/k, N, ...]   recurrent states before rows 0, k, 2k, ...; attribute sequence_length = k of the group
//
// Datasets have attributes role, low and high where the column's spec has them. Equal replays give equal files, byte for byte.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "replay/replay.h"

namespace rove {

// What a file says of the run it comes from. Nothing of it matters to ReadReplayFile.
struct ReplayFileNotes {
  std::string rove_version, env, agent, config;  // config: the run's resolved one, as YAML
  std::int64_t frames = 0;                       // live frames the run had collected
};

// Writes all rows that a sample of `replay` can hold, under a temporary name, synced, then renamed. load(chunk) gives the bytes
// of one of its full chunks, valid until the next call: so a replay that lies in a checkpoint's files need not fit in memory.
// Throws Error(kSystem); nothing is then left.
void WriteReplayFile(const std::string& path, const ReplayFileNotes& notes, const ReplayDeps& columns, Replay& replay,
                     const std::function<std::span<std::byte>(const ReplayChunk&)>& load);

// Fills an empty replay with the file's rows, the newest if it cannot keep all; then nothing tells it from the one that was
// written, but that its rows are counted from 0. Columns that the replay does not have are passed over. Throws Error naming file,
// dataset and remedy: kUser for a file of another form, other columns or impossible values, kSystem for a damaged one. The replay
// is then of no use. Returns the rows of each environment.
std::int64_t ReadReplayFile(const std::string& path, const ReplayDeps& columns, Replay* replay);

std::string Hdf5Version();  // of the library that is loaded: "1.10.8"

}  // namespace rove
