// rove export-replay: the rows in the replay of a run's checkpoint as an HDF5 file (replay/replay_file.h).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "cli/command_line.h"
#include "cli/stored_policy.h"
#include "cli/stored_run.h"
#include "core/archive.h"
#include "core/error.h"
#include "engine/chunk_files.h"
#include "engine/run_folder.h"
#include "replay/replay_file.h"

namespace rove {
namespace {

struct ExportArgs {
  std::string run, out;
  std::optional<std::int64_t> frames;
};

void ExportReplay(const ExportArgs& args, const Terminal& terminal) {
  LoadStoredConfig(args.run);                           // or it is no run, and gets no lock
  const RunFolder lock(args.run, /*must_exist=*/true);  // so that the checkpoint stays
  const StoredCheckpoint stored = LoadStoredReplay(args.run, args.frames, terminal.err);
  const RunSetup& setup = stored.setup;
  const Checkpoint& checkpoint = stored.checkpoint;
  Replay* const replay = setup.parts.replay.get();
  if (replay == nullptr) {
    throw UserError(fmt::format("{}: its agent {} has no replay; name the run of an off-policy one", args.run, setup.agent_type));
  }
  Archive ar(checkpoint.components.at("replay"), checkpoint.folder + "/replay.bin");
  replay->Serialize(ar);
  ar.ExpectEnd();
  std::string bytes;  // one chunk at a time
  WriteReplayFile(args.out,
                  {.rove_version = kVersion,
                   .env = setup.env_type,
                   .agent = setup.agent_type,
                   .config = setup.resolved,
                   .frames = checkpoint.env_steps},
                  setup.replay_columns(), *replay, [&](const ReplayChunk& chunk) {
                    bytes = ReadChunk(checkpoint.chunks, checkpoint.folder, chunk);
                    return std::as_writable_bytes(std::span(bytes));
                  });
  terminal.out << fmt::format("{}: {} rows of {} environments, {} at {} frames, {:.1f} MB\n", args.out, replay->rows(),
                              setup.run.num_envs, setup.env_type, checkpoint.env_steps,
                              static_cast<double>(std::filesystem::file_size(args.out)) / 1e6);
}

}  // namespace

void AddExportReplay(CLI::App& app, const Terminal& terminal) {
  auto args = std::make_shared<ExportArgs>();
  CLI::App* command = app.add_subcommand("export-replay", "Write the replay of a run's newest checkpoint as an HDF5 file");
  command->add_option("run", args->run, "run folder of an off-policy agent (not in use)")->required();
  command->add_option("-o,--out", args->out, "the file, as data.h5; one that is there is replaced")->required();
  command->add_option("--frames", args->frames, "not the newest checkpoint, but that of so many frames");
  command->callback([args, &terminal] { ExportReplay(*args, terminal); });
}

}  // namespace rove
