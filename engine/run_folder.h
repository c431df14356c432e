// A run's folder: config.yaml, metrics.jsonl, timing.jsonl, events.*, checkpoints/, and a lock while a process uses it.
#pragma once

#include <string>

namespace rove {

// Holds an advisory lock (flock on RUN/lock, which names the process) for its lifetime; a killed process leaves no lock behind.
class RunFolder {
 public:
  // Creates `path` with its parents, or opens it. must_exist: for --resume and eval. Throws Error(kUser):
  // "runs/x is in use by process 4211 on this machine; wait for it or choose another --run", "runs/x: no such run folder".
  RunFolder(const std::string& path, bool must_exist);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace rove
