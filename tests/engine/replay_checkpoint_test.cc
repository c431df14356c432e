// Checkpoints of a run with a replay: a checkpoint costs what is new, chunks go with the last checkpoint that names them, and
// damage is found, named and not carried on.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "engine/checkpoint.h"
#include "tests/engine/engine_runs.h"

namespace rove::testing {
namespace {

namespace fs = std::filesystem;

// 266 bytes a row of 7 environments: 64 KiB chunks of 246 rows. 2142 rows are kept, so 9 or 10 chunks; a checkpoint each 500
// rows.
constexpr const char* kYaml = R"(
env: {type: probe/point, count: 7}
agent: {type: probe/random_replay}
replay: {capacity: 15000}
run: {frames: 40000, seed: 3, rollout: 50, act_block: 3}
checkpoint: {every: 10}
)";
constexpr std::size_t kChunk = 246 * 266;
const CheckpointIdentity kIdentity{"build", "kernel", "hash"};

struct Scratch {
  fs::path path = fs::temp_directory_path() / fmt::format("rove-replay-{}", getpid());
  Scratch() { fs::remove_all(path), fs::create_directories(path); }
  ~Scratch() { fs::remove_all(path); }
};

// Chunk file -> number of hard links, of one checkpoint.
std::map<std::string, int> Chunks(const fs::path& checkpoint) {
  std::map<std::string, int> out;
  for (const auto& entry : fs::directory_iterator(checkpoint / "replay")) {
    CHECK(entry.file_size() == kChunk);
    out[entry.path().filename()] = static_cast<int>(fs::hard_link_count(entry.path()));
  }
  return out;
}

std::vector<fs::path> Checkpoints(const fs::path& run) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints")) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

void FlipByte(const fs::path& file) {
  std::string bytes = ReadFile(file.string());
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::ofstream(file, std::ios::binary) << bytes;
}

// Runs to the end, or until `frames`, with a checkpoint every 10 rollouts; after(bytes written) follows each.
Outcome Train(const fs::path& folder, const std::optional<Checkpoint>& from = {},
              const std::function<void(Engine&, CheckpointWriter&, std::size_t)>& after = {}, std::int64_t frames = 40000) {
  const std::string until[] = {fmt::format("run.frames={}", frames)};
  Run run = Make(kYaml, until);
  if (from) RestoreEngine(*from, *run.engine);
  CheckpointWriter writer(folder.string(), kIdentity, from);
  run.engine->save = [&](Engine& engine) {
    const std::size_t bytes = writer.Save(engine);
    if (after) after(engine, writer, bytes);
  };
  return Finish(run);
}

TEST_CASE("replay checkpoint: each writes only the chunks that are new and keeps those that are named", "[engine][unit]") {
  const Scratch scratch;
  int saved = 0;
  std::map<std::string, int> before;
  Train(scratch.path, {}, [&](Engine& engine, CheckpointWriter&, std::size_t bytes) {
    ++saved;
    const auto kept = Checkpoints(scratch.path);
    REQUIRE(kept.size() == static_cast<std::size_t>(std::min(saved, 2)));
    const auto now = Chunks(kept.back());
    std::size_t fresh = 0;
    for (const auto& [name, links] : now) {
      CHECK(links == (before.contains(name) ? 2 : 1));
      fresh += !before.contains(name);
    }
    CHECK(fresh <= 3);  // 500 rows
    CHECK(bytes >= fresh * kChunk);
    CHECK(bytes < fresh * kChunk + kChunk + 50'000);  // the newest rows, and what else is in a checkpoint
    std::set<std::string> named;
    for (const ReplayChunk& chunk : engine.replay()->chunks()) {
      named.insert(fmt::format("{:012d}-{}.chunk", chunk.number, chunk.version));
    }
    CHECK(named.size() == now.size());
    for (const auto& [name, links] : now) CHECK(named.contains(name));
    before = now;
  });
  CHECK(saved >= 12);
  CHECK(before.size() >= 9);
  CHECK(before.begin()->first > "000000000010");  // the first ones were overwritten, and their files are gone
}

TEST_CASE("replay checkpoint: a chunk that was written to is stored anew, and the older checkpoint keeps the old one",
          "[engine][unit]") {
  const Scratch scratch;
  bool done = false;
  Train(scratch.path, {}, [&](Engine& engine, CheckpointWriter& writer, std::size_t) {
    if (done || engine.replay()->chunks().size() < 5) return;
    done = true;
    const auto before = Chunks(Checkpoints(scratch.path).back());
    const std::int64_t row = 3 * 246 + 5;
    const std::vector<std::int64_t> handles = {row * 7, row * 7 + 1};
    std::vector<float> values = {-1, -2};
    engine.replay()->Write(handles, "reward", {values.data(), DType::kF32, {2}});
    const std::size_t bytes = writer.Save(engine);  // of the same frames: in the other's place
    const auto now = Chunks(Checkpoints(scratch.path).back());
    CHECK(now.size() == before.size());
    CHECK(now.contains("000000000003-2.chunk"));
    CHECK_FALSE(now.contains("000000000003-0.chunk"));
    CHECK(bytes < 2 * kChunk + 50'000);
    std::vector<std::string> warnings;
    const auto loaded = LoadCheckpoint(scratch.path.string(), &warnings);
    Run restored = Make(kYaml, {});
    RestoreEngine(*loaded, *restored.engine);
    CHECK(State(*restored.engine) == State(engine));
    CHECK(warnings.empty());
  });
  CHECK(done);
}

TEST_CASE(
    "replay checkpoint: a damaged chunk is named, the older checkpoint goes on to the same end, and no damage is carried on",
    "[engine][unit]") {
  const Scratch whole, scratch;
  const Outcome undisturbed = Train(whole.path / "whole");
  fs::create_directories(scratch.path);
  Train(scratch.path, {}, {}, 20000);
  const auto kept = Checkpoints(scratch.path);
  std::string fresh;
  for (const auto& [name, links] : Chunks(kept[1])) fresh = links == 1 ? name : fresh;
  REQUIRE_FALSE(fresh.empty());
  for (const bool cut : {false, true}) {
    if (cut) {
      fs::resize_file(kept[1] / "replay" / fresh, 100);
    } else {
      FlipByte(kept[1] / "replay" / fresh);
    }
    std::vector<std::string> warnings;
    const auto loaded = LoadCheckpoint(scratch.path.string(), &warnings);
    REQUIRE(loaded);
    CHECK(loaded->folder == kept[0].string());
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0],
               Catch::Contains((cut ? "size of replay/" : "crc of replay/") + fresh) && Catch::Contains("using the one of"));
    if (cut) CHECK(Train(scratch.path, loaded).state == undisturbed.state);
  }
  std::vector<std::string> warnings;
  CHECK(LoadCheckpoint(scratch.path.string(), &warnings)->env_steps >= 40000);
  CHECK(warnings.empty());
  // One that both have in common: nothing is whole any more, and the error says so.
  const auto last = Checkpoints(scratch.path);
  REQUIRE(last.size() == 2);
  std::string shared;
  for (const auto& [name, links] : Chunks(last[1])) shared = links == 2 ? name : shared;
  fs::remove(last[0] / "replay" / shared);
  FlipByte(last[1] / "replay" / shared);
  CHECK_THROWS_WITH(LoadCheckpoint(scratch.path.string(), &warnings),
                    Catch::Contains("crc of replay/" + shared) && Catch::Contains("no older one is whole"));
}

TEST_CASE("replay checkpoint: damaged checkpoints that a resume passed over do not crowd out whole ones", "[engine][unit]") {
  const Scratch scratch;
  Train(scratch.path, {}, {}, 10000);
  std::vector<std::string> warnings;
  const auto good = LoadCheckpoint(scratch.path.string(), &warnings);
  for (const char* newer : {"00000000000000090000", "00000000000000091000"}) {
    fs::create_directories(scratch.path / "checkpoints" / newer);
  }
  Train(scratch.path, good, {}, 14000);
  for (const fs::path& folder : Checkpoints(scratch.path)) CHECK(folder.filename().string() < "0000000000000009");
  CHECK(LoadCheckpoint(scratch.path.string(), &warnings)->env_steps >= 14000);
  CHECK(warnings.empty());
}

TEST_CASE("replay checkpoint: where links are impossible every chunk is written", "[engine][unit]") {
  const Scratch scratch;
  bool removed = false;
  Train(
      scratch.path, {},
      [&](Engine&, CheckpointWriter&, std::size_t) {
        const auto kept = Checkpoints(scratch.path);
        if (kept.size() == 2) {
          for (const auto& [name, links] : Chunks(kept[1])) CHECK(links == 1);
          removed = true;
        }
        fs::remove_all(kept.back() / "replay");  // so that the next one has nothing to link
        fs::create_directories(kept.back() / "replay");
      },
      14000);
  CHECK(removed);
}

TEST_CASE("replay checkpoint: one of another capacity is refused in one line", "[engine][unit]") {
  const Scratch scratch;
  Train(scratch.path, {}, {}, 10000);
  std::vector<std::string> warnings;
  const auto checkpoint = LoadCheckpoint(scratch.path.string(), &warnings);
  const std::string other[] = {"replay.capacity=1000"};
  Run run = Make(kYaml, other);
  CHECK_THROWS_WITH(RestoreEngine(*checkpoint, *run.engine), Catch::Contains("stored with other columns or chunks"));
}

}  // namespace
}  // namespace rove::testing
