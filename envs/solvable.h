// Can a MiniGrid level be solved at all? Upstream draws some that cannot (its issue 323: a key under a ball).
#pragma once

#include <array>

#include "envs/inspectable.h"

namespace rove {

// What solves a level, where that is a cell or an object.
struct GridGoal {
  enum Kind {
    kUnknown,    // something else
    kReach,      // a goal cell
    kPickUp,     // an object of `type` and `color`
    kOpenDoor,   // any door
    kPickUpOnly  // as kPickUp; picking up anything else fails
  };
  Kind kind = kUnknown;
  int type = 0, color = 0;
};

class GridTask {
 public:
  virtual ~GridTask() = default;
  virtual GridGoal Goal(int row) const = 0;  // of the row's present level
};

enum class Solvability { kSolvable, kUnsolvable, kUnknown };

// Breadth-first search over cells, doors, keys, boxes and objects in the way, from the state as it is; without a time limit.
//   kSolvable    a way was found, each step of it by the rules: doors are opened when they are reached, keys fetched, boxes
//                opened, and what is in the way is put down on a free cell that cuts off nothing
//   kUnsolvable  there is none, even if all objects that can be carried were out of the way and in the hand when needed
//   kUnknown     neither was shown: the goal's kind is unknown, or things are so tight that nothing can be put down safely
Solvability Solve(const GridState& state, const GridGoal& goal);

}  // namespace rove
