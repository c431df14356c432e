// replay.import: a run that starts with the rows of a file (replay/replay_file.h) in its replay.
//
// The file's content belongs to the run as its config does, so its hash is put there: replay.import_hash in RUN/config.yaml. Once
// the run has a checkpoint, that holds the rows, and the file may go.
#pragma once

#include <string>

#include "cli/run_setup.h"
#include "core/config.h"

namespace rove {

// Gives a config that imports a file the key replay.import_hash, if it lacks it: from the config that `resumed`, a run's folder,
// was started with, or of a new run ("") from the file. Throws Error(kUser) if that cannot be read.
void NameImport(const std::string& resumed, Config* config, RunSetup* setup);

// Fills the replay of a run that starts at 0 frames and cuts its episodes there; nothing if it imports no file. Throws Error: as
// ReadReplayFile, and kUser if the file is not the one that replay.import_hash names.
void FillReplay(const RunSetup& setup);

}  // namespace rove
