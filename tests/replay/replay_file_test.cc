// Replays as files: what is written comes back as the same samples, and a full disk leaves nothing.
#include <rapidcheck.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "tests/core/test_folder.h"
#include "tests/probes/digest.h"
#include "tests/replay/episodes.h"
#include "tests/replay/file_columns.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

// Of several samples of different lengths, everything but the handles.
std::vector<std::uint64_t> Samples(Replay& replay, bool recurrent) {
  std::vector<std::uint64_t> out;
  for (const int length : {recurrent ? 2 : 1, 3, 6}) {
    BatchView batch;
    for (int k = 0; k < 3; ++k) out.push_back(replay.Sample(9, length, Noise(1, "replay"), &batch) ? Digest(batch, 0) : 0);
  }
  return out;
}

TEST_CASE("replay file: what is read gives the samples of what was written, byte for byte; of too much the newest is kept",
          "[replay][property]") {
  const TestFolder folder;
  CHECK(rc::check([&] {
    const int n = *rc::gen::inRange(1, 5), period = *rc::gen::element(0, 0, 1, 2, 3), unit = std::max(1, period);
    const ReplayDeps columns = Columns(n, period);
    const std::int64_t kept = *rc::gen::inRange(4 * unit, 60);
    const int smaller = *rc::gen::inRange<int>(unit, static_cast<int>(kept) + 1);
    const auto chunk_bytes = *rc::gen::element(1, 700, 100'000);
    auto replay = MakeReplay(columns, kept, chunk_bytes), less = MakeReplay(columns, smaller);
    const std::uint64_t seed = *rc::gen::inRange(0, 1000);
    Episodes episodes(columns, seed, 5);
    const int slots = *rc::gen::inRange(1, 30), longest = std::min<int>(4, smaller / unit);
    for (int k = 0; k < slots; ++k) {
      RolloutSlot slot = episodes.Next(*rc::gen::inRange(1, longest + 1) * unit);
      replay->Insert(slot.view());
      less->Insert(slot.view());
    }
    Write(folder / "a.h5", columns, *replay);
    auto read = MakeReplay(columns, kept), newest = MakeReplay(columns, smaller, chunk_bytes);
    RC_ASSERT(ReadReplayFile(folder / "a.h5", columns, read.get()) == replay->rows());
    RC_ASSERT(ReadReplayFile(folder / "a.h5", columns, newest.get()) == less->rows());
    RC_ASSERT(read->rows() == replay->rows());
    Write(folder / "b.h5", columns, *read);
    RC_ASSERT(ReadFile(folder / "a.h5") == ReadFile(folder / "b.h5"));
    RC_ASSERT(Samples(*read, period > 0) == Samples(*replay, period > 0));
    RC_ASSERT(Samples(*newest, period > 0) == Samples(*less, period > 0));
  }));
}

TEST_CASE("replay file: more rows than one block of reading come back too", "[replay][unit]") {
  const TestFolder folder;
  const ReplayDeps columns = Columns(64, 0);
  auto replay = MakeReplay(columns, 5000), read = MakeReplay(columns, 5000);  // 31 bytes of frame: blocks of 2114 rows
  Episodes episodes(columns, 3, 20);
  for (int k = 0; k < 11; ++k) {
    RolloutSlot slot = episodes.Next(500);
    replay->Insert(slot.view());
  }
  Write(folder / "a.h5", columns, *replay);
  CHECK(ReadReplayFile(folder / "a.h5", columns, read.get()) == 5000);
  CHECK(Samples(*read, false) == Samples(*replay, false));
  CHECK(read->size() == replay->size());
}

TEST_CASE("replay: a cut ends each episode at the newest frame as truncated, in a dead row that a new history follows",
          "[replay][unit]") {
  // Environment 0 is within an episode, 1 has just ended one, 2 has just begun one after a dead row.
  const ReplayDeps columns = Columns(3, 0);
  RolloutSlot slot({.T = 1, .n = 3}, columns.obs, columns.action, columns.extra, columns.state);
  const RolloutView v = slot.view();
  constexpr auto kFirst = StepType::kFirst, kMid = StepType::kMid, kLast = StepType::kLast;
  std::ranges::copy(std::vector{kFirst, kMid, kLast, kMid, kLast, kFirst}, v.step_type.begin());
  std::ranges::copy(std::vector<std::uint8_t>{0, kTerminated, 0}, v.end.begin());
  std::ranges::copy(std::vector<float>{1, 0, 1}, v.discount.begin());
  for (std::size_t at = 0; at < 6; ++at) v.obs[0].As<double>()[3 * at] = static_cast<double>(at);
  auto replay = MakeReplay(columns, 1000);  // all rows below in one chunk
  replay->Cut();
  CHECK(replay->rows() == 0);
  replay->Insert(v);
  CHECK(replay->size() == 2);
  replay->Cut();
  CHECK(replay->rows() == 2);
  CHECK(replay->size() == 2);
  std::ranges::fill(v.step_type, kMid);
  std::ranges::fill(v.step_type.first(3), kFirst);
  std::ranges::fill(v.end, std::uint8_t{0});
  for (std::size_t at = 0; at < 6; ++at) v.obs[0].As<double>()[3 * at] = static_cast<double>(100 + at);
  replay->Insert(v);
  RolloutSlot all = replay->Unpack(replay->newest());
  const RolloutView got = all.view();
  REQUIRE(got.T == 3);
  CHECK(std::vector(got.step_type.begin(), got.step_type.begin() + 9) ==
        std::vector{kFirst, kMid, kLast, kLast, kLast, kLast, kFirst, kFirst, kFirst});
  CHECK(std::vector(got.end.begin(), got.end.end()) == std::vector<std::uint8_t>{kTruncated, kTerminated, 0, 0, 0, 0, 0, 0, 0});
  CHECK(std::vector(got.discount.begin(), got.discount.begin() + 6) == std::vector<float>{1, 0, 1, 1, 1, 1});
  std::vector<double> x;
  for (std::size_t at = 0; at < 9; ++at) x.push_back(got.obs[0].As<double>()[3 * at]);
  CHECK(x == std::vector<double>{0, 1, 2, 3, 4, 5, 100, 101, 102});
}

TEST_CASE("replay file: a disk that is full leaves the old file and nothing else", "[replay][unit]") {
  const TestFolder folder;
  const ReplayDeps columns = Columns(8, 0);
  auto replay = MakeReplay(columns, 4000);
  Episodes episodes(columns, 3, 20);
  RolloutSlot slot = episodes.Next(4000);
  replay->Insert(slot.view());
  std::ofstream(folder / "a.h5") << "old";
  const auto fails = [&](const std::string& why) {
    try {
      Write(folder / "a.h5", columns, *replay);
      FAIL("written");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kSystem);
      CHECK_THAT(error.what(), StartsWith((folder / "a.h5: cannot be written: ") + why));
    }
    CHECK(ReadFile(folder / "a.h5") == "old");
    CHECK_FALSE(std::filesystem::exists(folder / "a.h5.tmp"));
  };
  SECTION("as a fault is planted") {
    SetFailPoints("replay.write:5=enospc");
    fails("No space left on device");
    SetFailPoints("");
  }
  SECTION("as the system says") {  // at several lengths, so that data, metadata and closing fail
    rlimit old{};
    getrlimit(RLIMIT_FSIZE, &old);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    for (const rlim_t most : {100, 3000, 20'000, 150'000}) {
      const rlimit limit{most, old.rlim_max};
      setrlimit(RLIMIT_FSIZE, &limit);
      fails("File too large");
      setrlimit(RLIMIT_FSIZE, &old);
    }
    std::signal(SIGXFSZ, handler);
  }
  Write(folder / "a.h5", columns, *replay);
  auto read = MakeReplay(columns, 4000);
  CHECK(ReadReplayFile(folder / "a.h5", columns, read.get()) == 4000);
  CHECK_THROWS_WITH(Write(folder / "none/a.h5", columns, *replay), Contains("none/a.h5: cannot be written: No such file"));
}

}  // namespace
}  // namespace rove
