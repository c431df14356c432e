// The fast MiniGrid engine against tests/envs/naive_minigrid.h: the view on random windows, and whole episodes of every id and of
// levels with everything in them.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "envs/minigrid/minigrid_env.h"
#include "tests/envs/env_batch.h"
#include "tests/envs/jumble.h"
#include "tests/envs/naive_minigrid.h"

namespace rove::minigrid {
namespace {

constexpr int kSide = 9;

TEST_CASE("the view equals the naive one on 200000 random windows, by every path that this processor has", "[envs][property]") {
  const Layout layout{kSide, kSide};
  const ViewReader reader(layout);
  std::vector<std::uint8_t> cells(static_cast<std::size_t>(layout.bytes() + layout.tail()), kWallCell);
  State drawn;
  drawn.rng.Reseed(1);
  const Jumble jumble(kSide);
  std::map<std::string, int> wrong;
  int occluded = 0;
  for (int grid = 0; grid < 10000; ++grid) {
    Level level(layout, drawn, cells.data());
    jumble.Generate(level);
    const bool see_through = level.I(0, 8) == 0;
    const auto count = static_cast<std::size_t>(level.I(1, 40));  // views written by one call: 20 on average
    std::vector<State> states;
    std::vector<std::vector<std::uint8_t>> want;
    for (std::size_t k = 0; k < count; ++k) {
      drawn.carrying = level.I(0, 2) == 0 ? Cell{0} : MakeCell(kKey, level.RandomColor());
      level.SetAgent(level.I(0, kSide), level.I(0, kSide), level.I(0, 4));
      states.push_back(drawn);
      const auto image = NaiveMiniGrid(Shown(level), see_through).Image();
      want.emplace_back(image.begin(), image.end());
      occluded += !see_through && image != NaiveMiniGrid(Shown(level), true).Image();
    }
    for (const ImagePath& path : ImagePaths()) {
      // A byte on either side of each image shows writes outside it.
      std::vector<std::vector<std::uint8_t>> images(count, std::vector<std::uint8_t>(kImageBytes + 2, 0xEE));
      std::vector<View> views;
      for (std::size_t k = 0; k < count; ++k)
        views.push_back({&states[k], cells.data() + layout.offset(states[k].x, states[k].y), images[k].data() + 1});
      path.write(views, reader, see_through);
      for (std::size_t k = 0; k < count; ++k) {
        wrong[path.name] += !std::equal(want[k].begin(), want[k].end(), images[k].begin() + 1);
        wrong[path.name] += images[k].front() != 0xEE || images[k].back() != 0xEE;
      }
    }
  }
  CHECK(wrong.size() == ImagePaths().size());
  for (const auto& [path, count] : wrong) {
    INFO(path);
    CHECK(count == 0);
  }
  CHECK(occluded > 100000);  // or the walls hid nothing
}

// Plays `steps` random steps, of which half go forward, beside the naive form of each row.
struct Played {
  int differences = 0, terminated = 0, truncated = 0, rewarded = 0;
};
Played PlayBesideNaive(EnvBatch& batch, bool see_through, int steps, bool noisy_tv = false) {
  const auto& grids = dynamic_cast<const GridInspectable&>(batch.env());
  const auto n = static_cast<std::size_t>(batch.n());
  std::vector<NaiveMiniGrid> naive;
  batch.Reset(1);
  for (int row = 0; row < batch.n(); ++row) naive.emplace_back(grids.Inspect(row), see_through, noisy_tv);
  Played out;
  for (int t = 0; t < steps; ++t) {
    NoiseStream noise = Noise(2, "actions").At(0, static_cast<std::uint64_t>(t));
    const std::vector<StepType> before(batch.columns().step_type.begin(), batch.columns().step_type.end());
    for (std::int32_t& action : batch.action().As<std::int32_t>())
      action = noise.Below(2) == 0 ? kForward : static_cast<std::int32_t>(noise.Below(kNumActions));
    batch.Step();
    for (std::size_t row = 0; row < n; ++row) {
      const int r = static_cast<int>(row);
      const GridState shown = grids.Inspect(r);
      NaiveMiniGrid::Result want;
      if (before[row] == StepType::kLast)
        naive[row] = NaiveMiniGrid(shown, see_through, noisy_tv);
      else
        want = naive[row].Step(batch.action().As<std::int32_t>()[row]);
      const int end = (want.terminated ? kTerminated : 0) | (want.truncated ? kTruncated : 0);
      const auto image = batch.obs<std::uint8_t>("image").subspan(row * kImageBytes, kImageBytes);
      const auto carrying = batch.obs<std::uint8_t>("carrying").subspan(row * 2, 2);
      const auto position = batch.obs<std::int32_t>("position").subspan(row * 2, 2);
      const auto& hand = naive[row].hand();
      out.differences += batch.reward(r) != want.reward || batch.end(r) != end;
      out.differences += !std::ranges::equal(image, naive[row].Image()) || shown.grid != naive[row].Grid();
      out.differences += shown.box != naive[row].Boxes() || !(shown.rng == naive[row].rng());
      out.differences += shown.agent != naive[row].agent() || position[0] != shown.agent[0] || position[1] != shown.agent[1];
      out.differences += batch.obs<std::int32_t>("direction")[row] != shown.agent[2];
      out.differences += carrying[0] != (hand.empty() ? 0 : hand[0].type) || carrying[1] != (hand.empty() ? 0 : hand[0].color);
      out.terminated += want.terminated;
      out.truncated += want.truncated;
      out.rewarded += want.reward > 0;
    }
  }
  return out;
}

bool IsMiniGrid(const std::string& id) { return id.starts_with("MiniGrid-") || id.starts_with("minigrid/"); }
bool SeesThroughWalls(const std::string& id) {
  return std::ranges::any_of(
      std::array{"Empty", "empty", "DistShift", "dist_shift", "Fetch", "fetch", "GoTo", "go_to", "PutNear", "put_near"},
      [&](const char* part) { return id.find(part) != id.npos; });
}

TEST_CASE("every id plays as the naive form", "[envs][property]") {
  for (const std::string& id : Envs().Names()) {
    if (!IsMiniGrid(id) || id.find("ynamic") != id.npos) continue;  // moving obstacles: minigrid_obstacles_test.cc
    INFO(id);
    EnvBatch batch(id, 3);
    CHECK(PlayBesideNaive(batch, SeesThroughWalls(id), 1500, id.find("NoisyTV") != id.npos).differences == 0);
  }
}

TEST_CASE("levels with everything in them play as the naive form", "[envs][property]") {
  EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Jumble>(kSide), 40));
  const Played played = PlayBesideNaive(batch, false, 5000);
  CHECK(played.differences == 0);
  CHECK(played.terminated > played.rewarded);  // the goal and the lava were met
  CHECK(played.rewarded > 100);
  CHECK(played.truncated > 100);
}

TEST_CASE("levels with everything in them go on after a restore, boxes and hands full", "[envs][property]") {
  const auto make = [] { return EnvBatch(std::make_unique<MiniGrid>(std::make_unique<Jumble>(kSide), 40)); };
  EnvBatch original = make(), copy = make();
  const auto step = [](EnvBatch& batch, int t) {
    batch.DrawActions(Noise(4, "actions").At(0, static_cast<std::uint64_t>(t)));
    batch.Step();
  };
  original.Reset(1);
  for (int t = 0; t < 30; ++t) step(original, t);
  copy.Load(original.Save());
  bool same = true;
  for (int t = 30; t < 1000; ++t) {
    step(original, t);
    step(copy, t);
    same = same && original.Rows() == copy.Rows();
  }
  CHECK(same);
  CHECK((original.Save() == copy.Save()));
}

TEST_CASE("a snapshot carries what the grid does not show: keys in boxes, the order of moving balls, places",
          "[envs][property]") {
  for (const char* id : {"MiniGrid-ObstructedMaze-Full-v1", "MiniGrid-Dynamic-Obstacles-16x16-v0", "MiniGrid-LavaCrossingS9N2-v0",
                         "MiniGrid-MultiRoomNoisyTV-N7-S4-v0", "MiniGrid-GoToObject-8x8-N2-v0", "MiniGrid-MemoryS9-v0"}) {
    INFO(id);
    EnvBatch original(id, 8), copy(id, 8);
    const auto shown = [](EnvBatch& batch, int row) { return dynamic_cast<const GridInspectable&>(batch.env()).Inspect(row); };
    original.Reset(1);
    for (int t = 0; t < 20; ++t) {
      original.DrawActions(Noise(6, "actions").At(0, static_cast<std::uint64_t>(t)));
      original.Step();
    }
    if (std::string(id).find("Maze") != std::string::npos) CHECK(shown(original, 0).box.size() == 8);
    copy.Load(original.Save());
    int differences = 0;
    for (int t = 20; t < 500; ++t) {
      for (int row = 0; row < 8; ++row) {
        const GridState a = shown(original, row), b = shown(copy, row);
        differences += a.box != b.box || a.grid != b.grid || !(a.rng == b.rng) || a.carrying != b.carrying;
      }
      for (EnvBatch* batch : {&original, &copy}) {
        batch->DrawActions(Noise(6, "actions").At(0, static_cast<std::uint64_t>(t)));
        batch->Step();
      }
      differences += original.Rows() != copy.Rows();
    }
    CHECK(differences == 0);
  }
}

TEST_CASE("state_key is a function of grid, position and direction alone, and tells them apart", "[envs][property]") {
  EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Jumble>(5), 20));
  const auto& grids = dynamic_cast<const GridInspectable&>(batch.env());
  std::map<std::string, std::int64_t> key_of;  // of the grid's bytes and the agent's
  std::map<std::int64_t, std::set<int>> carried;
  int differences = 0;
  batch.Reset(1);
  for (int t = 0; t < 5000; ++t) {
    for (int row = 0; row < batch.n(); ++row) {
      const GridState s = grids.Inspect(row);
      const std::int64_t key = batch.obs<std::int64_t>("state_key")[static_cast<std::size_t>(row)];
      std::string state(s.grid.begin(), s.grid.end());
      for (const int part : s.agent) state.push_back(static_cast<char>(part));
      differences += key_of.try_emplace(state, key).first->second != key;
      carried[key].insert(s.carrying ? (*s.carrying)[0] * 8 + (*s.carrying)[1] : 0);
    }
    batch.DrawActions(Noise(3, "actions").At(0, static_cast<std::uint64_t>(t)));
    batch.Step();
  }
  CHECK(differences == 0);
  CHECK(key_of.size() > 5000);
  CHECK(carried.size() == key_of.size());  // no two states share a key
  CHECK(std::ranges::any_of(carried, [](const auto& entry) { return entry.second.size() > 1; }));
}

}  // namespace
}  // namespace rove::minigrid
