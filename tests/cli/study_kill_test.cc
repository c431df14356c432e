// A study that is killed, it or its runs, at any moment, and called again until it is done, ends with the files of one that
// nobody disturbed. Runs rove_probe (the rove program with the test components).
#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "tests/engine/kill_harness.h"

namespace rove {
namespace {

constexpr const char* kStudy = R"(# A test: 2 tasks x 2 arms; 8 runs.
env: {type: probe/corridor, count: 4}
agent: {type: probe/recurrent}
run: {frames: 1500, rollout: 10, mode: pipelined, lag: 2, act_block: 2}
checkpoint: {every: 3}
log: {every: 2}
evaluation: {every: 300, episodes: 3}
study:
  seeds: 2
  tuning: {seeds: 1}
  metrics: [train/updates]
  tasks:
    - {name: short, config: {env: {length: 6}}}
    - {name: long, config: {env: {length: 9}}, seeds: 1, tune: false}
  arms:
    - {name: none}
    - name: count
      config: {rewards: [{type: count, key: full_state}]}
      settings: {"rewards[0].weight": [0.5, 0.1]}
)";

struct StudyScratch : Scratch {
  StudyScratch() : Scratch(kStudy) {}
  std::vector<std::string> Arguments(const std::string& name, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"study",   "run",    (path / "run.yaml").string(), "-o",
                                       run(name), "--runs", run(name + "-runs")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  Child Study(const std::string& name, const std::vector<std::string>& more = {}) const {
    return Start(Arguments(name, more), "", log());
  }
  // Every file of the study's output folder.
  std::map<std::string, std::string> Output(const std::string& name) const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(run(name))) {
      if (entry.is_regular_file()) out[fs::relative(entry.path(), run(name))] = ReadFile(entry.path());
    }
    return out;
  }
};

std::vector<pid_t> ChildrenOf(pid_t pid) {
  std::vector<pid_t> children;
  std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", pid));
  for (pid_t child; file >> child;) children.push_back(child);
  return children;
}

TEST_CASE("study: one run at a time or three, the same files; called again, nothing is run", "[cli][kill]") {
  const StudyScratch scratch;
  REQUIRE(scratch.Study("one", {"--jobs", "1"}).Wait() == 0);
  const auto one = scratch.Output("one");
  CHECK(one.size() == 8 + 3 + 2);  // runs; report.html, summary.md, summary.csv; a figure a task
  CHECK(one.contains("runs/short/tuning/count-2-s1001.csv"));
  CHECK_THAT(one.at("runs/long/count-s1.csv"),
             Catch::Contains("# config rewards[0].weight: ") && Catch::Contains(",train/updates\n"));
  REQUIRE(scratch.Study("three", {"--jobs", "3"}).Wait() == 0);
  CHECK(scratch.Output("three") == one);
  fs::remove_all(scratch.run("one-runs"));  // as on another machine
  fs::remove(scratch.log());
  REQUIRE(scratch.Study("one").Wait() == 0);
  CHECK_THAT(ReadFile(scratch.log()), Catch::Contains("8 of 8 runs are finished"));
  CHECK(scratch.Output("one") == one);
  CHECK(!fs::exists(scratch.run("one-runs") + "/short"));
  // The report alone, from the files alone.
  fs::remove(scratch.run("one") + "/report.html");
  REQUIRE(Start({"study", "report", (scratch.path / "run.yaml").string(), "-o", scratch.run("one")}, "", scratch.log()).Wait() ==
          0);
  CHECK(scratch.Output("one") == one);
}

TEST_CASE("study: killed at random moments, it or one of its runs, and called again, it ends like an undisturbed one",
          "[cli][kill]") {
  const StudyScratch scratch;
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(scratch.Study("whole", {"--jobs", "2"}).Wait() == 0);
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - begin;
  const auto whole = scratch.Output("whole");
  std::mt19937 random(20261125);
  std::uniform_real_distribution<double> moment(0, duration.count() / 3);
  int studies = 0, runs = 0;
  for (int attempt = 0; studies < 5 || runs < 5; ++attempt) {
    REQUIRE(attempt < 60);
    const std::string name = fmt::format("storm-{}", attempt);
    for (bool done = false; !done;) {
      const Child study = scratch.Study(name, {"--jobs", "2"});
      std::this_thread::sleep_for(std::chrono::duration<double>(moment(random)));
      const auto children = ChildrenOf(study.pid);
      if (!children.empty() && random() % 2 == 0) {
        kill(children[random() % children.size()], SIGKILL);  // the study resumes it
        ++runs;
        std::this_thread::sleep_for(std::chrono::duration<double>(moment(random)));
      }
      kill(study.pid, SIGKILL);  // and its children with it
      const int code = study.Wait();
      INFO(ReadFile(scratch.log()));
      REQUIRE((code == 0 || code == -SIGKILL));
      done = code == 0;
      studies += done ? 0 : 1;
    }
    auto output = scratch.Output(name);
    std::erase_if(output, [](const auto& file) { return file.first.ends_with(".tmp"); });
    CHECK(output == whole);
    fs::remove_all(scratch.run(name));
    fs::remove_all(scratch.run(name + "-runs"));
  }
}

TEST_CASE("study: SIGTERM stops it politely; each run saves a checkpoint, and all goes on from there", "[cli][kill]") {
  const StudyScratch scratch;
  REQUIRE(scratch.Study("whole").Wait() == 0);
  const Child child = scratch.Study("stopped");
  while (!fs::exists(scratch.run("stopped") + "/runs/short/none-s1.csv")) std::this_thread::yield();
  fs::remove(scratch.log());
  kill(child.pid, SIGTERM);
  REQUIRE(child.Wait() == 0);
  CHECK(scratch.Output("stopped") != scratch.Output("whole"));
  CHECK_THAT(scratch.Output("stopped").at("summary.md"), Catch::Contains("Not finished: "));
  REQUIRE(scratch.Study("stopped").Wait() == 0);
  CHECK(scratch.Output("stopped") == scratch.Output("whole"));
}

TEST_CASE("study: a run whose file cannot be written is named, and the others are finished", "[cli][kill]") {
  const StudyScratch scratch;
  REQUIRE(scratch.Study("whole").Wait() == 0);
  fs::create_directories(scratch.run("a") + "/runs");
  std::ofstream(scratch.run("a") + "/runs/long") << "a file where a folder should be";
  fs::remove(scratch.log());
  CHECK(scratch.Study("a", {"--jobs", "1"}).Wait() == 1);
  CHECK_THAT(ReadFile(scratch.log()), Catch::Contains("not all is done: long/none seed 1: ") && Catch::Contains("runs/long"));
  CHECK(scratch.Output("a").at("runs/short/count-s2.csv") == scratch.Output("whole").at("runs/short/count-s2.csv"));
  fs::remove(scratch.run("a") + "/runs/long");
  REQUIRE(scratch.Study("a").Wait() == 0);
  CHECK(scratch.Output("a") == scratch.Output("whole"));
}

TEST_CASE("study: --only a task that is tuned on another says which tuning it needs", "[cli][kill]") {
  const StudyScratch scratch;
  std::string text = kStudy;
  text.replace(text.find("tune: false"), 11, "tune: short");
  std::ofstream(scratch.path / "run.yaml") << text;
  REQUIRE(scratch.Study("a", {"--only", "long/count"}).Wait() == 2);
  CHECK_THAT(ReadFile(scratch.log()), Catch::Contains("--only long/count: its setting is chosen on short/count") &&
                                          Catch::Contains("add --only short/count"));
  CHECK(scratch.Study("a", {"--only", "long/count", "--only", "short/count"}).Wait() == 0);
}

TEST_CASE("study: a finished run of another config is refused by its key before anything runs; --force runs it again",
          "[cli][kill]") {
  const StudyScratch scratch;
  REQUIRE(scratch.Study("a", {"--only", "short/none"}).Wait() == 0);
  const auto before = scratch.Output("a");
  std::string text = kStudy;
  text.replace(text.find("length: 6"), 9, "length: 7");
  std::ofstream(scratch.path / "run.yaml") << text;
  fs::remove(scratch.log());
  REQUIRE(scratch.Study("a").Wait() == 2);
  CHECK_THAT(ReadFile(scratch.log()),
             Catch::Contains("/none-s1.csv: was made with another config: env.length: was 6, is 7 (and 1 more); --force"));
  CHECK(scratch.Output("a") == before);
  REQUIRE(scratch.Study("a", {"--only", "short/none", "--force"}).Wait() == 0);
  CHECK(scratch.Output("a").at("runs/short/none-s1.csv") != before.at("runs/short/none-s1.csv"));
  REQUIRE(scratch.Study("a", {"--only", "short/none"}).Wait() == 0);
}

TEST_CASE("study: a run that fails is named with its own words, the others are finished, and the exit code is 1", "[cli][kill]") {
  const StudyScratch scratch;
  // A run's folder that is a file: `rove train` refuses it.
  REQUIRE(scratch.Study("a", {"--only", "short/none"}).Wait() == 0);
  for (const auto& entry : fs::directory_iterator(scratch.run("a-runs") + "/short")) {
    if (entry.path().filename().string().find("-s2-") == std::string::npos) continue;
    fs::remove_all(entry.path());
    std::ofstream(entry.path()) << "in the way";
  }
  fs::remove(scratch.run("a") + "/runs/short/none-s2.csv");
  fs::remove(scratch.log());
  REQUIRE(scratch.Study("a").Wait() == 1);
  const std::string said = ReadFile(scratch.log());
  CHECK_THAT(said, Catch::Contains("short/none seed 2: ") && Catch::Contains("is a file") &&
                       Catch::Contains("not all is done: short/none seed 2"));
  CHECK(scratch.Output("a").contains("runs/long/count-s1.csv"));
}

TEST_CASE("study: two processes do not run the same one", "[cli][kill]") {
  const StudyScratch scratch;
  const Child first = scratch.Study("a");
  while (!fs::exists(scratch.run("a-runs") + "/configs")) std::this_thread::yield();  // made under the lock
  fs::remove(scratch.log());
  const Child second = scratch.Study("a");
  CHECK(second.Wait() == 2);
  CHECK_THAT(ReadFile(scratch.log()), Catch::Contains("another process runs this study"));
  CHECK(first.Wait() == 0);
}

}  // namespace
}  // namespace rove
