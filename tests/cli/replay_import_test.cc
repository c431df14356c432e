// rove export-replay and replay.import from outside.
#include <catch2/catch.hpp>
#include <filesystem>

#include "core/file.h"
#include "tests/cli/rove_runner.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;

constexpr const char* kConfig =
    "env: {type: probe/point, count: 3}\n"
    "agent: {type: probe/random_replay}\n"
    "replay: {capacity: 600}\n"
    "run: {frames: 2000, rollout: 10}\n"
    "checkpoint: {every: 20}\n"
    "evaluation: {every: 0}\n";

// A run in box/run and its replay in box/data.h5.
struct Exported {
  Sandbox box;
  std::string config = box.Write("a.yaml", kConfig), run = box / "run", file = box / "data.h5", import = "replay.import=" + file;
  explicit Exported(const std::string& name) : box(name) {
    REQUIRE(RunRove({"train", config, "--run", run}).status == 0);
    const Ran ran = RunRove({"export-replay", run, "-o", file});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    CHECK_THAT(ran.out, Contains("data.h5: 200 rows of 3 environments, probe/point at "));
  }
};

void CheckRefused(const Ran& ran, const std::string& what, int status = 2) {
  INFO(ran.err);
  CHECK(ran.status == status);
  CHECK(ran.out.empty());
  CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  CHECK_THAT(ran.err, Contains(what));
}

TEST_CASE("an imported replay is named by its content, in the header and in the config, which is the same run again",
          "[cli][unit]") {
  const Exported from("replay_import");
  const std::string hash = HashFile(from.file), run = from.box / "next";
  const Ran ran = RunRove({"train", from.config, "--run", run, from.import});
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  CHECK_THAT(ran.out, Contains("replay begins with " + from.file + ", XXH128 " + hash));
  CHECK_THAT(Slurp(run + "/config.yaml"), Contains("import: " + from.file) && Contains("import_hash: " + hash));
  REQUIRE(RunRove({"train", run + "/config.yaml", "--run", from.box / "again"}).status == 0);
  CHECK(Slurp(run + "/metrics.jsonl") == Slurp(from.box / "again/metrics.jsonl"));
  CHECK(Slurp(run + "/metrics.jsonl") != Slurp(from.run + "/metrics.jsonl"));
  CHECK_THAT(Slurp(from.run + "/config.yaml"), !Contains("import:") && !Contains("import_hash"));

  // What it learned from is the file's rows and, behind the cut, its own.
  REQUIRE(RunRove({"export-replay", run, "-o", from.box / "b.h5"}).status == 0);
  std::filesystem::remove(from.file);
  for (const std::string& config : {run, run + "/config.yaml", from.config}) {
    std::vector<std::string> args = {"train", "--resume", config, "run.frames=2500"};
    if (config != run) args.insert(args.end(), {"--run", run});
    if (config == from.config) args.push_back(from.import);
    const Ran more = RunRove(args);
    INFO(config << ": " << more.err);
    CHECK(more.status == 0);
  }
  CHECK(RunRove({"eval", run, "--episodes", "2"}).status == 0);
  CHECK(RunRove({"export-replay", run, "-o", from.box / "c.h5"}).status == 0);
}

TEST_CASE("equal replays are equal files, of the newest checkpoint or of a named one", "[cli][unit]") {
  const Exported from("export_replay");
  REQUIRE(RunRove({"export-replay", from.run, "-o", from.box / "again.h5"}).status == 0);
  CHECK(Slurp(from.file) == Slurp(from.box / "again.h5"));
  std::vector<std::string> frames;
  for (const auto& entry : std::filesystem::directory_iterator(from.run + "/checkpoints"))
    frames.push_back(std::to_string(std::stoll(entry.path().filename().string())));
  std::ranges::sort(frames);
  REQUIRE(frames.size() == 2);
  const Ran older = RunRove({"export-replay", from.run, "-o", from.box / "older.h5", "--frames", frames[0]});
  CHECK_THAT(older.out, Contains("at " + frames[0] + " frames"));
  CHECK(Slurp(from.file) != Slurp(from.box / "older.h5"));
  REQUIRE(RunRove({"export-replay", from.run, "-o", from.box / "older.h5", "--frames", frames[1]}).status == 0);
  CHECK(Slurp(from.file) == Slurp(from.box / "older.h5"));
  const auto files = from.box.Files();
  CheckRefused(RunRove({"export-replay", from.run, "-o", from.box / "x.h5", "--frames", "7"}),
               "run: has no checkpoint of 7 frames; it has " + frames[1] + ", " + frames[0]);
  CheckRefused(RunRove({"export-replay", from.run, "-o", from.box / "none/x.h5"}), "none/x.h5: cannot be written: ", 1);
  CheckRefused(RunRove({"export-replay", from.run}), "--out");
  CheckRefused(RunRove({"export-replay", from.box / ".", "-o", from.box / "x.h5"}), "is no run");
  CHECK(from.box.Files() == files);
}

TEST_CASE("an import that does not fit is refused in one line and writes nothing", "[cli][unit]") {
  const Exported from("replay_import_bad");
  const std::string text = from.box.Write("text.h5", "no replay");
  const auto files = from.box.Files();
  const auto refused = [&](std::vector<std::string> overrides, const std::string& what) {
    std::vector<std::string> args = {"train", from.config, "--run", from.box / "no"};
    args.insert(args.end(), overrides.begin(), overrides.end());
    CheckRefused(RunRove(args), what);
    CHECK(from.box.Files() == files);
  };
  refused({from.import, "env.count=2"}, "data.h5: reward: has 3 environments, this run 2; set env.count=3");
  refused({from.import, "replay.import_hash=00"},
          "data.h5: its content has hash " + HashFile(from.file) + ", replay.import_hash is 00");
  refused({"replay.import_hash=00"}, "replay.import_hash: names the content of a file that replay.import does not give");
  refused({"replay.imprt=x"}, "did you mean \"import\"?");
  refused({"replay.import=" + (from.box / "none.h5")}, "none.h5: cannot be read: No such file");
  refused({"replay.import=" + (from.box / ".")}, "cannot be read: Is a directory");
  refused({"replay.import=" + text}, "text.h5: is no HDF5 file");
  CheckRefused(RunRove({"train", "--resume", from.run, from.import}), "replay.import: the run was started with nothing, got ");
  const std::string learner = from.box.Write("b.yaml", "env: {type: probe/corridor, count: 2}\nagent: {type: probe/recurrent}\n");
  CheckRefused(RunRove({"train", learner, "--run", from.box / "no", from.import}), "replay: unknown key");
  REQUIRE(RunRove({"train", learner, "--run", from.box / "on", "run.frames=100", "evaluation.every=0"}).status == 0);
  CheckRefused(RunRove({"export-replay", from.box / "on", "-o", from.box / "x.h5"}),
               "on: its agent probe/recurrent has no replay");
}

}  // namespace
}  // namespace rove
