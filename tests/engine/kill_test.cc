// Crash safety, end to end: rove_probe (the rove program with the test components) is killed at named fail points and at random
// moments, resumed until it finishes, and must end with the bytes of a run that nobody disturbed.
#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "engine/checkpoint.h"
#include "tests/core/test_folder.h"
#include "tests/engine/kill_harness.h"
#include "tests/engine/older_run.h"

namespace rove {
namespace {

constexpr const char* kConfig = R"(
env: {type: probe/corridor, count: 6}
agent: {type: probe/recurrent}
rewards: [{type: count, weight: 0.1, key: full_state}]
run: {frames: 6000, seed: 3, rollout: 16, mode: pipelined, lag: 2, act_block: 2, threads: 2}
checkpoint: {every: 3}
log: {every: 2, tensorboard: false}
evaluation: {every: 1500, episodes: 3}
)";

// Off-policy: 15000 transitions in chunks of 246 rows, two of them new at each of the 12 checkpoints; the ring wraps half-way.
constexpr const char* kReplayConfig = R"(
env: {type: probe/point, count: 7}
agent: {type: probe/random_replay}
replay: {capacity: 15000}
run: {frames: 40000, seed: 3, rollout: 50, act_block: 3, threads: 2}
checkpoint: {every: 10}
log: {every: 5, tensorboard: false}
)";

void KillAt(const Scratch& scratch, const std::vector<std::string>& points) {
  REQUIRE(scratch.Train("whole").Wait() == 0);
  const auto whole = FinalBytes(scratch.run("whole"));
  int n = 0;
  for (const std::string& fail : points) {
    const std::string name = fmt::format("point-{}", n++);
    INFO(fail);
    REQUIRE(scratch.Train(name, fail).Wait() == -SIGKILL);
    Finish(scratch, name);
    CHECK(FinalBytes(scratch.run(name)) == whole);
  }
}

TEST_CASE("kill: at every named point a resumed run ends like an undisturbed one", "[engine][kill]") {
  KillAt(Scratch(kConfig), {"checkpoint.component:1=kill", "checkpoint.component:9=kill", "checkpoint.component:21=kill",
                            "checkpoint.sync:1=kill", "checkpoint.sync:4=kill", "checkpoint.rename:1=kill",
                            "checkpoint.rename:3=kill", "checkpoint.rotate:1=kill", "checkpoint.rotate:4=kill",
                            "metrics.line:1=kill", "metrics.line:5=kill", "metrics.line:12=kill", "metrics.line:31=kill"});
}

TEST_CASE(
    "kill: a checkpoint of the same frames as the one before, after a rollout of dead rows alone, takes its place in one step",
    "[engine][kill]") {
  // Episodes of at most 3 steps, one row a rollout: each fourth rollout or sooner is a dead row.
  const Scratch scratch(R"(
env: {type: probe/corridor, count: 1, max_steps: 3}
agent: {type: probe/counter}
run: {frames: 12, seed: 3, rollout: 1}
checkpoint: {every: 1}
log: {every: 1, tensorboard: false}
)");
  std::vector<std::string> points;
  for (int passing = 1; passing <= 12; ++passing) {
    for (const char* point : {"checkpoint.rename", "checkpoint.rotate"})
      points.push_back(fmt::format("{}:{}=kill", point, passing));
  }
  KillAt(scratch, points);
}

TEST_CASE("kill: a replay's chunks survive between any chunk and its manifest, also once the ring has wrapped",
          "[engine][kill]") {
  const Scratch scratch(kReplayConfig);
  KillAt(scratch, {"checkpoint.chunk:1=kill", "checkpoint.chunk:4=kill", "checkpoint.chunk:40=kill", "checkpoint.chunk:61=kill",
                   "checkpoint.component:9=kill", "checkpoint.sync:3=kill", "checkpoint.sync:9=kill", "checkpoint.rename:7=kill",
                   "checkpoint.rotate:5=kill"});
  const auto whole = FinalBytes(scratch.run("whole"));
  CHECK(std::ranges::count_if(whole, [](const auto& file) { return file.first.ends_with(".chunk"); }) >= 9);
  CHECK_FALSE(whole.contains("replay/000000000000-0.chunk"));  // long overwritten
}

TEST_CASE("kill: a run that began with imported rows ends like an undisturbed one, on any threads, also when the file is gone",
          "[engine][kill]") {
  const TestFolder folder;
  const std::string file = folder / "data.h5";
  {
    const Scratch scratch(kReplayConfig);
    REQUIRE(scratch.Train("source", "", {"run.frames=12000"}).Wait() == 0);
    REQUIRE(Start({"export-replay", scratch.run("source"), "-o", file}, "", scratch.log()).Wait() == 0);
  }
  std::string config = kReplayConfig;
  config.replace(config.find("capacity: 15000"), 15, "capacity: 15000, import: " + file);
  for (const char* mode : {"sync", "pipelined"}) CheckThreadsAndKills(config, mode, 3);

  const Scratch scratch(config);
  REQUIRE(scratch.Train("whole").Wait() == 0);
  const auto whole = FinalBytes(scratch.run("whole"));
  REQUIRE(scratch.Train("before", "checkpoint.component:1=kill").Wait() == -SIGKILL);  // no checkpoint: imports again
  Finish(scratch, "before");
  CHECK(FinalBytes(scratch.run("before")) == whole);
  REQUIRE(scratch.Train("gone", "metrics.line:5=kill").Wait() == -SIGKILL);
  fs::remove(file);
  Finish(scratch, "gone");  // by the config it was started with, which names no hash
  CHECK(FinalBytes(scratch.run("gone")) == whole);
  const Scratch plain(kReplayConfig);
  REQUIRE(plain.Train("plain").Wait() == 0);
  CHECK(FinalBytes(plain.run("plain")).at("agent.bin") != whole.at("agent.bin"));
}

TEST_CASE("kill: a run whose config lacks a newer key can be resumed and evaluated wherever its first save is killed",
          "[engine][kill]") {
  const Scratch scratch(kConfig);
  int n = 0;
  for (const std::string fail : {"checkpoint.component:1=kill", "checkpoint.rename:1=kill"}) {
    INFO(fail);
    const std::string name = fmt::format("older-{}", n++), run = scratch.run(name);
    REQUIRE(scratch.Train(name, "", {"run.frames=3000"}).Wait() == 0);
    ForgetKey(run, "  max_steps:");
    REQUIRE(Start({"train", "--resume", run, "run.frames=6000"}, fail, scratch.log()).Wait() == -SIGKILL);
    CHECK(Start({"eval", run, "--episodes", "2"}, "", scratch.log()).Wait() == 0);
    CHECK(Start({"train", "--resume", run, "run.frames=6000"}, "", scratch.log()).Wait() == 0);
    CHECK(Start({"eval", run, "--episodes", "2"}, "", scratch.log()).Wait() == 0);
  }
}

TEST_CASE("full disk: one line, exit code 1, the checkpoints before are whole, and a resume ends like an undisturbed run",
          "[engine][kill]") {
  const Scratch scratch(kConfig);
  REQUIRE(scratch.Train("whole").Wait() == 0);
  const auto whole = FinalBytes(scratch.run("whole"));
  int n = 0;
  for (const std::string fail : {"write:20=enospc", "write:33=short", "write:50=enospc"}) {
    const std::string name = fmt::format("full-{}", n++);
    INFO(fail);
    fs::remove(scratch.log());
    REQUIRE(scratch.Train(name, fail).Wait() == 1);
    const std::string said = ReadFile(scratch.log());
    CHECK_THAT(said, Catch::Contains("No space left on device"));
    const auto error = said.substr(said.rfind('\n', said.size() - 2) + 1);  // the last line
    CHECK_THAT(error, Catch::Contains("cannot be written"));
    std::vector<std::string> warnings;
    LoadCheckpoint(scratch.run(name), &warnings);
    CHECK(warnings.empty());
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

TEST_CASE("kill: 20 kills at random moments change nothing", "[engine][kill]") { Storm(Scratch(kConfig), 20); }
TEST_CASE("kill: 10 kills at random moments change nothing of a run with a replay", "[engine][kill]") {
  Storm(Scratch(kReplayConfig), 10);
}
TEST_CASE("kill: 200 kills at random moments change nothing", "[engine][kill][slow]") {
  for (const char* config : {kConfig, kReplayConfig}) Storm(Scratch(config), 100);
}

TEST_CASE("SIGINT: the run finishes its rollout, checkpoints, exits 0, and resumes to the same end", "[engine][kill]") {
  const Scratch scratch(kConfig);
  REQUIRE(scratch.Train("whole").Wait() == 0);
  const Child child = scratch.Train("stopped");
  while (!fs::exists(scratch.run("stopped") + "/metrics.jsonl")) std::this_thread::yield();
  kill(child.pid, SIGINT);
  REQUIRE(child.Wait() == 0);
  CHECK_THAT(ReadFile(scratch.log()), Catch::Contains("stopping after this rollout"));
  CHECK(FinalBytes(scratch.run("stopped")) != FinalBytes(scratch.run("whole")));
  Finish(scratch, "stopped");
  CHECK(FinalBytes(scratch.run("stopped")) == FinalBytes(scratch.run("whole")));
}

}  // namespace
}  // namespace rove
