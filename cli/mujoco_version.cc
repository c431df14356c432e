// Tells `rove doctor` and run headers which MuJoCo is loaded.
#include "envs/mujoco_version.h"

#include "cli/versions.h"

namespace rove {
namespace {
const LibraryRegistrar kMujoco("MuJoCo", MujocoVersion());
}
}  // namespace rove
