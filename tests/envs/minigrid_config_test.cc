// MiniGrid's families by parameters: an id that upstream registers is its family with these parameters, and wrong ones are
// refused.
#include <catch2/catch.hpp>

#include "tests/envs/env_batch.h"
#include "tests/envs/refused.h"

namespace rove {
namespace {

std::unique_ptr<VectorEnv> Make(const std::string& config, int n = 4) {
  return Envs().Create(Config::Parse(config, "run.yaml"), {.num_envs = n});
}

TEST_CASE("a family with an id's parameters is that id", "[envs][unit]") {
  struct Case {
    const char *id, *config;
  };
  for (const Case& c : {
           Case{"MiniGrid-Empty-Random-6x6-v0", "{type: minigrid/empty, size: 6, random_start: true}"},
           {"MiniGrid-DoorKey-8x8-v0", "{type: minigrid/door_key, size: 8}"},
           {"MiniGrid-KeyCorridorS4R3-v0", "{type: minigrid/key_corridor, room_size: 4, num_rows: 3}"},
           {"MiniGrid-MultiRoom-N4-S5-v1", "{type: minigrid/multi_room, min_rooms: 4, max_room_size: 5}"},
           {"MiniGrid-MultiRoomNoisyTV-N7-S4-v0", "{type: minigrid/multi_room, min_rooms: 7, max_room_size: 4, noisy_tv: true}"},
           {"MiniGrid-FourRooms-v0", "{type: minigrid/four_rooms}"},
           {"MiniGrid-LavaCrossingS9N3-v0", "{type: minigrid/crossing, size: 9, num_crossings: 3}"},
           {"MiniGrid-SimpleCrossingS11N5-v0", "{type: minigrid/crossing, size: 11, num_crossings: 5, lava: false}"},
           {"MiniGrid-LavaGapS6-v0", "{type: minigrid/lava_gap, size: 6}"},
           {"MiniGrid-DistShift2-v0", "{type: minigrid/dist_shift, strip2_row: 5}"},
           {"MiniGrid-Dynamic-Obstacles-Random-5x5-v0",
            "{type: minigrid/dynamic_obstacles, size: 5, n_obstacles: 2, random_start: true}"},
           {"MiniGrid-ObstructedMaze-2Q-v0",
            "{type: minigrid/obstructed_maze, num_quarters: 2, agent_room: [2, 1], num_rooms_visited: 11, version: 0}"},
           {"MiniGrid-Fetch-6x6-N2-v0", "{type: minigrid/fetch, size: 6, num_objects: 2}"},
           {"MiniGrid-GoToDoor-8x8-v0", "{type: minigrid/go_to_door, size: 8}"},
           {"MiniGrid-GoToObject-8x8-N2-v0", "{type: minigrid/go_to_object, size: 8, num_objects: 2}"},
           {"MiniGrid-PutNear-8x8-N3-v0", "{type: minigrid/put_near, size: 8, num_objects: 3}"},
           {"MiniGrid-MemoryS17Random-v0", "{type: minigrid/memory, size: 17, random_length: true}"},
           {"MiniGrid-RedBlueDoors-6x6-v0", "{type: minigrid/red_blue_doors, size: 6}"},
           {"MiniGrid-WFC-MazeSimple-v0", "{type: minigrid/wfc}"},
           {"MiniGrid-WFC-ObstaclesHogs3-v0", "{type: minigrid/wfc, preset: ObstaclesHogs3, size: 25, networkx: 3.1}"},
           {"BabyAI-GoToRedBallGrey-v0", "{type: babyai/go_to_red_ball, grey: true}"},
           {"BabyAI-GoToObjS6-v1", "{type: babyai/go_to_obj, room_size: 6}"},
           {"BabyAI-GoToLocalS7N4-v0", "{type: babyai/go_to_local, room_size: 7, num_dists: 4}"},
           {"BabyAI-GoToObjMazeS4R2-v0", "{type: babyai/go_to, room_size: 4, num_rows: 2, num_cols: 2, num_dists: 1}"},
           {"BabyAI-OpenDoorLoc-v0", "{type: babyai/open_door, select_by: loc}"},
           {"BabyAI-OpenRedBlueDoorsDebug-v0",
            "{type: babyai/open_two_doors, first_color: red, second_color: blue, strict: true}"},
           {"BabyAI-OpenDoorsOrderN4Debug-v0", "{type: babyai/open_doors_order, num_doors: 4, debug: true}"},
           {"BabyAI-FindObjS7-v0", "{type: babyai/find_obj, room_size: 7}"},
           {"BabyAI-KeyCorridorS3R2-v0", "{type: babyai/key_corridor, room_size: 3, num_rows: 2}"},
           {"BabyAI-OneRoomS16-v0", "{type: babyai/one_room, room_size: 16}"},
           {"BabyAI-PutNextLocalS6N4-v0", "{type: babyai/put_next_local, room_size: 6, num_objs: 4}"},
           {"BabyAI-PutNextS6N3Carrying-v0", "{type: babyai/put_next, room_size: 6, objs_per_room: 3, start_carrying: true}"},
           {"BabyAI-MoveTwoAcrossS5N2-v0", "{type: babyai/move_two_across, room_size: 5, objs_per_room: 2}"},
           {"BabyAI-BossLevel-v0", "{type: babyai/level_gen}"},
           {"BabyAI-GoToSeqS5R2-v0",
            "{type: babyai/level_gen, room_size: 5, num_rows: 2, num_cols: 2, num_dists: 4, locked_room_prob: 0, locations: "
            "false, "
            "unblocking: false, action_kinds: [goto]}"},
           {"BabyAI-SynthS5R2-v0",
            "{type: babyai/level_gen, room_size: 5, num_rows: 2, locations: false, implicit_unlock: false, instr_kinds: "
            "[action]}"},
       }) {
    INFO(c.config);
    EnvBatch id(c.id, 4), family(Make(c.config));
    id.Reset(1);
    family.Reset(1);
    bool same = id.spec().max_steps == family.spec().max_steps;
    for (int t = 0; t < 300; ++t) {
      for (EnvBatch* batch : {&id, &family}) {
        batch->DrawActions(Noise(1, "actions").At(0, static_cast<std::uint64_t>(t)));
        batch->Step();
      }
      same = same && id.Rows() == family.Rows();
    }
    CHECK(same);
  }
}

TEST_CASE("max_steps moves the time limit of any id, and what success pays", "[envs][unit]") {
  EnvBatch batch(Make("{type: MiniGrid-DoorKey-5x5-v0, max_steps: 7}", 1));
  batch.Reset(1);
  for (int t = 0; t < 7; ++t) {
    CHECK(batch.end() == 0);
    batch.Step(6);
  }
  CHECK(batch.end() == kTruncated);
}

TEST_CASE("a wrong parameter is refused in one line that names it", "[envs][unit]") {
  struct Case {
    const char *config, *message;
  };
  for (const Case& c : {
           Case{"{type: MiniGrid-DoorKey-5x5-v0, size: 6}", "run.yaml:1: size: unknown key"},
           {"{type: MiniGrid-DoorKey-5x5-v0, max_steps: 0}", "run.yaml:1: max_steps: expected in [1, 1048576], got 0"},
           {"{type: minigrid/door_key, size: 4}", "run.yaml:1: size: expected in [5, 100], got 4"},
           {"{type: minigrid/empty, random_start: 3}", "run.yaml:1: random_start: expected "},
           {"{type: minigrid/multi_room, min_rooms: 5, max_rooms: 4}", "run.yaml:1: max_rooms: below min_rooms, 5"},
           {"{type: minigrid/crossing, size: 8}", "run.yaml:1: size: expected an odd number, got 8"},
           {"{type: minigrid/crossing, size: 7, num_crossings: 5}", "run.yaml:1: num_crossings: expected in [1, 4], got 5"},
           {"{type: minigrid/four_rooms, goal: [0, 5]}",
            "run.yaml:1: goal: expected [x, y] inside the walls, from [1, 1] to [17, 17]"},
           {"{type: minigrid/dynamic_obstacles, size: 6, n_obstacles: 5}", "run.yaml:1: n_obstacles: expected in [0, 4], got 5"},
           {"{type: minigrid/obstructed_maze, agent_room: [1]}", "run.yaml:1: agent_room: expected [column, row]"},
           {"{type: minigrid/fetch, size: 4, num_objects: 4}", "run.yaml:1: num_objects: expected in [1, 3], got 4"},
           {"{type: minigrid/put_near, size: 6, num_objects: 3}", "run.yaml:1: num_objects: expected in [2, 2], got 3"},
           {"{type: minigrid/memory, size: 8}", "run.yaml:1: size: expected an odd number, got 8"},
           {"{type: minigrid/wfc, size: 4}", "run.yaml:1: size: expected in [5, 100], got 4"},
           {"{type: minigrid/wfc, preset: MazeSimpel}", "run.yaml:1: preset: "},
           {"{type: minigrid/wfc, networkx: 3}", "run.yaml:1: networkx: "},
           {"{type: MiniGrid-WFC-MazeSimple-v0, networkx: 3.2}", "run.yaml:1: networkx: unknown key"},
           {"{type: babyai/level_gen, num_dists: 36}", "run.yaml:1: num_dists: expected in [1, 35], got 36"},
           {"{type: babyai/level_gen, num_rows: 1, num_cols: 1, num_dists: 5}",
            "run.yaml:1: locked_room_prob: one room cannot be locked; set it to 0"},
           {"{type: babyai/level_gen, action_kinds: [goto, fly]}", "run.yaml:1: action_kinds: unknown name \"fly\""},
           {"{type: babyai/level_gen, instr_kinds: []}", "run.yaml:1: instr_kinds: expected at least one name"},
           {"{type: BabyAI-BossLevel-v0, stale_locked_room: false}", "run.yaml:1: stale_locked_room: unknown key"},
           {"{type: babyai/put_next, room_size: 4, objs_per_room: 3}", "run.yaml:1: objs_per_room: expected in [1, 1], got 3"},
           {"{type: babyai/open_two_doors, first_color: pink}", "run.yaml:1: first_color: "},
           {"{type: minigrid/dor_key}", "did you mean \"minigrid/door_key\"?"},
       }) {
    INFO(c.config);
    CheckRefused([&] { Make(c.config); }, Catch::Contains(c.message));
  }
}

}  // namespace
}  // namespace rove
