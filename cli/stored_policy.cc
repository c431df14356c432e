#include "cli/stored_policy.h"

#include <ostream>
#include <utility>
#include <vector>

#include "cli/resume.h"
#include "cli/stored_run.h"
#include "core/error.h"

namespace rove {

StoredPolicy LoadStoredPolicy(const std::string& folder, std::ostream& err) {
  Config config = LoadStoredConfig(folder);
  RunSetup setup = BuildRun(config);
  std::vector<std::string> warnings;
  auto checkpoint = LoadCheckpoint(folder, &warnings, /*with_replay=*/false);
  for (const std::string& warning : warnings) err << warning << "\n";
  if (!checkpoint) throw UserError(folder + ": has no checkpoint yet; wait for the first one (checkpoint.every)");
  if (checkpoint->identity.config_hash != ConfigHash(setup.resolved)) {
    throw UserError(checkpoint->folder + ": belongs to another config than " + ConfigPath(folder) +
                    "; restore the run's own files");
  }
  RestoreAgent(*checkpoint, *setup.agent);
  auto snapshot = setup.agent->Snapshot(checkpoint->updates);
  return {std::move(config), std::move(setup), std::move(*checkpoint), std::move(snapshot)};
}

}  // namespace rove
