#include "core/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <system_error>

#include "core/error.h"

namespace rove {
namespace {

std::string Reason(int error) { return std::generic_category().message(error); }

[[noreturn]] void Fail(const std::string& path, int error) { throw SystemError(path + ": cannot be written: " + Reason(error)); }

// A file descriptor that closes itself.
class Fd {
 public:
  Fd(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void WriteAll(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) Fail(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Writes `bytes`, or as much of them as the fault lets through, and then fails as a full disk does.
void WriteWithFault(int fd, const std::string& path, std::string_view bytes, Fault fault) {
  if (fault == Fault::kNoSpace) Fail(path, ENOSPC);
  WriteAll(fd, path, fault == Fault::kShort ? bytes.substr(0, bytes.size() / 2) : bytes);
  if (fault == Fault::kShort) Fail(path, ENOSPC);
}

void ReadPieces(const std::string& path, const std::function<void(std::string_view)>& piece) {
  const auto fail = [&](int error) { throw UserError(path + ": cannot be read: " + Reason(error)); };
  const Fd fd(path, O_RDONLY);
  if (fd.get() < 0) fail(errno);
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(errno);
    if (got == 0) return;
    piece({buffer, static_cast<std::size_t>(got)});
  }
}

// `name`: what errors call it.
void WriteAndSync(const std::string& path, const std::string& name, std::string_view bytes) {
  const Fd fd(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (fd.get() < 0) Fail(name, errno);
  WriteWithFault(fd.get(), name, bytes, FailPoint("write"));
  if (fsync(fd.get()) != 0) Fail(name, errno);
}

struct FaultRule {
  std::string point, action;
  int nth = 1;
  std::atomic<int> passed = 0;
};

std::deque<FaultRule> ParseFaultRules(std::string_view text) {
  std::deque<FaultRule> rules;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const auto equals = one.find('=');
    if (equals == one.npos) throw UserError("ROVE_FAIL: expected point[:nth]=action, got \"" + std::string(one) + "\"");
    const std::string_view where = one.substr(0, equals);
    const auto colon = where.find(':');
    FaultRule& rule = rules.emplace_back();
    rule.point = where.substr(0, colon);
    rule.action = one.substr(equals + 1);
    if (colon != where.npos) {
      const char* end = where.data() + where.size();
      const auto [stop, error] = std::from_chars(where.data() + colon + 1, end, rule.nth);
      if (error != std::errc() || stop != end || rule.nth < 1) {
        throw UserError("ROVE_FAIL: expected a count from 1 after \":\", got \"" + std::string(one) + "\"");
      }
    }
    if (rule.action != "kill" && rule.action != "enospc" && rule.action != "short") {
      throw UserError("ROVE_FAIL: expected kill, enospc or short, got \"" + rule.action + "\"");
    }
  }
  return rules;
}

std::deque<FaultRule>& FaultRules() {
  static std::deque<FaultRule> rules = [] {
    const char* text = std::getenv("ROVE_FAIL");
    return ParseFaultRules(text == nullptr ? "" : text);
  }();
  return rules;
}

}  // namespace

std::string ReadFile(const std::string& path) {
  std::string bytes;
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && status.st_size > 0) bytes.reserve(static_cast<std::size_t>(status.st_size));
  ReadPieces(path, [&](std::string_view piece) { bytes += piece; });
  return bytes;
}

std::string HashFile(const std::string& path) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  ReadPieces(path, [&](std::string_view piece) { XXH3_128bits_update(&state, piece.data(), piece.size()); });
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  char text[33];
  std::snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, std::uint64_t{hash.high64}, std::uint64_t{hash.low64});
  return text;
}

std::string OutputPath(const std::string& path) {
  namespace fs = std::filesystem;
  constexpr int kMostLinks = 40;  // as the kernel follows
  std::error_code error;
  const fs::file_status status = fs::status(path, error);  // first: the links of /proc lead to what has no name
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw UserError(path + ": is " + (fs::is_directory(status) ? "a folder" : "no regular file") + "; name another file");
  fs::path out = path;
  for (int links = 0; links < kMostLinks && fs::is_symlink(out, error); ++links) out = out.parent_path() / fs::read_symlink(out);
  return out.string();
}

void WriteFileAtomically(const std::string& path, std::string_view bytes) {
  const std::string final_path = OutputPath(path), temporary = final_path + ".tmp";
  try {
    WriteAndSync(temporary, path, bytes);
    Rename(temporary, final_path);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  SyncFolder(std::filesystem::path(final_path).parent_path().string());
}

void WriteAndSync(const std::string& path, std::string_view bytes) { WriteAndSync(path, path, bytes); }

void SyncFile(const std::string& path) {
  const Fd fd(path, O_RDWR);
  if (fd.get() < 0 || fsync(fd.get()) != 0) Fail(path, errno);
}

void SyncFolder(const std::string& path) {
  const std::string folder = path.empty() ? "." : path;
  const Fd fd(folder, O_RDONLY | O_DIRECTORY);
  if (fd.get() < 0 || fsync(fd.get()) != 0) Fail(folder, errno);
}

void Rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) Fail(to, errno);
}

bool Exchange(const std::string& a, const std::string& b) {
  return renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
}

std::uint32_t Crc32(std::string_view bytes, std::uint32_t crc) {
  return static_cast<std::uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

AppendFile::AppendFile(const std::string& path, std::uint64_t length) : path_(path), length_(length) {
  fd_ = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd_ < 0) Fail(path, errno);
  struct stat status {};
  std::string problem;
  if (fstat(fd_, &status) != 0) {
    problem = Reason(errno);
  } else if (static_cast<std::uint64_t>(status.st_size) < length) {
    problem = "has " + std::to_string(status.st_size) + " bytes, expected at least " + std::to_string(length) +
              "; it was cut or replaced";
  } else if (ftruncate(fd_, static_cast<off_t>(length)) != 0) {
    problem = Reason(errno);
  }
  if (problem.empty()) return;
  close(fd_);  // the destructor does not run
  throw SystemError(path + ": " + problem);
}

AppendFile::~AppendFile() {
  try {
    Flush();
  } catch (const std::exception&) {
    // The owner had its chance to see this by calling Flush; the file ends with a whole line.
  }
  close(fd_);
}

void AppendFile::Append(std::string_view line) {
  AppendRaw(line);
  AppendRaw("\n");
}

void AppendFile::AppendRaw(std::string_view bytes) {
  pending_ += bytes;
  length_ += bytes.size();
}

void AppendFile::Flush(bool sync) {
  if (!pending_.empty()) {
    const std::string_view bytes = pending_;
    const std::size_t half = bytes.size() / 2;
    try {  // in two halves, so that a test can kill the process inside a line
      WriteWithFault(fd_, path_, bytes.substr(0, half), FailPoint("write"));
      WriteWithFault(fd_, path_, bytes.substr(half), FailPoint("metrics.line"));
    } catch (const Error&) {
      // Back to the last whole line; the bytes stay pending. If this fails too, the next AppendFile cuts the torn line.
      [[maybe_unused]] const int ignored = ftruncate(fd_, static_cast<off_t>(length_ - bytes.size()));
      throw;
    }
    pending_.clear();
  }
  if (sync && fsync(fd_) != 0) Fail(path_, errno);
}

Fault FailPoint(std::string_view point) {
  Fault fault = Fault::kNone;
  for (FaultRule& rule : FaultRules()) {  // all of them count
    if (rule.point != point || ++rule.passed != rule.nth) continue;
    if (rule.action == "kill") std::raise(SIGKILL);
    fault = rule.action == "short" ? Fault::kShort : Fault::kNoSpace;
  }
  return fault;
}

void SetFailPoints(std::string_view text) { FaultRules() = ParseFaultRules(text); }

}  // namespace rove
