#include "engine/checkpoint.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "cli/run_setup.h"
#include "core/error.h"
#include "core/file.h"
#include "engine/engine.h"
#include "engine/run_folder.h"

namespace rove {
namespace {

namespace fs = std::filesystem;

struct Scratch {
  fs::path path = fs::temp_directory_path() / ("rove-checkpoint-" + std::to_string(getpid()));
  Scratch() { fs::remove_all(path), fs::create_directories(path); }
  ~Scratch() { fs::remove_all(path); }
};

// Runs a tiny training with a checkpoint every second rollout into `folder`.
void Train(const fs::path& folder) {
  RunSetup setup = BuildRun(Config::Parse(R"(
env: {type: probe/corridor, count: 4}
agent: {type: probe/counter}
run: {frames: 300, rollout: 8, act_block: 2}
checkpoint: {every: 2}
)"));
  Engine engine(std::move(setup.parts), setup.engine);
  CheckpointWriter writer(folder, {"build", "kernel", "hash"});
  engine.save = [&](Engine& e) { writer.Save(e); };
  engine.Run();
}

std::vector<fs::path> Checkpoints(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder / "checkpoints")) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

void FlipByte(const fs::path& file) {
  std::string bytes = ReadFile(file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::ofstream(file, std::ios::binary) << bytes;
}

TEST_CASE("checkpoint: the two newest are kept, the newest is loaded", "[engine][unit]") {
  const Scratch scratch;
  Train(scratch.path);
  const auto kept = Checkpoints(scratch.path);
  REQUIRE(kept.size() == 2);
  std::vector<std::string> warnings;
  const auto loaded = LoadCheckpoint(scratch.path, &warnings);
  REQUIRE(loaded);
  CHECK(loaded->folder == kept[1].string());
  CHECK(loaded->env_steps >= 300);
  CHECK(loaded->identity.build_id == "build");
  CHECK(warnings.empty());
}

TEST_CASE("checkpoint: a damaged one is named and the one before is used; with none whole, it is an error", "[engine][unit]") {
  for (const char* file : {"agent.bin", "manifest.json"}) {
    const Scratch scratch;
    Train(scratch.path);
    const auto kept = Checkpoints(scratch.path);
    FlipByte(kept[1] / file);
    std::vector<std::string> warnings;
    const auto loaded = LoadCheckpoint(scratch.path, &warnings);
    REQUIRE(loaded);
    CHECK(loaded->folder == kept[0].string());
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0], Catch::Contains("is damaged") &&
                                Catch::Contains("using the one of " + std::to_string(loaded->env_steps) + " frames"));
    fs::remove(kept[0] / "env.bin");
    CHECK_THROWS_WITH(LoadCheckpoint(scratch.path, &warnings),
                      Catch::Contains("damaged") && Catch::Contains("no older one is whole"));
  }
}

TEST_CASE("checkpoint: a file of another format or a foreign component is refused in one line", "[engine][unit]") {
  const Scratch scratch;
  Train(scratch.path);
  std::vector<std::string> warnings;
  Checkpoint checkpoint = *LoadCheckpoint(scratch.path, &warnings);
  std::swap(checkpoint.components["agent"], checkpoint.components["env"]);
  RunSetup setup = BuildRun(
      Config::Parse("env: {type: probe/corridor, count: 4}\nagent: {type: probe/counter}\nrun: {rollout: 8, act_block: 2}\n"));
  Engine engine(std::move(setup.parts), setup.engine);
  CHECK_THROWS_AS(RestoreEngine(checkpoint, engine), Error);
}

TEST_CASE("checkpoint: a run without any is none; one without its manifest is named", "[engine][unit]") {
  const Scratch scratch;
  std::vector<std::string> warnings;
  CHECK_FALSE(LoadCheckpoint(scratch.path, &warnings));
  Train(scratch.path);
  const auto kept = Checkpoints(scratch.path);
  fs::remove(kept[1] / "manifest.json");
  CHECK(LoadCheckpoint(scratch.path, &warnings)->folder == kept[0].string());
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Catch::Contains("manifest.json: cannot be read"));
  fs::remove(kept[0] / "manifest.json");
  CHECK_THROWS_WITH(LoadCheckpoint(scratch.path, &warnings), Catch::Contains("no older one is whole"));
}

TEST_CASE("checkpoint: one of another format is not called damaged", "[engine][unit]") {
  const Scratch scratch;
  Train(scratch.path);
  const fs::path manifest = Checkpoints(scratch.path)[1] / "manifest.json";
  std::ofstream(manifest) << R"({"format": 2, "env_steps": 304})";
  std::vector<std::string> warnings;
  CHECK_THROWS_WITH(LoadCheckpoint(scratch.path, &warnings),
                    Catch::Contains("a checkpoint of format 2, this program reads 3; use the build that wrote it"));
}

TEST_CASE("checkpoint: of two with the same frames the newer is kept, beside the one before", "[engine][unit]") {
  const Scratch scratch;
  RunSetup setup = BuildRun(Config::Parse(R"(
env: {type: probe/corridor, count: 1, max_steps: 3}
agent: {type: probe/counter}
run: {frames: 12, rollout: 1, act_block: 1}
checkpoint: {every: 1}
)"));
  Engine engine(std::move(setup.parts), setup.engine);
  CheckpointWriter writer(scratch.path, {"build", "kernel", "hash"});
  int same = 0;
  std::int64_t before = 0;
  engine.save = [&](Engine& e) {
    writer.Save(e);
    std::vector<std::string> warnings;
    CHECK(LoadCheckpoint(scratch.path, &warnings)->updates == e.updates());
    CHECK(warnings.empty());
    CHECK(FramesSaved(scratch.path) == e.env_steps());
    const auto kept = Checkpoints(scratch.path);
    if (e.updates() > 2) CHECK(kept.size() == 2);
    same += e.env_steps() == before;
    before = e.env_steps();
  };
  engine.Run();
  CHECK(same >= 3);  // after rollouts of a dead row alone
}

TEST_CASE("checkpoint: no flipped bit of a manifest goes unseen", "[engine][unit]") {
  const Scratch scratch;
  Train(scratch.path);
  const auto kept = Checkpoints(scratch.path);
  fs::remove_all(kept[0]);
  const fs::path manifest = kept[1] / "manifest.json";
  const std::string whole = ReadFile(manifest.string());
  std::vector<std::string> warnings;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    std::ofstream(manifest, std::ios::binary) << flipped;
    INFO("bit " << bit << ": " << flipped);
    CHECK_THROWS_AS(LoadCheckpoint(scratch.path, &warnings), Error);
  }
}

TEST_CASE("run folder: a second process is told who holds it, and a new one may not be expected to exist", "[engine][unit]") {
  const Scratch scratch;
  const RunFolder held(scratch.path, true);
  CHECK_THROWS_WITH(RunFolder(scratch.path, true),
                    Catch::Contains("is in use by process " + std::to_string(getpid()) + " on this machine"));
  CHECK_THROWS_WITH(RunFolder((scratch.path / "nothing").string(), true), Catch::Contains("no such run folder"));
}

TEST_CASE("build id: read from the program itself", "[engine][unit]") { CHECK(BuildId().size() >= 16); }

}  // namespace
}  // namespace rove
