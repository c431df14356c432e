// The policy of a run's newest checkpoint, as `rove eval` and `rove record` play it.
#pragma once

#include <memory>
#include <string>

#include "cli/run_setup.h"
#include "core/config.h"
#include "engine/checkpoint.h"

namespace rove {

struct StoredPolicy {
  Config config;   // the run's own
  RunSetup setup;  // holds the agent
  Checkpoint checkpoint;
  std::shared_ptr<const ParamSnapshot> snapshot;
};

// Warnings about damaged checkpoints go to `err`. Throws Error(kUser): `folder` is no run, has no checkpoint yet, or holds one of
// another config.
StoredPolicy LoadStoredPolicy(const std::string& folder, std::ostream& err);

}  // namespace rove
