// Levels drawn as text, and fixed sets of levels.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <limits>
#include <map>
#include <set>

#include "envs/inspectable.h"
#include "envs/levels.h"
#include "envs/solvable.h"
#include "tests/cli/rove_runner.h"
#include "tests/envs/env_batch.h"
#include "tests/envs/refused.h"

namespace rove {
namespace {

EnvBatch Make(const std::string& config, int n = 1) {
  return EnvBatch(Envs().Create(Config::Parse(config, "run.yaml"), {.num_envs = n}));
}
GridState Shown(EnvBatch& batch, int row = 0) { return dynamic_cast<const GridInspectable&>(batch.env()).Inspect(row); }
std::vector<int> Code(const GridState& s, int x, int y) {
  const auto at = s.grid.begin() + (x * s.height + y) * 3;
  return {at[0], at[1], at[2]};
}

constexpr const char* kMap =
    "map: ['########', '#v.K.DX#', '#GLd_BF#', '########'], legend: {X: purple box with red key, d: locked green door}";

TEST_CASE("a drawn level has what its letters stand for", "[envs][unit]") {
  EnvBatch batch = Make(std::string("{type: minigrid/layout, ") + kMap + "}");
  batch.Reset(1);
  const GridState s = Shown(batch);
  CHECK(s.width == 8);
  CHECK(s.height == 4);
  CHECK(s.agent == std::array<int, 3>{1, 1, 1});
  CHECK(s.mission == "get to the green goal square");
  CHECK(s.max_steps == 4 * 8 * 4);
  using V = std::vector<int>;
  CHECK(Code(s, 0, 0) == V{2, 5, 0});
  CHECK(Code(s, 1, 1) == V{1, 0, 0});
  CHECK(Code(s, 2, 1) == V{1, 0, 0});
  CHECK(Code(s, 3, 1) == V{5, 4, 0});
  CHECK(Code(s, 5, 1) == V{4, 4, 2});
  CHECK(Code(s, 6, 1) == V{7, 3, 0});
  CHECK(Code(s, 1, 2) == V{8, 1, 0});
  CHECK(Code(s, 2, 2) == V{9, 0, 0});
  CHECK(Code(s, 3, 2) == V{4, 1, 2});
  CHECK(Code(s, 4, 2) == V{4, 4, 0});
  CHECK(Code(s, 5, 2) == V{6, 2, 0});
  CHECK(Code(s, 6, 2) == V{3, 2, 0});
  CHECK(s.box == std::vector<std::array<int, 5>>{{6, 1, 5, 0, 0}});
  batch.Step(2);  // forward, down to the goal
  CHECK(batch.reward() == 1 - 0.9 * (1.0 / 128));
  CHECK(batch.end() == kTerminated);
}

TEST_CASE("a file gives the same level, its mission and its letters", "[envs][unit]") {
  const Sandbox sandbox("layout");
  const std::string path = sandbox.Write("level.txt",
                                         "########\n#v.K.DX#\r\n#GLd_BF#\n########\n\n"
                                         "mission: find the way\nX: purple box with red key\nd: locked green door\n");
  EnvBatch from_map = Make(std::string("{type: minigrid/layout, mission: find the way, ") + kMap + "}");
  EnvBatch from_file = Make("{type: minigrid/layout, file: " + path + "}");
  from_map.Reset(1);
  from_file.Reset(1);
  CHECK((from_map.Save() == from_file.Save()));
  CHECK(Shown(from_file).mission == "find the way");
}

TEST_CASE("of several starts one is drawn, without one any free cell; pick_up pays for the thing it names", "[envs][unit]") {
  const auto starts = [](const std::string& map) {
    EnvBatch batch = Make("{type: minigrid/layout, map: [" + map + "]}", 64);
    batch.Reset(1);
    std::set<std::array<int, 3>> seen;
    for (int row = 0; row < 64; ++row) seen.insert(Shown(batch, row).agent);
    return seen;
  };
  CHECK(starts("'>.<G'") == std::set<std::array<int, 3>>{{0, 0, 0}, {2, 0, 2}});
  CHECK(starts("'S#'") == std::set<std::array<int, 3>>{{0, 0, 0}, {0, 0, 1}, {0, 0, 2}, {0, 0, 3}});
  CHECK(starts("'..#K'").size() == 8);

  EnvBatch batch = Make("{type: minigrid/layout, map: ['>.B'], pick_up: blue ball}");
  batch.Reset(1);
  CHECK(Shown(batch).mission == "pick up the blue ball");
  batch.Step(2);
  batch.Step(3);
  CHECK(batch.reward() > 0);
  CHECK(batch.end() == kTerminated);
}

TEST_CASE("at the edge of a map without walls nothing lies beyond", "[envs][unit]") {
  EnvBatch batch = Make("{type: minigrid/layout, map: ['>K', '..'], view_size: 3}");
  batch.Reset(1);
  batch.Step(3);
  for (const int action : {2, 2, 4, 5, 3, 0, 2, 4}) batch.Step(action);  // against the edges, with the key in the hand
  const GridState s = Shown(batch);
  CHECK(s.agent == std::array<int, 3>{1, 0, 3});
  CHECK(s.carrying == std::array<int, 3>{5, 4, 0});
}

TEST_CASE("a wrong drawing is refused in one line that names the place", "[envs][unit]") {
  const Sandbox sandbox("layout_bad");
  const std::string ragged = sandbox.Write("ragged.txt", "###\n##\n"),
                    loose = sandbox.Write("loose.txt", "###\n\nwhat is this\n");
  struct Case {
    std::string config, message;
  };
  for (const Case& c : {
           Case{"map: []", "run.yaml:1: map: the map is empty"},
           {"map: ['##', '#']", "run.yaml:1: map: row 1 of the map is not as long as row 0"},
           {"map: ['#z']", "run.yaml:1: map: row 0 of the map holds 'z', which has no meaning; name it in legend"},
           {"map: ['##'], file: x", "run.yaml:1: map: a file is given too"},
           {"file: /nowhere/level.txt", "run.yaml:1: file: cannot read \"/nowhere/level.txt\""},
           {"file: " + ragged, "run.yaml:1: file: row 1 of the map is not as long as row 0"},
           {"file: " + loose, "line \"what is this\" is no \"KEY: VALUE\""},
           {"legend: {zz: red key}", "run.yaml:1: legend: \"zz\" can stand for nothing"},
           {"legend: {S: red key}", "\"S\" can stand for nothing"},
           {"legend: {z: red}", "\"z\" stands for \"red\"; expected COLOUR KIND"},
           {"legend: {z: open red key}", "expected COLOUR KIND"},
           {"legend: {z: red key with blue ball}", "expected COLOUR KIND"},
           {"legend: {z: red box with blue door}", "expected COLOUR KIND"},
           {"pick_up: red door", "run.yaml:1: pick_up: \"red door\" cannot be picked up"},
       }) {
    INFO(c.config);
    CheckRefused([&] { Make("{type: minigrid/layout, " + c.config + "}"); }, Catch::Contains(c.message));
  }
}

// Levels of the episodes that a batch plays, each named by the seed among `seeds` whose fresh level it is; -1: none of them.
std::vector<std::vector<int>> Played(const std::string& id, const std::string& levels, const std::vector<Seed>& seeds, int n,
                                     int episodes) {
  std::vector<GridState> fresh;
  for (const Seed seed : seeds) {
    EnvBatch one(id, 1);
    one.Reset(seed);
    fresh.push_back(Shown(one));
  }
  EnvBatch batch = Make("{type: " + id + ", max_steps: 2, levels: " + levels + "}", n);
  batch.Reset(77);
  std::vector<std::vector<int>> played(static_cast<std::size_t>(n));
  for (int episode = 0; episode < episodes; ++episode) {
    for (int row = 0; row < n; ++row) {
      const GridState s = Shown(batch, row);
      int which = -1;
      for (std::size_t k = 0; k < fresh.size(); ++k) {
        if (s.grid == fresh[k].grid && s.agent == fresh[k].agent && s.rng == fresh[k].rng) which = static_cast<int>(seeds[k]);
      }
      played[static_cast<std::size_t>(row)].push_back(which);
    }
    for (int t = 0; t < 3; ++t) batch.Step(6);  // two steps, and the first of the next episode
  }
  return played;
}

TEST_CASE("a cycle of levels is played in order, each as a fresh environment draws it, random state included", "[envs][unit]") {
  for (const char* id : {"MiniGrid-MultiRoom-N2-S4-v0", "MiniGrid-KeyCorridorS3R3-v0"}) {
    const auto played = Played(id, "{seeds: [5, 3, 8], order: cycle}", {3, 5, 8}, 2, 7);
    CHECK(played[0] == std::vector<int>{5, 3, 8, 5, 3, 8, 5});
    CHECK(played[1] == played[0]);
  }
}

TEST_CASE("a level of a set is the one of a fresh environment also where an earlier level would leave something behind",
          "[envs][unit]") {
  const std::string id = "BabyAI-SynthS5R2-v0";  // remembers a locked room (docs/minigrid.md)
  EnvBatch cycle = Make("{type: " + id + ", levels: {first: 0, count: 200, order: cycle}}");
  cycle.Reset(1);
  const std::vector<int> rows{0};
  const std::vector<std::optional<Seed>> next{std::nullopt};
  int differ = 0;
  EnvBatch kept = Make("{type: " + id + "}");
  for (Seed seed = 0; seed < 200; ++seed) {
    EnvBatch fresh = Make("{type: " + id + "}");
    fresh.Reset(seed);
    kept.Reset(seed);
    CHECK(Shown(cycle).mission == Shown(fresh).mission);
    differ += Shown(kept).mission != Shown(fresh).mission;
    cycle.env().Reset(rows, next, cycle.columns());
  }
  CHECK(differ > 0);  // without a set the room is remembered, as upstream does
}

TEST_CASE("a goal of any colour is one to be reached", "[envs][unit]") {
  EnvBatch batch = Make("{type: minigrid/layout, map: ['#####', '#>.Y#', '#####'], legend: {Y: red goal}}");
  batch.Reset(1);
  CHECK(dynamic_cast<const GridTask&>(batch.env()).Goal(0).kind == GridGoal::kReach);
}

TEST_CASE("a drawn file is kept by its content: another one under its name is refused", "[envs][unit]") {
  const Sandbox sandbox("layout_hash");
  const std::string path = sandbox.Write("level.txt", "#####\n#>.G#\n#####\n");
  const Config config = Config::Parse("{type: minigrid/layout, file: " + path + "}");
  Envs().Create(config, {.num_envs = 1});
  CHECK_NOTHROW(Envs().Create(Config::Parse(config.Resolved()), {.num_envs = 1}));
  sandbox.Write("level.txt", "#####\n#>G.#\n#####\n");
  CHECK_THROWS_WITH(Envs().Create(Config::Parse(config.Resolved()), {.num_envs = 1}),
                    Catch::Contains("file_hash") && Catch::Contains("put the file back"));
}

TEST_CASE("levels are drawn evenly from their set, in each environment by its own stream", "[envs][unit]") {
  const std::vector<Seed> seeds = {20, 21, 22, 23};
  const auto played = Played("MiniGrid-KeyCorridorS3R3-v0", "{first: 20, count: 4}", seeds, 40, 30);
  std::map<int, int> counts;
  for (const auto& row : played) {
    for (const int seed : row) ++counts[seed];
  }
  CHECK(counts.size() == 4);                                                   // and no other level
  for (const auto& [seed, count] : counts) CHECK(std::abs(count - 300) < 75);  // 5 standard deviations of 15
  CHECK(played[0] != played[1]);
  CHECK(Played("MiniGrid-KeyCorridorS3R3-v0", "{seed: 7}", {7}, 3, 4) ==
        std::vector<std::vector<int>>(3, std::vector<int>(4, 7)));
}

TEST_CASE("two sets of levels share a seed or none", "[envs][unit]") {
  const auto read = [](const std::string& text) { return *LevelSet::Read(Config::Parse("levels: " + text)); };
  const auto shared = [&](const std::string& a, const std::string& b) {
    CHECK(read(a).Shared(read(b)).has_value() == read(b).Shared(read(a)).has_value());
    return read(a).Shared(read(b));
  };
  CHECK(shared("{first: 0, count: 10}", "{first: 10, count: 5}") == std::nullopt);
  CHECK(shared("{first: 0, count: 11}", "{first: 10, count: 5}") == Seed{10});
  CHECK(shared("{first: 4, count: 100}", "{first: 10, count: 5}") == Seed{10});
  CHECK(shared("{seed: 7}", "{first: 0, count: 7}") == std::nullopt);
  CHECK(shared("{seeds: [9, 6]}", "{first: 0, count: 7}") == Seed{6});
  CHECK(shared("{seeds: [9, 6]}", "{seeds: [5, 8]}") == std::nullopt);
  CHECK(read(read("{seeds: [9, 6], order: cycle}").Text()).Text() == "{seeds: [9, 6], order: cycle}");
  CHECK(read("{first: 3, count: 4}").Text() == "{first: 3, count: 4, order: random}");
  const std::string one = read("{seed: 18446744073709551615}").Text();  // larger than `first` may be
  CHECK(read(one).seed(0) == std::numeric_limits<Seed>::max());
  CHECK(read(one).count() == 1);
}

}  // namespace
}  // namespace rove
