// Tells `rove doctor` and run headers which LibTorch is built in.
#include <torch/version.h>

#include "cli/versions.h"

namespace rove {
namespace {
const LibraryRegistrar kTorch("LibTorch", TORCH_VERSION);
}
}  // namespace rove
