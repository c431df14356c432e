#include "engine/chunk_files.h"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <vector>

#include "core/error.h"
#include "core/file.h"

namespace rove {
namespace {

namespace fs = std::filesystem;

std::string Name(const ReplayChunk& chunk) { return fmt::format("{:012d}-{}.chunk", chunk.number, chunk.version); }
fs::path Path(const std::string& folder, const std::string& name) { return fs::path(folder) / "replay" / name; }

std::string ReadFileOf(const ChunkTable& table, const std::string& folder, const std::string& name) {
  std::string bytes = ReadFile(Path(folder, name).string());
  if (bytes.size() != table.bytes) throw SystemError("size of replay/" + name);
  if (Crc32(bytes) != table.crc.at(name)) throw SystemError("crc of replay/" + name);
  return bytes;
}

}  // namespace

ChunkTable SaveChunks(Replay& replay, const std::string& folder, const ChunkTable& before, const std::string& before_folder,
                      std::size_t* written) {
  *written = 0;
  ChunkTable table;
  const std::vector<ReplayChunk> chunks = replay.chunks();
  if (chunks.empty()) return table;
  table.bytes = chunks.front().memory.size();
  fs::create_directories(Path(folder, ""));
  for (const ReplayChunk& chunk : chunks) {
    const std::string name = Name(chunk);
    const auto known = before.crc.find(name);
    std::error_code error;
    if (known != before.crc.end()) fs::create_hard_link(Path(before_folder, name), Path(folder, name), error);
    if (known != before.crc.end() && !error) {
      table.crc[name] = known->second;
    } else {
      const std::string_view bytes(reinterpret_cast<const char*>(chunk.memory.data()), chunk.memory.size());
      WriteAndSync(Path(folder, name).string(), bytes);
      table.crc[name] = Crc32(bytes);
      *written += bytes.size();
    }
    FailPoint("checkpoint.chunk");
  }
  SyncFolder(Path(folder, "").string());
  return table;
}

void CheckChunks(const ChunkTable& table, const std::string& folder) {
  for (const auto& [name, crc] : table.crc) ReadFileOf(table, folder, name);
}

std::string ReadChunk(const ChunkTable& table, const std::string& folder, const ReplayChunk& chunk) {
  const std::string name = Name(chunk);
  if (!table.crc.contains(name) || table.bytes != chunk.memory.size()) {
    throw SystemError(folder + "/manifest.json: has no replay/" + name + " that fits this run");
  }
  return ReadFileOf(table, folder, name);
}

void LoadChunks(const ChunkTable& table, const std::string& folder, Replay& replay) {
  for (const ReplayChunk& chunk : replay.chunks()) {
    const std::string bytes = ReadChunk(table, folder, chunk);
    std::memcpy(chunk.memory.data(), bytes.data(), bytes.size());
  }
}

}  // namespace rove
