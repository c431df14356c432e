// A replay's rows as a table: one column a dataset of its file (replay/replay_file.h), and what is wrong with rows that others
// made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "replay/replay.h"
#include "replay/rollout.h"

namespace rove {

struct ReplayColumn {
  enum Rows { kFrames, kSteps, kStates };  // of a slot of T steps: T + 1, T, or T / sequence_length

  std::string name;  // "obs/position", "reward"
  TensorSpec spec;   // without [T, n]
  Rows rows{};
  void* data = nullptr;  // the slot's, from row 0

  std::int64_t count(std::int64_t T, std::int64_t sequence_length) const {
    return rows == kFrames ? T + 1 : rows == kSteps ? T : T / sequence_length;
  }
};

// All columns of a slot, which keeps their memory; always in the same order.
std::vector<ReplayColumn> ColumnsOf(const RolloutView& slot, const ReplayDeps& columns);

// The first value or row of a slot that no replay can hold, as "column: row R, environment I: what; remedy", or "": numbers that
// are not finite, whole numbers out of their bounds, and rows that break what rollout.h says of episodes. `first_row` is added to
// R.
std::string WrongRows(const RolloutView& slot, const ReplayDeps& columns, std::int64_t first_row);

}  // namespace rove
