#include "engine/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/error.h"

namespace rove {

RunFolder::RunFolder(const std::string& path, bool must_exist) : path_(path) {
  namespace fs = std::filesystem;
  if (must_exist && !fs::is_directory(path)) throw UserError(path + ": no such run folder; `rove train CONFIG` makes one");
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw UserError(fmt::format("{}: cannot be made: {}; choose another --run", path, error.message()));
  const std::string lock = (fs::path(path) / "lock").string();
  fd_ = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) throw UserError(fmt::format("{}: cannot be opened: {}; choose another --run", lock, std::strerror(errno)));
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      const std::string why = std::strerror(errno);
      close(fd_);
      throw SystemError(fmt::format("{}: cannot be locked: {}; put the run on a local disk", lock, why));
    }
    std::string holder = "another process";
    if (long pid = 0; std::ifstream(lock) >> pid) holder = "process " + std::to_string(pid);
    close(fd_);
    throw UserError(fmt::format("{} is in use by {} on this machine; wait for it or choose another --run", path, holder));
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd_, 0) != 0 || write(fd_, pid.data(), pid.size()) < 0) {
    close(fd_);
    throw SystemError(fmt::format("{}: cannot be written: {}", lock, std::strerror(errno)));
  }
}

RunFolder::~RunFolder() {
  if (fd_ >= 0) close(fd_);  // releases the lock; the file stays, so that two processes never lock two different files
}

}  // namespace rove
