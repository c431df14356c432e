#include "cli/stored_policy.h"

#include <ostream>
#include <utility>
#include <vector>

#include "cli/resume.h"
#include "cli/stored_run.h"
#include "core/error.h"
#include "core/file.h"

namespace rove {
namespace {

StoredCheckpoint LoadStored(const std::string& folder, std::optional<std::int64_t> frames, bool with_replay, std::ostream& err) {
  Config config = LoadStoredConfig(folder);
  RunSetup setup = BuildRun(config);
  std::vector<std::string> warnings;
  auto checkpoint = frames ? LoadCheckpointOf(folder, *frames) : LoadCheckpoint(folder, &warnings, with_replay);
  for (const std::string& warning : warnings) err << warning << "\n";
  if (!checkpoint) throw UserError(folder + ": has no checkpoint yet; wait for the first one (checkpoint.every)");
  // The config as it was stored, too: today's program may have keys that the run's did not.
  const std::string& hash = checkpoint->identity.config_hash;
  if (hash != ConfigHash(ReadFile(ConfigPath(folder))) && hash != ConfigHash(setup.resolved)) {
    throw UserError(checkpoint->folder + ": belongs to another config than " + ConfigPath(folder) +
                    "; restore the run's own files");
  }
  return {std::move(config), std::move(setup), std::move(*checkpoint)};
}

}  // namespace

StoredPolicy LoadStoredPolicy(const std::string& folder, std::ostream& err) {
  StoredPolicy policy{LoadStored(folder, {}, /*with_replay=*/false, err), nullptr};
  RestoreAgent(policy.checkpoint, *policy.setup.agent);
  policy.snapshot = policy.setup.agent->Snapshot(policy.checkpoint.updates);
  return policy;
}

StoredCheckpoint LoadStoredReplay(const std::string& folder, std::optional<std::int64_t> frames, std::ostream& err) {
  return LoadStored(folder, frames, /*with_replay=*/true, err);
}

}  // namespace rove
