// The run folder as commands read it: RUN/config.yaml holds the resolved config, and makes the folder a run.
#pragma once

#include <span>
#include <string>

#include "core/config.h"

namespace rove {

std::string ConfigPath(const std::string& folder);
bool HoldsRun(const std::string& folder);

// The config a run was started with, plus overrides; run.folder is `folder`, wherever it was moved. Throws Error(kUser) if
// `folder` is no run.
Config LoadStoredConfig(const std::string& folder, std::span<const std::string> overrides = {});

}  // namespace rove
