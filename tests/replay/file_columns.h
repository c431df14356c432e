// Columns of every kind, and replays of them, for the tests of their files.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "replay/replay.h"
#include "replay/replay_file.h"

namespace rove {

inline const std::vector<TensorSpec> kObs = {
    {.name = "x", .dtype = DType::kF64, .shape = {3}, .low = {-1000}, .high = {1000}},
    {.name = "image", .dtype = DType::kU8, .shape = {2, 3}, .low = {0}, .high = {220}, .role = Role::kPrivileged}};
inline const TensorSpec kAction = {.name = "action", .dtype = DType::kF32, .shape = {2}, .low = {-1, -2}, .high = {1, 2}};
inline const std::vector<TensorSpec> kExtra = {{.name = "note", .dtype = DType::kI64, .shape = {}, .low = {}, .high = {}}};
inline const std::vector<TensorSpec> kState = {{.name = "h", .dtype = DType::kF32, .shape = {5}, .low = {}, .high = {}}};

inline ReplayDeps Columns(int n, int period) {
  return {.obs = kObs,
          .action = kAction,
          .extra = kExtra,
          .state = period > 0 ? std::span<const TensorSpec>(kState) : std::span<const TensorSpec>(),
          .num_envs = n,
          .sequence_length = period};
}

inline std::unique_ptr<Replay> MakeReplay(const ReplayDeps& columns, std::int64_t rows, std::int64_t chunk_bytes = 4 << 20) {
  return MakeUniformReplay(Config::Parse(fmt::format("capacity: {}", rows * columns.num_envs)), columns, chunk_bytes);
}

inline void Write(const std::string& path, const ReplayDeps& columns, Replay& replay) {
  WriteReplayFile(path, {.rove_version = "1", .env = "e", .agent = "a", .config = "c: 1", .frames = 5}, columns, replay,
                  [](const ReplayChunk& chunk) { return chunk.memory; });
}

}  // namespace rove
