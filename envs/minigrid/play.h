// Play: one step of one environment, as a family's own rule sees it. Base() is upstream's MiniGridEnv.step (Farama
// Minigrid 3.1.0, minigrid_env.py); a family adds what its subclass does around it.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "envs/minigrid/level.h"
#include "envs/minigrid/state.h"

namespace rove::minigrid {

enum Action { kTurnLeft, kTurnRight, kForward, kPickUp, kDrop, kToggle, kDone, kNumActions };

struct Outcome {
  double reward = 0;
  bool terminated = false;
};

// What all environments of a batch share, read only.
struct Tables {
  explicit Tables(const Layout& layout);
  Layout layout;
  std::vector<std::uint64_t> cell_keys;   // [cell byte][cell index]: random words, summed with xor over the grid
  std::vector<std::uint64_t> agent_keys;  // [cell index][direction]

  std::uint64_t CellKey(int x, int y, Cell cell) const {
    return cell_keys[static_cast<std::size_t>(cell) * num_cells() + static_cast<std::size_t>(layout.index(x, y))];
  }
  std::uint64_t GridKey(const std::uint8_t* cells) const;  // the sum over all cells of padded bytes
  // Of grid, position and direction, not of the carried object.
  std::int64_t StateKey(const State& state) const {
    const auto index = static_cast<std::size_t>(layout.index(state.x, state.y));
    return static_cast<std::int64_t>(state.grid_key ^ agent_keys[index * 4 + state.direction]);
  }

 private:
  std::size_t num_cells() const { return static_cast<std::size_t>(layout.width * layout.height); }
};

class Play {
 public:
  Play(const Tables& tables, State& state, std::uint8_t* cells, std::uint8_t* memory)
      : tables_(tables), state_(state), cells_(cells), memory_(memory) {}

  // Upstream's rules for an action: moves, picks up, drops, toggles; the goal pays, goal and lava terminate.
  // Most steps turn, walk, or try what is not possible here. They take no branch on the action, which a random policy would make
  // the processor mispredict.
  Outcome Base(int action) {
    constexpr std::array<std::uint8_t, kNumActions> kTurn = {3, 1, 0, 0, 0, 0, 0};
    ++state_.step_count;
    const Point at = front();
    const Cell cell = Get(at);
    const bool moves = (action == kForward) & CanOverlap(cell);
    state_.x = static_cast<std::int16_t>(moves ? at.x : state_.x);
    state_.y = static_cast<std::int16_t>(moves ? at.y : state_.y);
    state_.direction = (state_.direction + kTurn[static_cast<std::size_t>(action)]) & 3;
    const unsigned possible = kEffects[KindOf(cell)] & ~(state_.carrying == 0 ? 1u << kDrop : 1u << kPickUp);
    return possible >> action & 1 ? Act(action, at, cell) : Outcome{};
  }
  Outcome Success() const {  // after Base
    return {1 - 0.9 * (static_cast<double>(state_.step_count) / state_.max_steps), true};
  }

  State& state() { return state_; }
  const Layout& layout() const { return tables_.layout; }
  Point agent() const { return {state_.x, state_.y}; }
  Point front() const { return {state_.x + kDx[state_.direction], state_.y + kDy[state_.direction]}; }
  Cell Get(Point at) const { return cells_[tables_.layout.offset(at.x, at.y)]; }
  void Set(Point at, Cell cell) {
    Cell& place = cells_[tables_.layout.offset(at.x, at.y)];
    state_.grid_key ^= tables_.CellKey(at.x, at.y, place) ^ tables_.CellKey(at.x, at.y, cell);
    place = cell;
  }
  template <class T>
  T* memory() {  // as Level::memory
    static_assert(alignof(T) <= 8);
    return reinterpret_cast<T*>(memory_);
  }

  Color RandomColor() { return kColorsByName[static_cast<std::size_t>(state_.rng.Integers(0, kNumColors))]; }
  // A free cell of rect as Level::Place finds it; none after max_tries + 1 tries.
  std::optional<Point> DrawFree(const Rect& rect, int max_tries) {
    return DrawCell(state_.rng, tables_.layout, rect, max_tries,
                    [this](Point p) { return Get(p) == kEmptyCell && !(p == agent()); });
  }

 private:
  // [kind of the front cell]: bit a is set where action a does more than to turn or walk.
  static constexpr std::array<std::uint8_t, 16> kEffects = [] {
    std::array<std::uint8_t, 16> effects{};
    effects[kGoal] = effects[kLava] = 1u << kForward;
    effects[kKey] = effects[kBall] = 1u << kPickUp;
    effects[kBox] = 1u << kPickUp | 1u << kToggle;
    effects[kEmpty] = 1u << kDrop;
    effects[kDoorOpen] = effects[kDoorClosed] = effects[kDoorLocked] = 1u << kToggle;
    return effects;
  }();
  Outcome Act(int action, Point at, Cell cell);  // what kEffects says, but for the move

  const Tables& tables_;
  State& state_;
  std::uint8_t *cells_, *memory_;
};

}  // namespace rove::minigrid
