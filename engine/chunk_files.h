// A checkpoint's files of the replay's chunks: CHECKPOINT/replay/NUMBER-VERSION.chunk, each written once and never changed.
//
// (number, version) names a chunk's content within a run, so a checkpoint writes only what the one before has not and hard-links
// the rest: its cost follows what is new, each folder is complete in itself, and a file goes away with the last folder that
// names it. Where the file system has no hard links every chunk is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "replay/replay.h"

namespace rove {

// What a manifest says of them.
struct ChunkTable {
  std::size_t bytes = 0;                     // of each file
  std::map<std::string, std::uint32_t> crc;  // file name -> CRC-32

  bool operator==(const ChunkTable&) const = default;
};

// Writes and syncs `replay`'s chunks below `folder`, except those that `before` has and that could be linked from
// `before_folder`. Throws Error(kSystem). *written: bytes of the files that were not linked.
ChunkTable SaveChunks(Replay& replay, const std::string& folder, const ChunkTable& before, const std::string& before_folder,
                      std::size_t* written);

// Reads every file of a table once; throws Error for the first that is missing, of another size or damaged.
void CheckChunks(const ChunkTable& table, const std::string& folder);

// One chunk's bytes, checked. Throws Error as above, or if the table has no such chunk of its size.
std::string ReadChunk(const ChunkTable& table, const std::string& folder, const ReplayChunk& chunk);

// Fills the chunks of a replay whose Serialize has been read. Throws Error as ReadChunk.
void LoadChunks(const ChunkTable& table, const std::string& folder, Replay& replay);

}  // namespace rove
