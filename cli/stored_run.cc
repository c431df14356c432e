#include "cli/stored_run.h"

#include <filesystem>

#include "core/error.h"

namespace rove {

std::string ConfigPath(const std::string& folder) { return (std::filesystem::path(folder) / "config.yaml").string(); }

bool HoldsRun(const std::string& folder) { return std::filesystem::exists(ConfigPath(folder)); }

Config LoadStoredConfig(const std::string& folder, std::span<const std::string> overrides) {
  if (!std::filesystem::exists(folder)) throw UserError(folder + ": no such run folder; `rove train CONFIG` makes one");
  if (!HoldsRun(folder))
    throw UserError(folder + ": is no run (no config.yaml in it); name the folder that `rove train` printed");
  Config config = Config::Load(ConfigPath(folder), overrides);
  config.Set("run.folder", folder);
  return config;
}

}  // namespace rove
