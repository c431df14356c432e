// What upstream's reward wrappers do, inside the batch engine: `wrappers` of an environment's config, the innermost first.
//
//   env:
//     type: MiniGrid-LavaCrossingS9N1-v0
//     wrappers: [{type: no_death, types: [lava], cost: -1}, {type: position_bonus, scale: 0.5}, {type: action_bonus}]
//
// Source: Farama Minigrid 3.2.0, wrappers.py (NoDeath, PositionBonus, ActionBonus), whose arithmetic they keep to the last bit.
#pragma once

#include <memory>
#include <vector>

#include "core/archive.h"
#include "core/config.h"
#include "envs/minigrid/family.h"

namespace rove::minigrid {

struct WrappedStep {
  std::size_t row;
  int action;
  Cell front;          // the cell before the agent, before the step
  const State& state;  // after the step
  Cell here;           // the agent's cell after the step
};

class Wrapper {
 public:
  virtual ~Wrapper() = default;
  // Changes what a step paid and whether it terminated. Steps of different rows may run at once.
  virtual void Apply(const WrappedStep& step, Outcome* outcome) = 0;
  // What one row has collected over its episodes. Never cleared, not by a seeded reset either.
  virtual void SerializeRow(Archive& /*ar*/, std::size_t /*row*/) {}
};
using Wrappers = std::vector<std::unique_ptr<Wrapper>>;

// n: environments of the batch. Throws Error(kUser).
Wrappers ReadWrappers(const Config& config, const FamilyInfo& info, int n);

}  // namespace rove::minigrid
