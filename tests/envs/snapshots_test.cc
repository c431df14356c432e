// Snapshots of single rows (envs/snapshots.h) and states set from outside.
#include "envs/snapshots.h"

#include <catch2/catch.hpp>
#include <functional>

#include "core/error.h"
#include "envs/inspectable.h"
#include "tests/envs/env_batch.h"
#include "tests/envs/refused.h"

namespace rove {
namespace {

EnvBatch Make(const std::string& config, int n) {
  return EnvBatch(Envs().Create(Config::Parse(config, "run.yaml"), {.num_envs = n}));
}

// Row `row` of the batch takes the actions that row 1 takes elsewhere.
void StepAs(EnvBatch& batch, int row, int t) {
  batch.DrawActions(Noise(5, "actions").At(0, static_cast<std::uint64_t>(t)));
  const TensorView from = batch.action().Rows(1, 1), to = batch.action().Rows(row, 1);
  std::memmove(to.data, from.data, from.bytes());
  batch.Step();
}

// Saves row 1 after `before` steps, restores it into row 3 of another batch that has played elsewhere, and compares how both go
// on.
bool GoesOnAlike(const std::string& config, int before, int after) {
  EnvBatch original = Make(config, 4), other = Make(config, 4);
  original.Reset(3);
  other.Reset(40);
  for (int t = 0; t < before; ++t) StepAs(original, 1, t);
  for (int t = 0; t < 11; ++t) StepAs(other, 3, t + 7);
  const std::string untouched = other.Row(2);
  const RowSnapshot snapshot = SaveRow(original.env(), original.columns(), 1);
  RestoreRow(other.env(), snapshot, other.columns(), 3);
  bool same = other.Row(3) == original.Row(1) && other.Row(2) == untouched;
  for (int t = before; t < before + after; ++t) {
    StepAs(original, 1, t);
    StepAs(other, 3, t);
    same = same && original.Row(1) == other.Row(3);
  }
  return same && SaveRow(original.env(), original.columns(), 1).state == SaveRow(other.env(), other.columns(), 3).state;
}

TEST_CASE("a row saved in mid-episode goes on the same in any row of another batch", "[envs][conformance]") {
  for (const std::string& id : Envs().Names()) {
    INFO(id);
    CHECK(GoesOnAlike("{type: " + id + (id.starts_with("dm_control/") ? ", time_limit: 2}" : "}"), 23, 150));
  }
}

TEST_CASE("a row's snapshot holds visits, its place in a cycle of levels, and what a wrapper let go on", "[envs][unit]") {
  for (const char* config :
       {"{type: MiniGrid-DoorKey-5x5-v0, wrappers: [{type: action_bonus}, {type: position_bonus}]}",
        "{type: MiniGrid-LavaGapS5-v0, wrappers: [{type: no_death, types: [lava]}], levels: {seeds: [4, 9, 2], order: cycle}}",
        "{type: MiniGrid-Empty-Random-5x5-v0, max_steps: 9, levels: {first: 10, count: 1000}, view_size: 3, outputs: [full]}",
        "{type: minigrid/layout, wrappers: [{type: position_bonus}]}"}) {
    INFO(config);
    CHECK(GoesOnAlike(config, 60, 300));
  }
}

TEST_CASE("a snapshot is refused by an environment with another config", "[envs][unit]") {
  EnvBatch lava("MiniGrid-LavaCrossingS9N1-v0", 1), ice("MiniGrid-DoorKey-8x8-v0", 1);
  EnvBatch limited = Make("{type: MiniGrid-LavaCrossingS9N1-v0, max_steps: 9}", 1);
  for (EnvBatch* batch : {&lava, &ice, &limited}) batch->Reset(1);
  const RowSnapshot snapshot = SaveRow(lava.env(), lava.columns(), 0);
  CHECK_THROWS_AS(RestoreRow(ice.env(), snapshot, ice.columns(), 0), Error);
  CHECK_THROWS_WITH(RestoreRow(limited.env(), snapshot, limited.columns(), 0), Catch::Contains("another config"));
  EnvBatch longer = Make("{type: dm_control/pendulum-swingup, time_limit: 1}", 1);
  EnvBatch shorter = Make("{type: dm_control/pendulum-swingup, time_limit: 0.5}", 1);
  longer.Reset(1);
  shorter.Reset(1);
  for (int t = 0; t < shorter.spec().max_steps; ++t) {
    longer.DrawActions(Noise(1, "actions").At(0, static_cast<std::uint64_t>(t)));
    longer.Step();
  }
  const RowSnapshot late = SaveRow(longer.env(), longer.columns(), 0);
  CHECK_THROWS_WITH(RestoreRow(shorter.env(), late, shorter.columns(), 0), Catch::Contains("does not fit a limit of"));
}

GridState Shown(EnvBatch& batch, int row = 0) { return dynamic_cast<const GridInspectable&>(batch.env()).Inspect(row); }
void Set(EnvBatch& batch, const GridState& state, int row = 0) {
  dynamic_cast<GridSettable&>(batch.env()).SetState(row, state, batch.columns());
}

TEST_CASE("a state set from what another environment shows goes on as that one, in every family", "[envs][property]") {
  for (const std::string& id : Envs().Names()) {
    if (!id.starts_with("MiniGrid-") && !id.starts_with("minigrid/")) continue;
    const bool draws = id.find("ynamic") != id.npos || id.find("NoisyTV") != id.npos;  // steps that draw: streams differ
    INFO(id);
    EnvBatch original(id, 1), other(id, 1);
    int set = 0, differences = 0, t = 0;
    for (Seed seed = 0; seed < 12; ++seed) {
      original.Reset(seed);
      other.Reset(seed + 100);
      const auto step = [&](EnvBatch& batch, int at) {
        batch.DrawActions(Noise(8, "actions").At(0, static_cast<std::uint64_t>(at)));
        batch.Step();
      };
      for (Seed k = 0; k < 2 * seed && original.end() == 0; ++k) step(original, t++);
      if (original.end() != 0) continue;
      const GridState shown = Shown(original);
      try {
        Set(other, shown);
      } catch (const Error&) {
        continue;  // a thing that the mission names was taken away
      }
      ++set;
      const GridState now = Shown(other);
      differences += now.grid != shown.grid || now.agent != shown.agent || now.box != shown.box || now.mission != shown.mission;
      differences += now.carrying != shown.carrying || now.step_count != shown.step_count || other.end() != 0;
      differences += other.step_type() != (seed == 0 ? StepType::kFirst : StepType::kMid);
      for (const char* name : {"image", "carrying"})
        differences += !std::ranges::equal(original.obs<std::uint8_t>(name), other.obs<std::uint8_t>(name));
      differences += original.obs<std::int64_t>("state_key")[0] != other.obs<std::int64_t>("state_key")[0];
      for (int k = 0; k < 200 && original.end() == 0 && !draws; ++k, ++t) {
        step(original, t);
        step(other, t);
        differences += original.Row(0) != other.Row(0);
      }
    }
    CHECK(set > 0);
    CHECK(differences == 0);
  }
}

TEST_CASE("a wrong state is refused in one line, and the row stays as it was", "[envs][unit]") {
  EnvBatch batch("MiniGrid-ObstructedMaze-1Dlh-v0", 1);
  batch.Reset(1);
  const GridState good = Shown(batch);
  REQUIRE(good.box.size() == 1);
  const std::string before = batch.Save();
  const auto cell = [](GridState& s, int x, int y) { return s.grid.data() + (x * s.height + y) * 3; };
  struct Case {
    std::function<void(GridState&)> change;
    const char* message;
  };
  for (const Case& c : {
           Case{[](GridState& s) { s.width = 5; }, "the grid is 5 x 6, that of this environment 11 x 6"},
           {[](GridState& s) { s.grid.pop_back(); }, "the grid has 197 numbers, expected width x height x 3 = 198"},
           {[&](GridState& s) { cell(s, 1, 1)[0] = 10; }, "cell (1, 1): [10, "},
           {[&](GridState& s) { cell(s, 1, 1)[0] = 0; }, "cell (1, 1): [0, "},
           {[&](GridState& s) { cell(s, 0, 0)[1] = 6; }, "cell (0, 0): [2, 6, 0] is the code of no object"},
           {[&](GridState& s) { cell(s, 0, 0)[2] = 1; }, "cell (0, 0): [2, 5, 1] is the code of no object"},
           {[](GridState& s) {
              s.agent = {11, 1, 0};
            },
            "the agent [11, 1, 0] is outside of the grid"},
           {[](GridState& s) { s.agent[2] = 4; }, "of the directions 0 to 3"},
           {[](GridState& s) {
              s.agent = {0, 0, 0};
            },
            "the agent's cell (0, 0) holds an object of type 2"},
           {[](GridState& s) {
              s.carrying = {4, 0, 0};
            },
            "carrying: expected a key (5), a ball (6) or a box (7), got type 4"},
           {[](GridState& s) {
              s.carried_content = {5, 0, 0};
            },
            "none is carried"},
           {[](GridState& s) {
              s.box[0] = {1, 0, 5, 0, 0};
            },
            "the content of box (1, 0): there is no box"},
           {[](GridState& s) { s.box.push_back(s.box[0]); }, "is given twice"},
           {[](GridState& s) { s.box[0][2] = 2; }, "got type 2"},
           {[](GridState& s) { s.step_count = 288; }, "step count 288 is not in 0..287"},
           {[](GridState& s) { s.mission = "dance"; }, "\"dance\" is no mission of this environment"},
       }) {
    INFO(c.message);
    GridState state = good;
    c.change(state);
    CheckRefused([&] { Set(batch, state); }, Catch::StartsWith("set_state: ") && Catch::Contains(c.message));
    CHECK((batch.Save() == before));
  }
  Set(batch, good);
  CHECK((batch.Save() == before));
}

TEST_CASE("a state that lacks what the family's rule needs is refused", "[envs][unit]") {
  const auto without = [](const std::string& id, int type, const std::string& message) {
    EnvBatch batch(id, 1);
    batch.Reset(1);
    GridState state = Shown(batch);
    for (std::size_t i = 0; i < state.grid.size(); i += 3) {
      if (state.grid[i] == type) state.grid[i] = 1, state.grid[i + 1] = state.grid[i + 2] = 0;
    }
    CHECK_THROWS_WITH(Set(batch, state), Catch::Contains(message));
  };
  without("MiniGrid-Dynamic-Obstacles-6x6-v0", 6, "expected 3 blue balls on the grid");
  without("MiniGrid-RedBlueDoors-6x6-v0", 4, "expected one red and one blue door on the grid");
  without("MiniGrid-GoToDoor-5x5-v0", 4, "expected what the mission names once on the grid");
  without("MiniGrid-MemoryS7-v0", 6, "expected an object to remember");
  without("MiniGrid-MultiRoomNoisyTV-N7-S4-v0", 6, "expected the noisy TV's ball");
}

}  // namespace
}  // namespace rove
