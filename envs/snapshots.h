// Snapshots of single rows in mid-episode: an optional ability of a VectorEnv, looked up with dynamic_cast. What a snapshot holds
// is exact, random streams included, and can be restored into any row of any environment with the same config, which then goes
// on as the saved row would have.
#pragma once

#include <string>

#include "envs/vector_env.h"

namespace rove {

class Archive;

class RowSnapshots {
 public:
  virtual ~RowSnapshots() = default;
  // Writes or reads the state of one row, not during a Step. Reading what an environment of other sizes or limits wrote throws
  // Error(kSystem); the row is then to be reset. That the rest of the config is the same is the caller's business.
  virtual void SerializeRow(Archive& ar, int row) = 0;
};

// A row's state, and its row of the caller's columns: what the policy was shown last, reward and end included.
struct RowSnapshot {
  std::string state, columns;
};

// `columns` are those that the last Reset or Step wrote. Both throw Error(kUser) if the environment takes no snapshots.
RowSnapshot SaveRow(VectorEnv& env, const StepColumns& columns, int row);
void RestoreRow(VectorEnv& env, const RowSnapshot& snapshot, const StepColumns& columns, int row);

}  // namespace rove
