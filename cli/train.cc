// rove train: one run, from a config or from where it stopped.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>

#include "cli/command_line.h"
#include "cli/progress.h"
#include "cli/replay_import.h"
#include "cli/resume.h"
#include "cli/run_setup.h"
#include "cli/stop_signals.h"
#include "cli/stored_run.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/file.h"
#include "core/parallel.h"
#include "engine/checkpoint.h"
#include "engine/run_folder.h"

namespace rove {
namespace {

namespace fs = std::filesystem;

struct TrainArgs {
  std::string source;  // a config, or with --resume a run folder
  std::vector<std::string> overrides;
  std::string run;
  bool resume = false, allow_drift = false, json = false;
};

// The config asked for. With a run folder as source it is the one the run was started with, plus overrides.
Config LoadConfig(const TrainArgs& args) {
  if (!fs::is_directory(args.source)) {
    Config config = Config::Load(args.source, args.overrides);
    if (!args.run.empty()) config.Set("run.folder", args.run);
    return config;
  }
  if (!args.resume)
    throw UserError(args.source + ": is a folder, not a config; to go on with a run: rove train --resume " + args.source);
  if (!args.run.empty()) throw UserError("--run: a resumed run stays in " + args.source + "; leave --run out");
  return LoadStoredConfig(args.source, args.overrides);
}

// A fresh run wants a folder of its own. `lock` alone is what a start killed at once leaves.
void RefuseUsedFolder(const std::string& folder) {
  if (HoldsRun(folder)) {
    throw UserError(folder + ": already holds a run; go on with it by `rove train --resume " + folder +
                    "` or choose another --run");
  }
  if (!fs::exists(folder)) return;
  if (!fs::is_directory(folder)) throw UserError(folder + ": is a file; choose another --run");
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name != "lock" && name != "config.yaml.tmp") {
      throw UserError(folder + ": holds other files (" + name + "); choose another --run");
    }
  }
}

// Loads the newest checkpoint of a run, if it has one, and refuses one of another config, build or kernel. stored_hash: of the
// folder's config as it is, which lacks the keys that a later build added.
std::optional<Checkpoint> LoadOwnCheckpoint(const std::string& folder, const CheckpointIdentity& own,
                                            const std::string& stored_hash, bool allow_drift, const Terminal& terminal) {
  std::vector<std::string> warnings;
  auto checkpoint = LoadCheckpoint(folder, &warnings);
  for (const std::string& warning : warnings) terminal.err << warning << "\n";
  if (!checkpoint) return checkpoint;
  const CheckpointIdentity& theirs = checkpoint->identity;
  if (theirs.config_hash != own.config_hash && theirs.config_hash != stored_hash) {
    throw UserError(
        fmt::format("{}: belongs to another config ({}, this run has {}); restore the run's own files or start another "
                    "--run",
                    checkpoint->folder, theirs.config_hash, own.config_hash));
  }
  const bool drifts = theirs.build_id != own.build_id || theirs.blas_kernel != own.blas_kernel;
  if (drifts && !allow_drift) {
    throw UserError(
        fmt::format("{}: written by build {:.12} with BLAS kernel {}, this is build {:.12} with {}; the last bits may "
                    "differ: add --allow-drift to go on all the same",
                    checkpoint->folder, theirs.build_id, theirs.blas_kernel, own.build_id, own.blas_kernel));
  }
  checkpoint->drift_allowed |= drifts;
  return checkpoint;
}

// Removes what a fresh start has made in its folder, unless told to keep it.
class UndoFreshStart {
 public:
  explicit UndoFreshStart(std::string folder) : folder_(std::move(folder)) {}
  UndoFreshStart(const UndoFreshStart&) = delete;
  UndoFreshStart& operator=(const UndoFreshStart&) = delete;
  ~UndoFreshStart() {
    if (folder_.empty()) return;
    std::error_code ignored;
    std::vector<fs::path> made;
    for (const auto& entry : fs::directory_iterator(folder_, ignored)) made.push_back(entry.path());
    for (const fs::path& path : made) {
      if (path.filename() != "lock") fs::remove(path, ignored);
    }
  }
  void Keep() { folder_.clear(); }

 private:
  std::string folder_;
};

void Train(const TrainArgs& args, const Terminal& terminal) {
  const StopSignals signals;
  Config config = LoadConfig(args);
  RunSetup setup = BuildRun(config);
  const std::string folder = setup.run.folder;
  const bool resume = args.resume && HoldsRun(folder);
  if (!resume) RefuseUsedFolder(folder);
  NameImport(resume ? folder : "", &config, &setup);
  if (!resume) FillReplay(setup);  // before the first file is written: it refuses many
  const RunFolder lock(folder, /*must_exist=*/resume);
  if (!resume) RefuseUsedFolder(folder);  // again: another process may have been in it until now

  const CheckpointIdentity identity{BuildId(), BlasKernel(), ConfigHash(setup.resolved)};
  std::string changed;
  std::vector<std::string> added;  // keys that the run's build did not have: they get defaults, whatever is asked
  std::optional<Checkpoint> checkpoint;
  if (resume) {
    const std::string stored = ReadFile(ConfigPath(folder));
    added = MissingKeys(folder, stored, setup.resolved);
    changed = CheckResume(folder, added.empty() ? stored : BuildRun(LoadStoredConfig(folder)).resolved, setup.resolved);
    checkpoint = LoadOwnCheckpoint(folder, identity, ConfigHash(stored), args.allow_drift, terminal);
    for (const std::string& key : added)
      terminal.err << folder << ": has no key " << key << ", which is newer; it goes on with the default\n";
  }
  if (resume && !checkpoint) {
    terminal.err << folder << ": has no checkpoint yet; starts again at 0 frames\n";
    FillReplay(setup);
  }
  if (checkpoint && !changed.empty() && checkpoint->env_steps > setup.engine.frames) {
    throw UserError(fmt::format("{}: run.frames: the run has {} frames already, got {}; ask for more or leave it out", folder,
                                checkpoint->env_steps, setup.engine.frames));
  }
  if (!changed.empty()) terminal.err << changed << "\n";
  // A start that fails, for want of memory say, leaves nothing that would refuse the next one.
  UndoFreshStart undo(resume ? "" : folder);
  // A checkpoint of a config without today's keys is saved anew before it loses that config.
  const bool save_first = checkpoint && checkpoint->identity.config_hash != identity.config_hash;
  if (!save_first) WriteFileAtomically(ConfigPath(folder), setup.resolved);

  const auto offset = [&](std::size_t sink) {
    if (!checkpoint) return std::uint64_t{0};
    return sink < checkpoint->sink_offsets.size() ? checkpoint->sink_offsets[sink] : std::numeric_limits<std::uint64_t>::max();
  };
  setup.parts.sinks.push_back(MakeJsonlSink(folder, offset(0)));
  if (setup.run.tensorboard) setup.parts.sinks.push_back(MakeTensorBoardSink(folder, offset(1)));

  const int threads = setup.run.threads > 0 ? setup.run.threads : NumCores();
  SetThreads(threads);
  Engine engine(std::move(setup.parts), setup.engine);
  if (checkpoint) RestoreEngine(*checkpoint, engine);
  CheckpointWriter writer(folder, identity, checkpoint);
  if (checkpoint) checkpoint->components.clear();  // memory
  if (save_first) {
    writer.Save(engine);
    WriteFileAtomically(ConfigPath(folder), setup.resolved);
  }
  engine.save = [&](Engine& e) { writer.Save(e); };
  ProgressPrinter printer(terminal, setup, folder, engine.env_steps(), args.json);
  engine.progress = [&](const Progress& row) { printer.Row(row); };
  undo.Keep();
  printer.Header(identity.config_hash, threads);
  printer.Close(engine.Run(signals.token()));
}

}  // namespace

void AddTrain(CLI::App& app, const Terminal& terminal) {
  auto args = std::make_shared<TrainArgs>();
  CLI::App* command = app.add_subcommand("train", "Train one run; with --resume go on with one that stopped");
  command->add_option("config", args->source, "a YAML config, or with --resume a run folder")->required();
  command->add_option("overrides", args->overrides, "key.sub=value ...");
  command->add_option("--run", args->run, "folder of the run (default: the config's run.folder)")
      ->check([](const std::string& run) { return run.empty() ? "expected a folder, got an empty text" : ""; });
  command->add_flag("--resume", args->resume,
                    "go on from the newest checkpoint; a config's run that does not exist yet is started");
  command->add_flag("--allow-drift", args->allow_drift,
                    "resume even if the build (and with it the keys it knows) or the BLAS kernel is another");
  command->add_flag("--json-progress", args->json, "progress as JSON lines on stdout");
  command->callback([args, &terminal] { Train(*args, terminal); });
}

}  // namespace rove
