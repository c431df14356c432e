// Views of any size against tests/envs/naive_minigrid.h, and the columns that a config chooses.
#include <catch2/catch.hpp>

#include "envs/minigrid/minigrid_env.h"
#include "envs/minigrid/view.h"
#include "tests/envs/env_batch.h"
#include "tests/envs/jumble.h"
#include "tests/envs/naive_minigrid.h"
#include "tests/envs/refused.h"

namespace rove::minigrid {
namespace {

struct Windows {
  int compared = 0, wrong = 0, occluded = 0;
};

// Random grids of every kind of object, the agent anywhere on them, half of the time with something in its hand.
Windows CompareViews(int view, int grids, int windows_each) {
  Windows out;
  const int side = view + 4;
  const Layout layout{side, side, view};
  std::vector<Cell> cells(static_cast<std::size_t>(layout.bytes() + layout.tail()), kWallCell);
  State state;
  state.rng.Reseed(static_cast<Seed>(view));
  const Jumble jumble(side);
  const auto bytes = static_cast<std::size_t>(view * view * 3);
  std::vector<std::uint8_t> image(bytes + 2);
  for (int grid = 0; grid < grids; ++grid) {
    Level level(layout, state, cells.data());
    jumble.Generate(level);
    NaiveMiniGrid occluding(Shown(level), false, false, view), open(Shown(level), true, false, view);
    for (int k = 0; k < windows_each; ++k) {
      const Kind kinds[] = {kKey, kBall, kBox};
      state.carrying = level.I(0, 2) == 0 ? Cell{0} : MakeCell(kinds[level.I(0, 3)], level.RandomColor());
      level.SetAgent(level.I(0, side), level.I(0, side), level.I(0, 4));
      const bool see_through = level.I(0, 8) == 0;
      NaiveObject hand;
      if (state.carrying != 0) hand = {KindOf(state.carrying), ColorOf(state.carrying), 0, {}};
      for (NaiveMiniGrid* naive : {&occluding, &open}) naive->SetAgent({state.x, state.y, state.direction}, hand);
      const auto want = (see_through ? open : occluding).Image();
      std::ranges::fill(image, std::uint8_t{0xEE});  // a byte on either side shows writes outside the image
      WriteView(state, layout, cells.data() + layout.offset(state.x, state.y), see_through, image.data() + 1);
      out.wrong += !std::equal(want.begin(), want.end(), image.begin() + 1) || image.front() != 0xEE || image.back() != 0xEE;
      bool hidden = false;
      for (std::size_t at = 0; at < want.size(); at += 3) hidden = hidden || want[at] == 0;
      out.occluded += hidden;
      ++out.compared;
    }
  }
  return out;
}

TEST_CASE("views of 3 x 3 to 15 x 15 equal the naive ones on a million random windows", "[envs][property]") {
  int compared = 0;
  for (int view = 3; view <= 15; view += 2) {
    INFO(view);
    const Windows windows = CompareViews(view, 1500, 96);
    CHECK(windows.wrong == 0);
    CHECK(windows.occluded > windows.compared / 10);  // or nothing was put to the test
    compared += windows.compared;
  }
  CHECK(compared > 1'000'000);
  CHECK(CompareViews(kMaxView, 50, 20).wrong == 0);
}

TEST_CASE("an environment of any view size plays as the naive form", "[envs][property]") {
  for (const int view : {3, 5, 9, 31}) {
    INFO(view);
    EnvBatch batch(Envs().Create(Config::Parse("{type: MiniGrid-KeyCorridorS3R3-v0, view_size: " + std::to_string(view) + "}"),
                                 {.num_envs = 3}));
    const auto& grids = dynamic_cast<const GridInspectable&>(batch.env());
    const auto image = batch.obs<std::uint8_t>("image");
    const std::size_t bytes = image.size() / 3;
    REQUIRE(bytes == static_cast<std::size_t>(view * view * 3));
    batch.Reset(1);
    int wrong = 0;
    for (int t = 0; t < 400; ++t) {
      for (int row = 0; row < 3; ++row) {
        const auto want = NaiveMiniGrid(grids.Inspect(row), false, false, view).Image();
        wrong += !std::ranges::equal(want, image.subspan(static_cast<std::size_t>(row) * bytes, bytes));
      }
      batch.DrawActions(Noise(1, "actions").At(0, static_cast<std::uint64_t>(t)));
      batch.Step();
    }
    CHECK(wrong == 0);
  }
}

std::unique_ptr<VectorEnv> Make(const std::string& config, int n = 3) {
  return Envs().Create(Config::Parse(config, "run.yaml"), {.num_envs = n});
}
const std::string kAll =
    "outputs: [state_key, full, one_hot, symbolic, flat, mission_words, image, direction, mission, carrying, position]";

TEST_CASE("a column is the same whatever others there are, and in any order", "[envs][unit]") {
  for (const std::string id : {"MiniGrid-DoorKey-8x8-v0", "MiniGrid-Fetch-5x5-N2-v0", "MiniGrid-LockedRoom-v0"}) {
    EnvBatch standard(id, 3), all(Make("{type: " + id + ", " + kAll + "}"));
    CHECK(all.spec().obs[0].name == "state_key");
    CHECK(all.spec().obs.size() == 11);
    standard.Reset(5);
    all.Reset(5);
    bool same = true;
    for (int t = 0; t < 700; ++t) {
      for (const char* name : {"direction", "mission", "position"})
        same = same && std::ranges::equal(standard.obs<std::int32_t>(name), all.obs<std::int32_t>(name));
      for (const char* name : {"image", "carrying"})
        same = same && std::ranges::equal(standard.obs<std::uint8_t>(name), all.obs<std::uint8_t>(name));
      same = same && std::ranges::equal(standard.obs<std::int64_t>("state_key"), all.obs<std::int64_t>("state_key"));
      for (EnvBatch* batch : {&standard, &all}) {
        batch->DrawActions(Noise(3, "actions").At(0, static_cast<std::uint64_t>(t)));
        batch->Step();
      }
      same = same && standard.reward(1) == all.reward(1) && standard.end(2) == all.end(2);
    }
    CHECK(same);
    CHECK((standard.Save() == all.Save()));  // what is shown is no state
  }
}

TEST_CASE("wrong outputs and view sizes are refused in one line that names them", "[envs][unit]") {
  struct Case {
    const char *config, *message;
  };
  for (const Case& c : {
           Case{"{type: MiniGrid-DoorKey-5x5-v0, view_size: 8}", "run.yaml:1: view_size: expected an odd number, got 8"},
           {"{type: MiniGrid-DoorKey-5x5-v0, view_size: 1}", "run.yaml:1: view_size: expected in [3, 31], got 1"},
           {"{type: MiniGrid-DoorKey-5x5-v0, outputs: []}", "run.yaml:1: outputs: is empty; name at least one"},
           {"{type: MiniGrid-DoorKey-5x5-v0, outputs: [image, image]}", "run.yaml:1: outputs: \"image\" is named twice"},
           {"{type: MiniGrid-DoorKey-5x5-v0, outputs: [imago]}",
            "run.yaml:1: outputs: MiniGrid has no output \"imago\"; did you mean \"image\"? (it has carrying, direction, "},
           {"{type: MiniGrid-DoorKey-5x5-v0, wrappers: [{type: nodeath}]}", "did you mean \"no_death\"?"},
           {"{type: MiniGrid-DoorKey-5x5-v0, wrappers: [{type: no_death}]}", "types"},
           {"{type: MiniGrid-DoorKey-5x5-v0, wrappers: [{type: no_death, types: [goal]}]}",
            "run.yaml:1: wrappers[0].types: \"goal\" is none of wall, floor, door, key, ball, box, lava"},
           {"{type: MiniGrid-DoorKey-5x5-v0, wrappers: [{type: action_bonus, scale: 2}]}",
            "run.yaml:1: wrappers[0].scale: unknown key"},
           {"{type: MiniGrid-DoorKey-5x5-v0, levels: {}}", "run.yaml:1: levels: expected seed: S, seeds: [S, ...], or first: S"},
           {"{type: MiniGrid-DoorKey-5x5-v0, levels: {seed: 1, seeds: [2]}}", "run.yaml:1: levels: expected seed: S"},
           {"{type: MiniGrid-DoorKey-5x5-v0, levels: {seeds: []}}", "run.yaml:1: levels.seeds: is empty; name at least one seed"},
           {"{type: MiniGrid-DoorKey-5x5-v0, levels: {first: 3}}", "count"},
           {"{type: MiniGrid-DoorKey-5x5-v0, levels: {first: 3, count: 0}}", "levels.count: expected in [1, "},
       }) {
    INFO(c.config);
    CheckRefused([&] { Make(c.config); }, Catch::Contains(c.message));
  }
}

TEST_CASE("flat and mission_words refuse a mission that upstream's wrappers raise on", "[envs][unit]") {
  class Told final : public Family {
   public:
    explicit Told(const std::string& mission) : Family({{5, 5}, 10, false, {mission}}) {}
    void Generate(Level& level) const override { level.SetAgent(1, 1, 0); }
  };
  const auto refused = [](const std::string& output, const std::string& mission, const std::string& message) {
    const Config config = Config::Parse("outputs: [" + output + "]", "run.yaml");
    CHECK_THROWS_WITH(ReadOutputs(config, Told(mission).info()), Catch::Contains(message));
  };
  refused("flat", "go to room 7", "holds '7'");
  refused("flat", std::string(97, 'a'), "room for 96 characters");
  refused("mission_words", "go home", "no word \"home\"");
  std::string many;
  for (int k = 0; k < 50; ++k) many += "go ";
  refused("mission_words", many, "room for 49 words");
  EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Told>("Go, go"), 1,
                                            Setup{ReadOutputs(Config::Parse("outputs: [flat]"), Told("Go, go").info()), {}, {}}));
  batch.Reset(1);
  const auto flat = batch.obs<std::uint8_t>("flat");
  REQUIRE(flat.size() == 2835);
  std::vector<int> codes;  // of the characters
  for (std::size_t k = 147; k < flat.size(); ++k) {
    if (flat[k]) codes.push_back(static_cast<int>(k - 147) % 28);
  }
  CHECK(codes == std::vector<int>{6, 14, 27, 26, 6, 14});
}

}  // namespace
}  // namespace rove::minigrid
