#include "cli/resume.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <string_view>

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

// Keys (and, with a final dot, groups of keys) that leave every learned number as it is up to the frames reached.
bool MayChange(std::string_view path) {
  constexpr std::array<std::string_view, 6> kFree = {"run.frames", "run.threads", "run.folder",
                                                     "log.",       "evaluation.", "checkpoint."};
  return std::any_of(kFree.begin(), kFree.end(), [&](std::string_view free) {
    return free.back() == '.' ? path.substr(0, free.size()) == free : path == free;
  });
}

}  // namespace

std::map<std::string, std::string> Leaves(const std::string& yaml) {
  std::map<std::string, std::string> out;
  Collect(YAML::Load(yaml), "", &out);
  return out;
}

std::string ConfigHash(const std::map<std::string, std::string>& leaves) {
  std::string text;
  for (const auto& [path, value] : leaves) {
    if (!MayChange(path)) text += path + "=" + value + "\n";
  }
  return fmt::format("{:08x}", Crc32(text));
}

std::string ConfigHash(const std::string& resolved) { return ConfigHash(Leaves(resolved)); }

std::string CheckResume(const std::string& folder, const std::string& stored, const std::string& asked) {
  const auto before = Leaves(stored), now = Leaves(asked);
  const auto value_in = [](const std::map<std::string, std::string>& leaves, const std::string& path) {
    const auto found = leaves.find(path);
    return found == leaves.end() ? "nothing" : found->second;
  };
  auto all = before;
  all.insert(now.begin(), now.end());
  for (const auto& [path, unused] : all) {
    const std::string was = value_in(before, path), is = value_in(now, path);
    if (was == is || MayChange(path)) continue;
    throw UserError(
        fmt::format("{}: {}: the run was started with {}, got {}; a resumed run may change only run.frames, run.threads, "
                    "log, evaluation and checkpoint: start another --run",
                    folder, path, was, is));
  }
  const std::string was = before.at("run.frames"), is = now.at("run.frames");
  return was == is ? "" : fmt::format("run.frames: {} -> {}; schedules that end with the run now end there", was, is);
}

}  // namespace rove
