// Crash safety, end to end: rove_probe (the rove program with the test components) is killed at named fail points and at random
// moments, resumed until it finishes, and must end with the bytes of a run that nobody disturbed.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "core/file.h"

namespace rove {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = R"(
env: {type: probe/corridor, count: 6}
agent: {type: probe/recurrent}
rewards: [{type: count, weight: 0.1, key: full_state}]
run: {frames: 6000, seed: 3, rollout: 16, mode: pipelined, lag: 2, act_block: 2, threads: 2}
checkpoint: {every: 3}
log: {every: 2, tensorboard: false}
evaluation: {every: 1500, episodes: 3}
)";

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
Child Start(const std::vector<std::string>& arguments, const std::string& fail, const fs::path& log) {
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
  Scratch() {
    fs::remove_all(path);
    fs::create_directories(path);
    std::ofstream(path / "run.yaml") << kConfig;
  }
  ~Scratch() { fs::remove_all(path); }
  std::string run(const std::string& name) const { return (path / name).string(); }
  std::string log() const { return (path / "log").string(); }
  Child Train(const std::string& name, const std::string& fail = "") const {
    return Start({"train", (path / "run.yaml").string(), "--run", run(name)}, fail, log());
  }
  // --resume with a config starts the run if it was killed before it was one.
  Child Resume(const std::string& name) const {
    return Start({"train", (path / "run.yaml").string(), "--run", run(name), "--resume"}, "", log());
  }
};

// What must not depend on interruptions: metrics, and every component of the last checkpoint.
std::map<std::string, std::string> FinalBytes(const std::string& run) {
  std::map<std::string, std::string> out{{"metrics.jsonl", ReadFile(run + "/metrics.jsonl")}};
  fs::path last;
  for (const auto& entry : fs::directory_iterator(run + "/checkpoints")) {
    if (entry.path().filename().string().front() != '.') last = std::max(last, entry.path());
  }
  for (const auto& entry : fs::directory_iterator(last)) {
    if (entry.path().extension() == ".bin") out[entry.path().filename()] = ReadFile(entry.path());
  }
  REQUIRE(out.size() > 4);
  return out;
}

void Finish(const Scratch& scratch, const std::string& name) {
  INFO(ReadFile(scratch.log()));
  REQUIRE(scratch.Resume(name).Wait() == 0);
}

TEST_CASE("kill: at every named point a resumed run ends like an undisturbed one", "[engine][kill]") {
  const Scratch scratch;
  REQUIRE(scratch.Train("whole").Wait() == 0);
  const auto whole = FinalBytes(scratch.run("whole"));
  int n = 0;
  for (const std::string fail :
       {"checkpoint.component:1=kill", "checkpoint.component:9=kill", "checkpoint.component:21=kill", "checkpoint.sync:1=kill",
        "checkpoint.sync:4=kill", "checkpoint.rename:1=kill", "checkpoint.rename:3=kill", "checkpoint.rotate:1=kill",
        "checkpoint.rotate:4=kill", "metrics.line:1=kill", "metrics.line:5=kill", "metrics.line:12=kill"}) {
    const std::string name = fmt::format("point-{}", n++);
    INFO(fail);
    REQUIRE(scratch.Train(name, fail).Wait() == -SIGKILL);
    Finish(scratch, name);
    CHECK(FinalBytes(scratch.run(name)) == whole);
  }
}

TEST_CASE("full disk: one line, exit code 1, the checkpoints before are whole, and a resume ends like an undisturbed run",
          "[engine][kill]") {
  const Scratch scratch;
  REQUIRE(scratch.Train("whole").Wait() == 0);
  const auto whole = FinalBytes(scratch.run("whole"));
  int n = 0;
  for (const std::string fail : {"write:20=enospc", "write:33=short", "write:50=enospc"}) {
    const std::string name = fmt::format("full-{}", n++);
    INFO(fail);
    REQUIRE(scratch.Train(name, fail).Wait() == 1);
    Finish(scratch, name);
    CHECK(FinalBytes(scratch.run(name)) == whole);
  }
}

// Kills at `kills` moments drawn uniformly over the undisturbed run's duration, resuming after each.
void Storm(const Scratch& scratch, int kills) {
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(scratch.Train("whole").Wait() == 0);
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - begin;
  const auto whole = FinalBytes(scratch.run("whole"));
  std::mt19937 random(20261123);
  std::uniform_real_distribution<double> moment(0, duration.count());
  int landed = 0;
  for (int run = 0; landed < kills; ++run) {
    REQUIRE(run < 20 * kills);
    const std::string name = fmt::format("storm-{}", run);
    Child child = scratch.Train(name);
    for (;;) {
      std::this_thread::sleep_for(std::chrono::duration<double>(moment(random)));
      kill(child.pid, SIGKILL);
      const int code = child.Wait();
      if (code == 0) break;  // it finished before the kill
      REQUIRE(code == -SIGKILL);
      if (++landed >= kills) {
        Finish(scratch, name);
        break;
      }
      child = scratch.Resume(name);
    }
    CHECK(FinalBytes(scratch.run(name)) == whole);
    fs::remove_all(scratch.run(name));
  }
}

TEST_CASE("kill: 20 kills at random moments change nothing", "[engine][kill]") { Storm(Scratch(), 20); }
TEST_CASE("kill: 200 kills at random moments change nothing", "[engine][kill][slow]") { Storm(Scratch(), 200); }

TEST_CASE("SIGINT: the run finishes its rollout, checkpoints, exits 0, and resumes to the same end", "[engine][kill]") {
  const Scratch scratch;
  REQUIRE(scratch.Train("whole").Wait() == 0);
  const Child child = scratch.Train("stopped");
  while (!fs::exists(scratch.run("stopped") + "/metrics.jsonl")) std::this_thread::yield();
  kill(child.pid, SIGINT);
  REQUIRE(child.Wait() == 0);
  Finish(scratch, "stopped");
  CHECK(FinalBytes(scratch.run("stopped")) == FinalBytes(scratch.run("whole")));
}

}  // namespace
}  // namespace rove
