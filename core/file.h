// Files that are whole or absent, and a way to make the disk fail on purpose.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rove {

std::string ReadFile(const std::string& path);  // throws Error(kUser) "path: cannot be read: reason"

// Where a file called `path` by a user is to be written: the end of its symbolic links. Throws Error(kUser) for what exists and
// is no regular file: a rename would put one in the place of a device or a pipe.
std::string OutputPath(const std::string& path);

// Writes OutputPath + ".tmp", syncs it, renames it, syncs the folder. Throws Error(kSystem) "path: reason"; the old file is then
// untouched and the temporary one removed.
void WriteFileAtomically(const std::string& path, std::string_view bytes);

// The pieces of the above, for those who sync a whole folder at once (engine/checkpoint.cc). All throw Error(kSystem).
void WriteAndSync(const std::string& path, std::string_view bytes);  // create or truncate, write all, fsync
void SyncFile(const std::string& path);                              // one that a library has written
void SyncFolder(const std::string& path);
void Rename(const std::string& from, const std::string& to);  // then the caller syncs the folder
// Swaps two that exist, in one step. False, and nothing is done, where that is not possible: not every file system can.
bool Exchange(const std::string& a, const std::string& b);

// Names a file's content: XXH128 of its bytes, 32 hex digits, as the program xxh128sum prints it. Throws as ReadFile.
std::string HashFile(const std::string& path);

std::uint32_t Crc32(std::string_view bytes, std::uint32_t crc = 0);  // zlib's; chainable

// An append-only file with a known length. Appends are whole lines, buffered in memory until Flush.
class AppendFile {
 public:
  // Opens or creates `path` and cuts it to `length` bytes (what a checkpoint recorded): a torn last line goes away.
  AppendFile(const std::string& path, std::uint64_t length);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  void Append(std::string_view line);  // adds '\n'
  void AppendRaw(std::string_view bytes);
  // Throws Error(kSystem): disk full and the like. The file then ends with its last whole line; what is pending stays so.
  void Flush(bool sync = false);
  std::uint64_t length() const { return length_; }  // bytes, those not yet flushed included

 private:
  std::string path_, pending_;
  int fd_ = -1;
  std::uint64_t length_ = 0;
};

// ---- Fault injection (tests of crash safety). ----
// ROVE_FAIL="point[:nth]=action[,...]" in the environment: at the nth passing (default 1) of the named point the process
//   kill     sends itself SIGKILL
//   enospc   pretends that the disk is full (write points only)
//   short    writes half of the bytes, then fails as full (write points only)
// Points: "checkpoint.component" and "checkpoint.chunk" (after each such file), "checkpoint.sync", "checkpoint.rename",
// "checkpoint.rotate", "replay.write" (WriteReplayFile, before each block of a column), "metrics.line" (AppendFile, half of the
// pending bytes written), "write" (every WriteAndSync, and Flush with bytes pending). Costs one branch when unset. Other texts
// are Error(kUser) at the first passing of any point.
enum class Fault { kNone, kNoSpace, kShort };
Fault FailPoint(std::string_view point);
// Replaces what ROVE_FAIL says, counts from zero again: for tests. Not while another thread writes.
void SetFailPoints(std::string_view text);

}  // namespace rove
