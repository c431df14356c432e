#include "envs/dm_control/mujoco_shim.h"

#include <fmt/format.h>

#include <cstring>

#include "core/error.h"
#include "envs/mujoco_version.h"

namespace rove {

// 2.2.2's mj_versionString says so; 3.17's as well, without a suffix.
std::string MujocoVersion() { return mj_versionString(); }

namespace dm_control {
namespace {

// MuJoCo's default prints each first warning and appends it to MUJOCO_LOG.TXT in the working folder. Physics counts them itself.
[[maybe_unused]] const bool kQuiet = [] {
  mju_user_warning = [](const char*) {};
  return true;
}();

#if mjVERSION_HEADER < 300
constexpr const char* kWarningNames[] = {"mjWARN_INERTIA", "mjWARN_CONTACTFULL", "mjWARN_CNSTRFULL", "mjWARN_VGEOMFULL",
                                         "mjWARN_BADQPOS", "mjWARN_BADQVEL",     "mjWARN_BADQACC",   "mjWARN_BADCTRL"};
#else
constexpr const char* kWarningNames[] = {"mjWARN_INERTIA", "mjWARN_CONTACTFULL", "mjWARN_CNSTRFULL", "mjWARN_BADQPOS",
                                         "mjWARN_BADQVEL", "mjWARN_BADQACC",     "mjWARN_BADCTRL"};
#endif
static_assert(std::size(kWarningNames) == mjNWARNING, "this MuJoCo has other warnings");

// A virtual file system that holds one text file.
class TextFile {
 public:
  explicit TextFile(const std::string& text) {
    mj_defaultVFS(vfs_.get());
#if mjVERSION_HEADER < 300
    const int index =
        mj_makeEmptyFileVFS(vfs_.get(), kName, static_cast<int>(text.size())) == 0 ? mj_findFileVFS(vfs_.get(), kName) : -1;
    if (index >= 0) std::memcpy(vfs_->filedata[index], text.data(), text.size());
    const bool added = index >= 0;
#else
    const bool added = mj_addBufferVFS(vfs_.get(), kName, text.data(), static_cast<int>(text.size())) == 0;
#endif
    if (!added) throw SystemError("MuJoCo " + MujocoVersion() + ": its virtual file system takes no file");
  }
  ~TextFile() { mj_deleteVFS(vfs_.get()); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  const mjVFS* vfs() const { return vfs_.get(); }
  static constexpr const char* kName = "model.xml";

 private:
  std::unique_ptr<mjVFS> vfs_ = std::make_unique<mjVFS>();  // 2 MB in 2.2.2: not for the stack
};

}  // namespace

ModelPtr LoadModel(const std::string& mjcf) {
  if (mj_version() != mjVERSION_HEADER) {
    throw SystemError(fmt::format("MuJoCo {} is loaded, but this program was built for {}; check LD_LIBRARY_PATH",
                                  MujocoVersion(), mjVERSION_HEADER));
  }
  const TextFile file(mjcf);
  std::array<char, 1000> message{};
  ModelPtr model(mj_loadXML(TextFile::kName, file.vfs(), message.data(), static_cast<int>(message.size())));
  if (!model) throw SystemError("MuJoCo " + MujocoVersion() + " refuses a model: " + message.data());
  return model;
}

ModelPtr CopyModel(const mjModel& model) { return ModelPtr(mj_copyModel(nullptr, &model)); }

DataPtr MakeData(const mjModel& model) {
  DataPtr data(mj_makeData(&model));
  if (!data) throw SystemError("MuJoCo: no memory for another simulation; use fewer environments");
  return data;
}

std::string SizeElement(int contacts, int constraint_rows) {
#if mjVERSION_HEADER < 230
  return fmt::format(R"(<size nconmax="{}" njmax="{}"/>)", contacts, constraint_rows);
#else
  return fmt::format(R"(<size memory="{}K"/>)", 64 + 2 * contacts + 4 * constraint_rows);
#endif
}

WarningCounts Warnings(const mjData& data) {
  WarningCounts counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = data.warning[i].number;
  return counts;
}

std::string NewWarnings(const WarningCounts& before, const mjData& data) {
  std::string names;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (data.warning[i].number > before[i]) names += (names.empty() ? "" : ", ") + std::string(kWarningNames[i]);
  }
  return names;
}

}  // namespace dm_control
}  // namespace rove
