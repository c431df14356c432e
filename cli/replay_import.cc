#include "cli/replay_import.h"

#include <fmt/format.h>

#include "cli/resume.h"
#include "cli/stored_run.h"
#include "core/error.h"
#include "core/file.h"
#include "replay/replay_file.h"

namespace rove {

void NameImport(const std::string& resumed, Config* config, RunSetup* setup) {
  if (setup->import_file.empty() || !setup->import_hash.empty()) return;
  constexpr const char* kKey = "replay.import_hash";
  if (resumed.empty()) {
    config->Set(kKey, HashFile(setup->import_file));
  } else {
    const auto stored = Leaves(ReadFile(ConfigPath(resumed)), ConfigPath(resumed));
    if (!stored.contains(kKey)) return;  // that run imported nothing: CheckResume says so
    config->Set(kKey, stored.at(kKey));
  }
  config->At("replay").Get("import_hash", &setup->import_hash);
  setup->resolved = config->Resolved();
}

void FillReplay(const RunSetup& setup) {
  const std::string& file = setup.import_file;
  if (file.empty()) return;
  if (const std::string hash = HashFile(file); hash != setup.import_hash && !setup.import_hash.empty()) {
    throw UserError(
        fmt::format("{}: its content has hash {}, replay.import_hash is {}; put the file back that it names, or leave "
                    "replay.import_hash out in a new run",
                    file, hash, setup.import_hash));
  }
  ReadReplayFile(file, setup.replay_columns(), setup.parts.replay.get());
  setup.parts.replay->Cut();
}

}  // namespace rove
