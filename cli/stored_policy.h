// What a run has stored, built and checked: its newest checkpoint as `rove export-replay` reads it, and the policy in it as
// `rove eval` and `rove record` play it.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "cli/run_setup.h"
#include "core/config.h"
#include "engine/checkpoint.h"

namespace rove {

struct StoredCheckpoint {
  Config config;   // the run's own
  RunSetup setup;  // as new: nothing of the checkpoint is in it
  Checkpoint checkpoint;
};

struct StoredPolicy : StoredCheckpoint {  // setup.agent is restored
  std::shared_ptr<const ParamSnapshot> snapshot;
};

// The newest checkpoint without its replay's chunks. Warnings about damaged ones go to `err`. Throws Error(kUser): `folder` is no
// run, has no checkpoint yet, or holds one of another config.
StoredPolicy LoadStoredPolicy(const std::string& folder, std::ostream& err);

// The same with the chunks checked; `frames`: not the newest checkpoint, but that of so many frames (LoadCheckpointOf).
StoredCheckpoint LoadStoredReplay(const std::string& folder, std::optional<std::int64_t> frames, std::ostream& err);

}  // namespace rove
