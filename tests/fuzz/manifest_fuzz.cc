// Any bytes as a checkpoint's manifest.json: either one Error(kSystem) of one line, or a checkpoint with every component.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/error.h"
#include "engine/checkpoint.h"
#include "engine/engine.h"

namespace {

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// A run whose only checkpoint has empty components; one run a process.
std::filesystem::path MakeRun() {
  const auto run = std::filesystem::temp_directory_path() / ("rove_manifest_fuzz_" + std::to_string(getpid()));
  const auto checkpoint = run / "checkpoints" / "00000000000000000001";
  std::filesystem::create_directories(checkpoint);
  for (const std::string& name : rove::Engine::component_names()) std::ofstream(checkpoint / (name + ".bin"));
  return run;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::filesystem::path run = MakeRun();
  std::ofstream(run / "checkpoints" / "00000000000000000001" / "manifest.json", std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  std::vector<std::string> warnings;
  try {
    const auto checkpoint = rove::LoadCheckpoint(run.string(), &warnings);
    Require(checkpoint.has_value(), "neither a checkpoint nor an error");
    for (const std::string& name : rove::Engine::component_names())
      Require(checkpoint->components.contains(name), "a part is missing");
  } catch (const rove::Error& error) {
    Require(error.kind() == rove::ErrorKind::kSystem, "not a system error");
    Require(std::string(error.what()).find('\n') == std::string::npos, "an error of two lines");
  }
  return 0;
}
