// `rove verify minigrid FILE`: replays recorded traces of upstream MiniGrid and compares every byte.
#pragma once

#include <array>
#include <optional>
#include <string>

namespace rove {

struct VerifySummary {
  enum Kind { kReset, kReuse, kRollout, kWrapped, kNumKinds };
  struct Count {
    int compared = 0, mismatched = 0, skipped = 0;
  };
  std::array<Count, kNumKinds> rows;
  int hangs = 0;                              // rows that mark a seed on which upstream never returned
  int ids = 0, skipped_ids = 0;               // ids compared; ids in the file that this program does not have
  std::optional<std::string> first_mismatch;  // "MiniGrid-DoorKey-8x8-v0 seed 3, rollout, step 17: crc is ..., recorded ..."

  int compared() const {
    return rows[kReset].compared + rows[kReuse].compared + rows[kRollout].compared + rows[kWrapped].compared;
  }
  bool ok() const { return !first_mismatch && compared() > 0; }
};

// FILE: JSON lines, gzip or plain, as docs/concepts.md describes. Throws Error(kUser) for a file that is missing, damaged or of
// another kind.
VerifySummary VerifyMinigrid(const std::string& path);

// The table that the command prints, and its verdict line.
std::string Report(const VerifySummary& summary);

}  // namespace rove
