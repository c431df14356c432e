// Optional abilities of a VectorEnv: show the exact state of one row as upstream would report it, so that recorded traces can be
// compared (`rove verify`). Looked up with dynamic_cast; an environment without them is skipped by the verifier.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/rng.h"
#include "envs/vector_env.h"

namespace rove {

// One MiniGrid state in upstream's terms (Farama Minigrid 3.1.0).
struct GridState {
  int width = 0, height = 0;
  std::vector<std::uint8_t> grid;       // [width, height, 3] (type, colour, state), x outermost: Grid.encode()
  std::vector<std::array<int, 5>> box;  // x, y, type, colour, state of the content of each box that holds something
  std::array<int, 3> agent{};           // x, y, direction
  std::string mission;
  int step_count = 0, max_steps = 0;
  std::optional<std::array<int, 3>> carrying, carried_content;  // type, colour, state; what is in the carried box
  Pcg64::State rng;
};

class GridInspectable {
 public:
  virtual ~GridInspectable() = default;
  virtual GridState Inspect(int row) const = 0;
  virtual std::string Mission(int row) const = 0;  // Inspect(row).mission without the rest
};

// What an environment costs to hold.
class FootprintInspectable {
 public:
  virtual ~FootprintInspectable() = default;
  virtual std::size_t bytes_per_env() const = 0;  // state and grid; not the columns, which the caller owns
};

// Sets one row to a state, as it might be in mid-episode.
class GridSettable {
 public:
  virtual ~GridSettable() = default;
  // grid, box, agent, step_count, carrying, carried_content are taken from `state`; so is mission, unless it is empty: then the
  // row's mission stays. max_steps stays that of the environment, rng that of the row. Writes the row as a reset would (kMid if
  // step_count > 0). Throws Error(kUser) with one line that says what is wrong with the state; the row is as before then.
  virtual void SetState(int row, const GridState& state, const StepColumns& out) = 0;
};

// One simulated state in MuJoCo's terms.
struct PhysicsState {
  std::vector<double> qpos, qvel;  // generalised positions and velocities
  int substeps = 1;                // physics steps in one control step
};

class PhysicsInspectable {
 public:
  virtual ~PhysicsInspectable() = default;
  virtual PhysicsState InspectPhysics(int row) const = 0;
};

}  // namespace rove
