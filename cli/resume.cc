#include "cli/resume.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "cli/stored_run.h"
#include "core/error.h"
#include "core/file.h"

namespace rove {
namespace {

void Collect(const YAML::Node& node, const std::string& path, std::map<std::string, std::string>* out) {
  if (node.IsMap()) {
    for (const auto& item : node) {
      const auto key = item.first.as<std::string>();
      Collect(item.second, path.empty() ? key : path + "." + key, out);
    }
  } else if (node.IsSequence()) {
    for (std::size_t i = 0; i < node.size(); ++i) Collect(node[i], fmt::format("{}[{}]", path, i), out);
  } else {
    (*out)[path] = node.IsScalar() ? node.Scalar() : "";
  }
}

}  // namespace

bool MayChangeOnResume(std::string_view path) {
  constexpr std::array<std::string_view, 3> kKeys = {"run.frames", "run.threads", "run.folder"};
  constexpr std::array<std::string_view, 3> kGroups = {"log.", "evaluation.", "checkpoint."};
  return std::find(kKeys.begin(), kKeys.end(), path) != kKeys.end() ||
         std::any_of(kGroups.begin(), kGroups.end(), [&](std::string_view group) { return path.starts_with(group); });
}

bool IsSeedOrPlace(std::string_view path) {
  return path == "run.seed" || path == "run.threads" || path == "run.folder" || path.starts_with("log.") ||
         path.starts_with("checkpoint.");
}

std::map<std::string, std::string> Leaves(const std::string& yaml, const std::string& origin) {
  std::map<std::string, std::string> out;
  try {
    Collect(YAML::Load(yaml), "", &out);
  } catch (const YAML::Exception& error) {
    throw UserError(fmt::format("{}:{}: not YAML: {}", origin, error.mark.line + 1, error.msg));
  }
  return out;
}

std::string ConfigHash(const std::map<std::string, std::string>& leaves) {
  std::string text;
  for (const auto& [path, value] : leaves) {
    if (!MayChangeOnResume(path)) text += path + "=" + value + "\n";
  }
  return fmt::format("{:08x}", Crc32(text));
}

std::string ConfigHash(const std::string& resolved) { return ConfigHash(Leaves(resolved)); }

std::string CheckResume(const std::string& folder, const std::string& stored, const std::string& asked) {
  const auto before = Leaves(stored, ConfigPath(folder)), now = Leaves(asked);
  const auto value_in = [](const std::map<std::string, std::string>& leaves, const std::string& path) {
    const auto found = leaves.find(path);
    return found == leaves.end() ? "nothing" : found->second;
  };
  auto all = before;
  all.insert(now.begin(), now.end());
  for (const auto& [path, unused] : all) {
    const std::string was = value_in(before, path), is = value_in(now, path);
    if (was == is || MayChangeOnResume(path)) continue;
    throw UserError(
        fmt::format("{}: {}: the run was started with {}, got {}; a resumed run may change only run.frames, run.threads, "
                    "log, evaluation and checkpoint: start another --run",
                    folder, path, was, is));
  }
  const std::string was = value_in(before, "run.frames"), is = value_in(now, "run.frames");
  return was == is ? "" : fmt::format("run.frames: {} -> {}; schedules that end with the run now end there", was, is);
}

std::vector<std::string> MissingKeys(const std::string& folder, const std::string& stored, const std::string& asked) {
  const auto before = Leaves(stored, ConfigPath(folder));
  std::vector<std::string> missing;
  for (const auto& [path, unused] : Leaves(asked)) {
    if (!before.contains(path) && !MayChangeOnResume(path)) missing.push_back(path);
  }
  return missing;
}

}  // namespace rove
