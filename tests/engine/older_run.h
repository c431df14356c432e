// Makes a run look as a build would have left it that did not know one of today's keys.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/resume.h"
#include "core/file.h"

namespace rove {

// Neither config.yaml nor a checkpoint of `run` knows the key whose line begins with `line` ("  rate:").
inline void ForgetKey(const std::string& run, const std::string& line) {
  std::string stored = ReadFile(run + "/config.yaml");
  const std::size_t at = stored.find(line);
  REQUIRE(at != std::string::npos);
  stored.erase(at, stored.find('\n', at) + 1 - at);
  std::ofstream(run + "/config.yaml") << stored;
  for (const auto& entry : std::filesystem::directory_iterator(run + "/checkpoints")) {
    auto manifest = nlohmann::json::parse(ReadFile(entry.path() / "manifest.json"));
    manifest["config_hash"] = ConfigHash(stored);
    manifest.erase("crc32");
    const std::uint32_t crc = Crc32(manifest.dump(1));
    manifest["crc32"] = crc;
    std::ofstream(entry.path() / "manifest.json") << manifest.dump(1) << "\n";
  }
}

}  // namespace rove
