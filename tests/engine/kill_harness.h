// Processes that train, are killed and resumed, for tests of crash safety. They run rove_probe: the rove program with the test
// components.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/file.h"

namespace rove {

namespace fs = std::filesystem;

struct Child {
  pid_t pid;
  // Exit code, or minus the signal that ended it.
  int Wait() const {
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
};

// Starts rove_probe with `fail` as ROVE_FAIL; its output goes to `log`.
inline Child Start(const std::vector<std::string>& arguments, const std::string& fail, const fs::path& log) {
  const std::string program = std::string(ROVE_BINARY_DIR) + "/rove_probe";
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(fd, 1);
    dup2(fd, 2);
    if (fail.empty())
      unsetenv("ROVE_FAIL");
    else
      setenv("ROVE_FAIL", fail.c_str(), 1);
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  return {pid};
}

// One experiment's folder.
struct Scratch {
  fs::path path = fs::temp_directory_path() / fmt::format("rove-kill-{}", getpid());
  explicit Scratch(const std::string& config) {
    fs::remove_all(path);
    fs::create_directories(path);
    std::ofstream(path / "run.yaml") << config;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { fs::remove_all(path); }
  std::string run(const std::string& name) const { return (path / name).string(); }
  std::string log() const { return (path / "log").string(); }
  Child Train(const std::string& name, const std::string& fail = "", const std::vector<std::string>& overrides = {}) const {
    std::vector<std::string> arguments{"train", (path / "run.yaml").string(), "--run", run(name)};
    arguments.insert(arguments.end(), overrides.begin(), overrides.end());
    return Start(arguments, fail, log());
  }
  // --resume with a config starts the run if it was killed before it was one.
  Child Resume(const std::string& name) const {
    return Start({"train", (path / "run.yaml").string(), "--run", run(name), "--resume"}, "", log());
  }
  // From the run's own folder, so with what its config.yaml says.
  Child ResumeFolder(const std::string& name, const std::string& fail = "") const {
    return Start({"train", "--resume", run(name)}, fail, log());
  }
};

// What must not depend on interruptions: metrics, and every component and chunk of the last checkpoint.
inline std::map<std::string, std::string> FinalBytes(const std::string& run) {
  std::map<std::string, std::string> out{{"metrics.jsonl", ReadFile(run + "/metrics.jsonl")}};
  fs::path last;
  for (const auto& entry : fs::directory_iterator(run + "/checkpoints")) {
    if (entry.path().filename().string().front() != '.') last = std::max(last, entry.path());
  }
  for (const auto& entry : fs::recursive_directory_iterator(last)) {
    if (entry.is_regular_file() && entry.path().filename() != "manifest.json") {
      out[fs::relative(entry.path(), last)] = ReadFile(entry.path());
    }
  }
  REQUIRE(out.size() > 4);
  return out;
}

// The run of `config` (without TensorBoard) in `mode` (sync, pipelined) on 2 threads ends with the same bytes on 1, 3 and 5
// threads, and when it is killed within its metric row number `rows`, which should come after a checkpoint, and again within the
// second checkpoint from there.
inline void CheckThreadsAndKills(const std::string& config, const std::string& mode, int rows) {
  const Scratch scratch(config);
  const std::string run_mode = "run.mode=" + mode;
  REQUIRE(scratch.Train("whole", "", {run_mode}).Wait() == 0);
  const auto whole = FinalBytes(scratch.run("whole"));
  for (const std::string threads : {"1", "3", "5"}) {
    INFO(threads << " threads");
    REQUIRE(scratch.Train(threads, "", {run_mode, "run.threads=" + threads}).Wait() == 0);
    CHECK(FinalBytes(scratch.run(threads)) == whole);
  }
  REQUIRE(scratch.Train("killed", fmt::format("metrics.line:{}=kill", 2 * rows - 1), {run_mode}).Wait() == -SIGKILL);
  REQUIRE(fs::exists(scratch.run("killed") + "/checkpoints"));
  REQUIRE(scratch.ResumeFolder("killed", "checkpoint.rename:2=kill").Wait() == -SIGKILL);
  REQUIRE(scratch.ResumeFolder("killed").Wait() == 0);
  CHECK(FinalBytes(scratch.run("killed")) == whole);
}

inline void Finish(const Scratch& scratch, const std::string& name) {
  INFO(ReadFile(scratch.log()));
  REQUIRE(scratch.Resume(name).Wait() == 0);
}

}  // namespace rove
