// `rove verify minigrid` on recorded traces of the reference (tests/golden, cut by tools/reduce_golden.py), on traces with one
// thing changed, on generators with one draw changed, and on files that are no traces.
#include "cli/verify_minigrid.h"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/error.h"
#include "envs/minigrid/family.h"
#include "tests/cli/rove_runner.h"

namespace rove {
namespace {

using Json = nlohmann::json;

const std::string kRecorded = ROVE_SOURCE_DIR "/tests/golden/minigrid.jsonl.gz";
const std::string kDoorKey = "MiniGrid-DoorKey-8x8-v0";

std::vector<Json> Rows() {
  std::string text;
  const gzFile file = gzopen(kRecorded.c_str(), "rb");
  char chunk[1 << 16];
  for (int got; (got = gzread(file, chunk, sizeof chunk)) > 0;) text.append(chunk, static_cast<std::size_t>(got));
  gzclose(file);
  std::vector<Json> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line));
  return rows;
}

// The first row of an id and kind.
Json RowOf(const std::string& id, const std::string& kind) {
  for (const Json& row : Rows()) {
    if (row.at("kind") == kind && row.at("id") == id) return row;
  }
  FAIL("no " << kind << " row of " << id);
  return {};
}

VerifySummary Verify(const std::vector<Json>& rows) {
  const Sandbox sandbox("verify");
  std::string text;
  for (const Json& row : rows) text += row.dump() + "\n";
  return VerifyMinigrid(sandbox.Write("trace.jsonl", text));
}

int Mismatched(const VerifySummary& s) {
  int sum = 0;
  for (const auto& row : s.rows) sum += row.mismatched;
  return sum;
}

TEST_CASE("every recorded row of the reference matches, random state included", "[cli][golden]") {
  const Ran ran = RunRove({"verify", "minigrid", kRecorded});
  CHECK(ran.status == 0);
  CHECK(ran.out ==
        "row kind   compared  mismatches  skipped\n"
        "reset           642           0        0\n"
        "reuse            87           0        0\n"
        "rollout         283           0        0\n"
        "87 ids compared, 0 ids of the file are not in this program, 0 rows mark a hang of the reference\n"
        "all 1012 rows match\n");
}

TEST_CASE("every recorded row of BabyAI matches, in used environments too", "[cli][golden]") {
  const Ran ran = RunRove({"verify", "minigrid", ROVE_SOURCE_DIR "/tests/golden/babyai.jsonl.gz"});
  CHECK(ran.status == 0);
  CHECK(ran.out ==
        "row kind   compared  mismatches  skipped\n"
        "reset           288           0        0\n"
        "reuse           288           0        0\n"
        "rollout         286           0        0\n"
        "96 ids compared, 0 ids of the file are not in this program, 0 rows mark a hang of the reference\n"
        "all 862 rows match\n");
}

TEST_CASE("every recorded rollout through the reference's wrappers matches, stacked ones too", "[cli][golden]") {
  const Ran ran = RunRove({"verify", "minigrid", ROVE_SOURCE_DIR "/tests/golden/minigrid_wrappers.jsonl.gz"});
  CHECK(ran.err == "");
  CHECK(ran.status == 0);
  CHECK_THAT(ran.out, Catch::Contains("wrapped         100           0        0\n") && Catch::Contains("all 100 rows match"));
}

// The recorded rollouts would prove little if nothing happened in them.
TEST_CASE("the recorded rollouts hold successes, time limits, failures and collisions", "[cli][golden]") {
  int solved = 0, timed_out = 0, failed = 0, collided = 0;
  for (const Json& row : Rows()) {
    if (row.at("kind") != "rollout") continue;
    for (const Json& end : row.at("ends")) {
      solved += end[1] > 0;
      timed_out += end[3] == 1;
      failed += end[1] == 0 && end[2] == 1;
      collided += end[1] < 0;
    }
  }
  CHECK(solved > 100);
  CHECK(timed_out > 10);
  CHECK(failed > 100);
  CHECK(collided > 10);
}

TEST_CASE("one changed value of a trace is found, and named with id, seed, row kind, step and field", "[cli][unit]") {
  struct Case {
    const char* kind;
    std::function<void(Json&)> change;
    std::string report;  // after "MiniGrid-DoorKey-8x8-v0 seed N, "
  };
  const auto left_for_right = [](Json& row) {  // both turn: the view differs at once
    std::string actions = row["actions"];
    REQUIRE(actions[12] == '0');
    actions[12] = '1';
    row["actions"] = actions;
  };
  const auto crc_digit = [](std::size_t kept) {  // of the file's rollouts, the CRC after every 16th step is kept, and the last
    return [kept](Json& row) {
      std::string crc = row["crc"];
      crc[8 * kept + 7] = crc[8 * kept + 7] == '0' ? '1' : '0';
      row["crc"] = crc;
    };
  };
  const Case cases[] = {
      {"reset", [](Json& row) { row["seed"] = 7; }, "seed 7, reset, agent is "},
      {"reset", [](Json& row) { row["agent"][2] = 0; }, "seed 0, reset, agent is [3,4,1], recorded [3,4,0]"},
      {"reset", [](Json& row) { row["mission"] = "dance"; },
       "seed 0, reset, mission is \"use the key to open the door and then get to the goal\", recorded \"dance\""},
      {"reset", [](Json& row) { row["rng"][3] = 1; }, "seed 0, reset, rng is [\"9405893610231781608176235507540826829\","},
      {"reset",
       [](Json& row) {
         row["box"] = {{1, 1, 5, 4, 0}};
       },
       "seed 0, reset, box is [], recorded [[1,1,5,4,0]]"},
      {"reuse", [](Json& row) { row["row_crc"][1] = 5; }, "seed 0, reuse, reset 1: row_crc is 203611329, recorded 5"},
      {"reuse", [](Json& row) { row["last"]["max_steps"] = 641; }, "seed 0, reuse, reset 3: max_steps is 640, recorded 641"},
      {"rollout", left_for_right, "seed 0, rollout, step 15: crc is "},
      {"rollout", crc_digit(0), "seed 0, rollout, step 15: crc is "},
      {"rollout", crc_digit(24), "seed 0, rollout, step 399: crc is "},
      {"rollout",
       [](Json& row) {
         row["crc_every"] = 399;
         row["crc"] = row["crc"].get<std::string>().substr(0, 16);
       },
       "seed 0, rollout, step 398: crc is "},
      {"rollout", [](Json& row) { row["first"] = "00000000"; }, "seed 0, rollout, reset: crc is "},
      {"rollout",
       [](Json& row) {
         row["ends"] = {{5, 0.0, 0, 1}};
       },
       "seed 0, rollout, 0 episodes ended, recorded 1"},
      {"rollout", [](Json& row) { row["total"] = 0.5; }, "seed 0, rollout, total is 0, recorded 0.5"},
      {"rollout", [](Json& row) { row["rng"][2] = 0; }, "seed 0, rollout, after the last step: rng is "},
  };
  for (const Case& c : cases) {
    INFO(c.report);
    Json row = RowOf(kDoorKey, c.kind);
    CHECK(Verify({row}).ok());
    c.change(row);
    const VerifySummary summary = Verify({RowOf(kDoorKey, "reset"), row, RowOf(kDoorKey, "rollout")});
    CHECK_FALSE(summary.ok());
    CHECK(Mismatched(summary) == 1);
    CHECK_THAT(summary.first_mismatch.value_or(""), Catch::StartsWith(kDoorKey + " " + c.report));
  }
}

TEST_CASE("the reward and the kind of an end are compared", "[cli][unit]") {
  const Json row = RowOf("MiniGrid-DoorKey-5x5-v0", "rollout");
  REQUIRE(row.at("ends").size() == 2);
  for (const std::size_t field : {0, 1, 2, 3}) {
    Json changed = row;
    changed["ends"][0][field] = changed["ends"][0][field].get<double>() + 1e-9;
    const std::string found = Verify({changed}).first_mismatch.value_or("");
    CHECK_THAT(found, Catch::StartsWith("MiniGrid-DoorKey-5x5-v0 seed 0, rollout, step ") && Catch::Contains(": end is ["));
  }
  Json shorter = row;
  shorter["ends"].erase(1);
  CHECK_THAT(Verify({shorter}).first_mismatch.value_or(""), Catch::Contains("recorded otherwise"));
}

// ---- Generators with one draw changed, registered as ids of their own. ----

enum class Change { kNone, kExtraDraw, kSwappedDraws, kUnbufferedDraw };

class ChangedDoorKey final : public minigrid::Family {
 public:
  explicit ChangedDoorKey(Change change)
      : Family({{kSize, kSize}, 640, false, {"use the key to open the door and then get to the goal"}}), change_(change) {}

  void Generate(minigrid::Level& level) const override {
    using namespace minigrid;
    level.WallRect(level.whole());
    level.Set(kSize - 2, kSize - 2, kGoalCell);
    const int wall = level.I(2, kSize - 2);
    level.VerticalLine(wall, 0, kSize);
    const Rect left = {0, 0, wall, kSize};
    const auto agent = [&] { level.PlaceAgent(left); };
    const auto door = [&] { level.Set(wall, level.I(1, kSize - 2), MakeCell(kDoorLocked, kYellow)); };
    if (change_ == Change::kSwappedDraws) door();
    agent();
    if (change_ != Change::kSwappedDraws) door();
    level.Place(MakeCell(kKey, kYellow), left);
    if (change_ == Change::kExtraDraw) level.I(0, 2);                 // the level is right, the next one will not be
    if (change_ == Change::kUnbufferedDraw) DropBufferedHalf(level);  // the same, but for the last 32 bits
  }

 private:
  static constexpr int kSize = 8;
  static void DropBufferedHalf(minigrid::Level& level) {
    auto state = level.state().rng.state();
    state.has_half = 0;
    level.state().rng.set_state(state);
  }
  Change change_;
};

minigrid::FamilyRegistrar Register(const std::string& id, Change change) {
  return {id, "test only: DoorKey-8x8 with its draws changed",
          [change](const Config&) { return std::make_unique<ChangedDoorKey>(change); }};
}
const minigrid::FamilyRegistrar kChanged[] = {
    Register("probe/door-key", Change::kNone), Register("probe/door-key-extra", Change::kExtraDraw),
    Register("probe/door-key-swapped", Change::kSwappedDraws), Register("probe/door-key-half", Change::kUnbufferedDraw)};

// All rows of DoorKey-8x8, as if recorded of another id.
VerifySummary VerifyAs(const std::string& id) {
  std::vector<Json> rows;
  for (Json& row : Rows()) {
    if (row.at("kind") == "meta" || row.at("id") != kDoorKey) continue;
    row["id"] = id;
    rows.push_back(row);
  }
  return Verify(rows);
}

TEST_CASE("a generator that makes one draw too many, in another order, or forgets a buffered half is found", "[cli][unit]") {
  const VerifySummary same = VerifyAs("probe/door-key");
  CHECK(same.ok());
  CHECK(same.compared() == 12);
  for (const auto& [id, field] : {std::pair{"probe/door-key-extra", "rng"}, std::pair{"probe/door-key-half", "rng"},
                                  std::pair{"probe/door-key-swapped", "agent"}}) {
    INFO(id);
    const VerifySummary changed = VerifyAs(id);
    CHECK(changed.compared() == 12);
    CHECK(changed.rows[VerifySummary::kReset].mismatched == 8);
    CHECK(changed.rows[VerifySummary::kReuse].mismatched == 1);
    CHECK(changed.rows[VerifySummary::kRollout].mismatched == 3);
    CHECK_THAT(changed.first_mismatch.value_or(""), Catch::StartsWith(std::string(id) + " seed 0, reset, " + field + " is "));
  }
}

// ---- Files. ----

TEST_CASE("rows that cannot be compared are counted, and a file of them proves nothing", "[cli][unit]") {
  Json unknown = RowOf(kDoorKey, "reset");
  unknown["id"] = "MiniGrid-Nowhere-v0";
  Json other = unknown;
  other["id"] = "probe/corridor";  // known, but no grid
  const Json hang = {{"kind", "hang"}, {"id", kDoorKey}, {"seed", 3}};
  const VerifySummary summary = Verify({unknown, other, unknown, hang});
  CHECK(summary.rows[VerifySummary::kReset].skipped == 3);
  CHECK(summary.skipped_ids == 2);
  CHECK(summary.hangs == 1);
  CHECK(summary.compared() == 0);
  CHECK_FALSE(summary.ok());
  CHECK_THAT(Report(summary), Catch::EndsWith("nothing was compared\n"));
}

TEST_CASE("the command fails on a mismatch and when nothing was compared, with one line", "[cli][unit]") {
  const Sandbox sandbox("verify");
  Json row = RowOf(kDoorKey, "reset");
  row["agent"][0] = 5;
  const std::string wrong = sandbox.Write("wrong.jsonl", row.dump() + "\n"), empty = sandbox.Write("empty", "");
  const Ran mismatch = RunRove({"verify", "minigrid", wrong}), nothing = RunRove({"verify", "minigrid", empty});
  CHECK(mismatch.status == 1);
  CHECK_THAT(mismatch.out, Catch::EndsWith("first mismatch: MiniGrid-DoorKey-8x8-v0 seed 0, reset, agent is [3,4,1], recorded "
                                           "[5,4,1]\n1 of 1 rows differ\n"));
  CHECK_THAT(mismatch.err, Catch::Contains(wrong + ": does not match"));
  CHECK(nothing.status == 1);
  CHECK_THAT(nothing.out, Catch::EndsWith("nothing was compared\n"));
  CHECK_THAT(nothing.err, Catch::Contains(empty + ": nothing was compared"));
  for (const Ran* ran : {&mismatch, &nothing}) CHECK(std::ranges::count(ran->err, '\n') == 1);
}

TEST_CASE("a file that is no trace is an error of the user's that names place and fault", "[cli][unit]") {
  const Sandbox sandbox("verify");
  const std::string good = RowOf(kDoorKey, "rollout").dump() + "\n", packed = Slurp(kRecorded);
  Json short_crc = RowOf(kDoorKey, "rollout"), no_rng = RowOf(kDoorKey, "reset"), text_seed = no_rng;
  short_crc["crc"] = "00";
  no_rng.erase("rng");
  text_seed["seed"] = "zero";
  struct Case {
    std::string path, what;
  };
  const Case cases[] = {
      {sandbox / "nowhere", "nowhere: cannot be read: No such file or directory"},
      {sandbox / "", ": damaged or cut short: Is a directory"},
      {sandbox.Write("cut.gz", packed.substr(0, packed.size() / 2)), "cut.gz: damaged or cut short: "},
      {sandbox.Write("flip.gz", packed.substr(0, 5000) + "????" + packed.substr(5004)), "flip.gz: damaged or cut short: "},
      {sandbox.Write("words", "no trace\n"), "words:1: not a recorded trace: "},
      {sandbox.Write("zero", good + std::string(1, '\0') + "\n" + good), "zero:2: not a recorded trace: "},
      {sandbox.Write("line2", good + "{\"kind\":\n" + good), "line2:2: not a recorded trace: "},
      {sandbox.Write("array", "[1, 2]\n"), "array:1: not a recorded trace: "},
      {sandbox.Write("kind", "{\"kind\": \"dream\"}\n"), "kind:1: unknown row kind \"dream\""},
      {sandbox.Write("crc", short_crc.dump()), "crc:1: a rollout with 400 actions lacks crc digits"},
      {sandbox.Write("rng", no_rng.dump()), "rng:1: not a recorded trace: "},
      {sandbox.Write("seed", text_seed.dump()), "seed:1: not a recorded trace: "},
  };
  for (const Case& c : cases) {
    const Ran ran = RunRove({"verify", "minigrid", c.path});
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Catch::Contains(c.what));
    CHECK(std::ranges::count(ran.err, '\n') == 1);
  }
}

}  // namespace
}  // namespace rove
