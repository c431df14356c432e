// Checkpoints: a folder a checkpoint, whole or absent.
//
//   RUN/checkpoints/00000000000001228800/   named by env_steps
//     manifest.json    format, build id, BLAS kernel, config hash, env_steps, updates, sink offsets, size and CRC-32 of each
//                      file, and its own CRC-32
//     agent.bin env.bin ...                 one file a component (Engine::component_names)
//     replay/000000000012-0.chunk ...       off-policy: the replay's full chunks, most of them hard links (engine/chunk_files.h)
//
// Written under a temporary name, every file and the folder synced, then renamed; the one written last and the whole one before
// it are kept. One of the same frames (a rollout of dead rows alone adds none) changes places with the new one. So a process
// killed at any moment leaves at least the checkpoint before, and a full disk leaves both older ones untouched.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/chunk_files.h"

namespace rove {

class Agent;
class Engine;

struct CheckpointIdentity {
  std::string build_id;  // of the executable (ELF build id)
  std::string blas_kernel;
  std::string config_hash;  // of the resolved config without the keys that may change on resume
};

struct Checkpoint {
  std::string folder;  // where it was read from
  std::int64_t env_steps = 0, updates = 0;
  CheckpointIdentity identity;
  bool drift_allowed = false;  // some earlier resume crossed builds or kernels
  std::vector<std::uint64_t> sink_offsets;
  std::map<std::string, std::string> components;  // name -> bytes, CRCs checked
  ChunkTable chunks;                              // of the replay, CRCs checked; they stay on disk
};

// Saves a run's checkpoints. `resumed`: the one the run goes on from; it and those saved here are whole, so only their chunk
// files are linked.
class CheckpointWriter {
 public:
  CheckpointWriter(std::string run_folder, CheckpointIdentity identity, const std::optional<Checkpoint>& resumed = {});

  // Saves the engine's state. Throws Error(kSystem); older checkpoints are then intact and nothing half-written stays under a
  // final name. Returns the bytes written, linked files not counted.
  std::size_t Save(Engine& engine);

 private:
  std::string run_folder_;
  CheckpointIdentity identity_;
  bool drift_allowed_ = false;
  std::string before_folder_;  // of the newest whole checkpoint
  ChunkTable before_;
};

// Frames of the newest checkpoint of a run, whole or not; 0 if it has none.
std::int64_t FramesSaved(const std::string& run_folder);

// The newest whole checkpoint of a run, or none if it has none. A damaged one is passed over with one line in *warnings;
// if all are damaged, throws Error(kSystem). Without the replay's chunks only RestoreAgent is possible.
std::optional<Checkpoint> LoadCheckpoint(const std::string& run_folder, std::vector<std::string>* warnings,
                                         bool with_replay = true);
// The one of so many frames. Throws Error: kUser if there is none, naming those there are; kSystem if it is damaged.
Checkpoint LoadCheckpointOf(const std::string& run_folder, std::int64_t env_steps);

// Gives a loaded checkpoint to an engine built from the same config. The checkpoint's folder must still be there if the engine
// has a replay.
void RestoreEngine(const Checkpoint& checkpoint, Engine& engine);
void RestoreAgent(const Checkpoint& checkpoint, Agent& agent);  // alone, as an evaluation wants it

std::string BuildId();  // hex of this executable's ELF build id, "unknown" if it has none

}  // namespace rove
