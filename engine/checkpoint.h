// Checkpoints: a folder a checkpoint, whole or absent.
//
//   RUN/checkpoints/00000000000001228800/   named by env_steps
//     manifest.json    format, build id, BLAS kernel, config hash, env_steps, updates, sink offsets, size and CRC-32 of each
//                      file, and its own CRC-32
//     agent.bin env.bin ...                 one file a component (Engine::component_names)
//
// Written under a temporary name, every file and the folder synced, then renamed; the two newest are kept. So a process killed
// at any moment leaves at least the checkpoint before, and a full disk leaves both older ones untouched.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rove {

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
};

// Saves the engine's state under `run_folder`. Throws Error(kSystem); older checkpoints are then intact and nothing half-written
// stays under a final name.
void SaveCheckpoint(const std::string& run_folder, Engine& engine, const CheckpointIdentity& identity, bool drift_allowed);

// The newest whole checkpoint of a run, or none if it has none. A damaged one is passed over with one line in *warnings;
// if all are damaged, throws Error(kSystem).
std::optional<Checkpoint> LoadCheckpoint(const std::string& run_folder, std::vector<std::string>* warnings);

// Gives a loaded checkpoint to an engine built from the same config.
void RestoreEngine(const Checkpoint& checkpoint, Engine& engine);

std::string BuildId();  // hex of this executable's ELF build id, "unknown" if it has none

}  // namespace rove
