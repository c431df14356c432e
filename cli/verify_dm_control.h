// `rove verify dm_control FILE`: replays recorded episodes of the DeepMind Control Suite and compares states, observations,
// rewards and ends.
#pragma once

#include <optional>
#include <string>

namespace rove {

struct DmControlSummary {
  std::string engine;                // the MuJoCo that recorded the file
  int tasks = 0, skipped_tasks = 0;  // skipped: in the file, not in this program
  int mismatched_tasks = 0;
  int episodes = 0, states = 0, observations = 0, rewards = 0;  // compared
  std::optional<std::string> first_mismatch;                    // "cheetah/run, episode 1, step 17, reward is ..., recorded ..."

  bool ok() const { return !first_mismatch && rewards > 0; }
};

// FILE: one JSON object, gzip or plain, as docs/dm_control.md describes. States and observations must be equal to the last bit
// (the few that pass through numpy's sin, cos and log1p: within its 4 ulp), rewards within 1e-12 (relative) + 1e-15. Throws
// Error(kUser) for a file that is missing, damaged, of another kind, or recorded with another version of MuJoCo than this program
// runs.
DmControlSummary VerifyDmControl(const std::string& path);

std::string Report(const DmControlSummary& summary);

}  // namespace rove
