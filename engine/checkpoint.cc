#include "engine/checkpoint.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/archive.h"
#include "core/error.h"
#include "core/file.h"
#include "engine/engine.h"

namespace rove {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kFormat = 3;
constexpr std::string_view kTemporary = ".writing", kReplaced = ".replaced";

fs::path Folder(const std::string& run_folder) { return fs::path(run_folder) / "checkpoints"; }

// Finished checkpoints, newest first. Names are zero-padded frame counts, so they sort by age; other folders are none of ours.
std::vector<fs::path> Finished(const std::string& run_folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(Folder(run_folder), error)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && name.find_first_not_of("0123456789") == std::string::npos) found.push_back(entry.path());
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

// The manifest goes first: a folder that a kill leaves half-removed is then plainly no checkpoint.
void RemoveCheckpoint(const fs::path& folder) {
  std::error_code ignored;
  fs::remove(folder / "manifest.json", ignored);
  FailPoint("checkpoint.rotate");
  fs::remove_all(folder, ignored);
}

// The manifest's own checksum, over everything else in it.
std::uint32_t ManifestCrc(Json manifest) {
  manifest.erase("crc32");
  return Crc32(manifest.dump(1));
}

// Whole, but not for this program.
struct OtherFormat : Error {
  using Error::Error;
};

Checkpoint Read(const fs::path& folder, bool with_replay) {
  const auto fail = [&](const std::string& what) { return SystemError(what); };
  Json manifest;
  Checkpoint out;
  try {
    manifest = Json::parse(ReadFile((folder / "manifest.json").string()));
    const int format = manifest.at("format");
    const bool has_crc = manifest.contains("crc32") || format == kFormat;  // the first formats had none
    if (has_crc && manifest.at("crc32").get<std::uint32_t>() != ManifestCrc(manifest)) throw fail("crc of manifest.json");
    if (format != kFormat) {
      throw OtherFormat(ErrorKind::kUser, fmt::format("{}: a checkpoint of format {}, this program reads {}; use the build that "
                                                      "wrote it",
                                                      folder.string(), format, kFormat));
    }
    out.folder = folder.string();
    out.env_steps = manifest.at("env_steps");
    out.updates = manifest.at("updates");
    out.identity = {manifest.at("build_id"), manifest.at("blas_kernel"), manifest.at("config_hash")};
    out.drift_allowed = manifest.at("drift_allowed");
    out.sink_offsets = manifest.at("sink_offsets").get<std::vector<std::uint64_t>>();
    for (const auto& [name, file] : manifest.at("components").items()) {
      std::string bytes = ReadFile((folder / (name + ".bin")).string());
      if (bytes.size() != file.at("bytes").get<std::size_t>()) throw fail("size of " + name + ".bin");
      if (Crc32(bytes) != file.at("crc32").get<std::uint32_t>()) throw fail("crc of " + name + ".bin");
      out.components[name] = std::move(bytes);
    }
    if (with_replay) {
      manifest.at("chunks").at("bytes").get_to(out.chunks.bytes);
      manifest.at("chunks").at("crc32").get_to(out.chunks.crc);
    }
  } catch (const Json::exception&) {
    throw fail("manifest.json cannot be understood");
  }
  for (const std::string& name : Engine::component_names()) {
    if (!out.components.contains(name)) throw fail(name + ".bin is missing");
  }
  CheckChunks(out.chunks, out.folder);
  return out;
}

}  // namespace

CheckpointWriter::CheckpointWriter(std::string run_folder, CheckpointIdentity identity, const std::optional<Checkpoint>& resumed)
    : run_folder_(std::move(run_folder)), identity_(std::move(identity)) {
  if (!resumed) return;
  drift_allowed_ = resumed->drift_allowed;
  before_folder_ = resumed->folder;
  before_ = resumed->chunks;
}

std::size_t CheckpointWriter::Save(Engine& engine) {
  const fs::path parent = Folder(run_folder_), writing = parent / kTemporary;
  const fs::path final_folder = parent / fmt::format("{:020d}", engine.env_steps());
  std::size_t bytes = 0;
  ChunkTable chunks;
  try {
    fs::remove_all(writing);
    fs::create_directories(writing);
    Json manifest = {{"format", kFormat},
                     {"build_id", identity_.build_id},
                     {"blas_kernel", identity_.blas_kernel},
                     {"config_hash", identity_.config_hash},
                     {"drift_allowed", drift_allowed_},
                     {"env_steps", engine.env_steps()},
                     {"updates", engine.updates()},
                     {"sink_offsets", engine.SyncSinks()}};
    if (engine.replay() != nullptr) chunks = SaveChunks(*engine.replay(), writing.string(), before_, before_folder_, &bytes);
    manifest["chunks"] = {{"bytes", chunks.bytes}, {"crc32", chunks.crc}};
    for (const std::string& name : Engine::component_names()) {
      Archive ar;
      engine.Serialize(name, ar);
      WriteAndSync((writing / (name + ".bin")).string(), ar.bytes());
      manifest["components"][name] = {{"bytes", ar.bytes().size()}, {"crc32", Crc32(ar.bytes())}};
      bytes += ar.bytes().size();
      FailPoint("checkpoint.component");
    }
    manifest["crc32"] = ManifestCrc(manifest);
    const std::string text = manifest.dump(1) + "\n";
    WriteAndSync((writing / "manifest.json").string(), text);
    bytes += text.size();
    SyncFolder(writing.string());
    FailPoint("checkpoint.sync");
    const bool same_frames = fs::exists(final_folder);  // that one may be the newest whole one
    const fs::path replaced = parent / kReplaced;
    const bool swapped = same_frames && Exchange(writing.string(), final_folder.string());
    if (same_frames && !swapped) {
      fs::remove_all(replaced);
      Rename(final_folder.string(), replaced.string());
    }
    try {
      if (!swapped) Rename(writing.string(), final_folder.string());
    } catch (const Error&) {
      if (same_frames) Rename(replaced.string(), final_folder.string());
      throw;
    }
    SyncFolder(parent.string());
    SyncFolder(run_folder_);  // the first time it gets `checkpoints` and the files of metrics
    FailPoint("checkpoint.rename");
    if (same_frames) RemoveCheckpoint(swapped ? writing : replaced);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(writing, ignored);
    throw SystemError(
        fmt::format("{}: checkpoint not written: {}; the ones before are intact", parent.string(), error.code().message()));
  } catch (const Error& error) {
    std::error_code ignored;
    fs::remove_all(writing, ignored);
    throw SystemError(fmt::format("{}; checkpoint not written, the ones before are intact", error.what()));
  }
  // Others, older or newer, are of no use: the run did not go on from them. Unless the new one took the place of the one before.
  for (const fs::path& folder : Finished(run_folder_)) {
    if (folder != final_folder && folder != before_folder_ && before_folder_ != final_folder) RemoveCheckpoint(folder);
  }
  before_folder_ = final_folder.string();
  before_ = std::move(chunks);
  return bytes;
}

std::int64_t FramesSaved(const std::string& run_folder) {
  const auto finished = Finished(run_folder);
  return finished.empty() ? 0 : std::stoll(finished.front().filename().string());
}

std::optional<Checkpoint> LoadCheckpoint(const std::string& run_folder, std::vector<std::string>* warnings, bool with_replay) {
  std::vector<std::string> damaged;
  for (const fs::path& folder : Finished(run_folder)) {
    try {
      Checkpoint checkpoint = Read(folder, with_replay);
      for (const std::string& what : damaged)
        warnings->push_back(fmt::format("{}; using the one of {} frames", what, checkpoint.env_steps));
      return checkpoint;
    } catch (const OtherFormat&) {
      throw;
    } catch (const Error& error) {
      damaged.push_back(fmt::format("{} is damaged ({})", folder.string(), error.what()));
    }
  }
  if (!damaged.empty()) throw SystemError(damaged.front() + "; no older one is whole: start the run again in another folder");
  return std::nullopt;
}

Checkpoint LoadCheckpointOf(const std::string& run_folder, std::int64_t env_steps) {
  std::string others;
  for (const fs::path& folder : Finished(run_folder)) {
    std::string frames = folder.filename().string();
    frames.erase(0, std::min(frames.find_first_not_of('0'), frames.size() - 1));
    others += (others.empty() ? "" : ", ") + frames;
    if (frames != std::to_string(env_steps)) continue;
    try {
      return Read(folder, /*with_replay=*/true);
    } catch (const OtherFormat&) {
      throw;
    } catch (const Error& error) {
      throw SystemError(fmt::format("{} is damaged ({}); name another checkpoint", folder.string(), error.what()));
    }
  }
  throw UserError(
      fmt::format("{}: has no checkpoint of {} frames; it has {}", run_folder, env_steps, others.empty() ? "none" : others));
}

void RestoreEngine(const Checkpoint& checkpoint, Engine& engine) {
  for (const std::string& name : Engine::component_names()) {
    Archive ar(checkpoint.components.at(name), checkpoint.folder + "/" + name + ".bin");
    engine.Serialize(name, ar);
    ar.ExpectEnd();
  }
  if (engine.replay() != nullptr) LoadChunks(checkpoint.chunks, checkpoint.folder, *engine.replay());
}

void RestoreAgent(const Checkpoint& checkpoint, Agent& agent) {
  Archive ar(checkpoint.components.at("agent"), checkpoint.folder + "/agent.bin");
  agent.Serialize(ar);
  ar.ExpectEnd();
}

std::string BuildId() {
  std::string id = "unknown";
  // The first object of dl_iterate_phdr is the executable itself.
  const auto visit = [](dl_phdr_info* info, std::size_t, void* out) {
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const auto& header = info->dlpi_phdr[i];
      if (header.p_type != PT_NOTE) continue;
      const auto* at = reinterpret_cast<const char*>(info->dlpi_addr + header.p_vaddr);
      const char* const end = at + header.p_memsz;
      while (at + sizeof(ElfW(Nhdr)) <= end) {
        ElfW(Nhdr) note;
        std::memcpy(&note, at, sizeof note);
        const char* const name = at + sizeof note;
        const char* const bytes = name + (note.n_namesz + 3) / 4 * 4;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0) {
          std::string hex;
          for (std::uint32_t k = 0; k < note.n_descsz; ++k) hex += fmt::format("{:02x}", static_cast<unsigned char>(bytes[k]));
          *static_cast<std::string*>(out) = hex;
          return 1;
        }
        at = bytes + (note.n_descsz + 3) / 4 * 4;
      }
    }
    return 1;
  };
  dl_iterate_phdr(visit, &id);
  return id;
}

}  // namespace rove
