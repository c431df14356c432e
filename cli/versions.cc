#include "cli/versions.h"

#include <fmt/core.h>
#include <google/protobuf/stubs/common.h>
#ifdef ROVE_TBB
#include <tbb/version.h>
#endif
#include <zlib.h>

#include <CLI/Version.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "replay/replay_file.h"

namespace rove {
namespace {

std::map<std::string, std::string>& Libraries() {
  static std::map<std::string, std::string> libraries;
  return libraries;
}

const LibraryRegistrar kCli("CLI11", CLI11_VERSION);
const LibraryRegistrar kFmt("fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100));
const LibraryRegistrar kHdf5("HDF5", Hdf5Version());
const LibraryRegistrar kJson("nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                                          NLOHMANN_JSON_VERSION_PATCH));
const LibraryRegistrar kProtobuf("protobuf", google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION));
#ifdef ROVE_TBB
const LibraryRegistrar kTbb("oneTBB", TBB_VERSION_STRING);
#endif
const LibraryRegistrar kZlib("zlib", zlibVersion());

}  // namespace

LibraryRegistrar::LibraryRegistrar(const std::string& name, const std::string& version) { Libraries()[name] = version; }

std::string CompilerVersion() {
#if defined(__clang__)
  return fmt::format("clang++ {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

std::vector<std::pair<std::string, std::string>> LibraryVersions() { return {Libraries().begin(), Libraries().end()}; }

}  // namespace rove
