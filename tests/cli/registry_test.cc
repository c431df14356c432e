// The names that configs may use. A component that is not linked in, or renamed, shows up here. (needs torch: ppo)
#include <catch2/catch.hpp>

#include "tests/cli/rove_runner.h"

namespace rove {
namespace {

// "rewards count" a line; components of tests are called probe/...
std::string RegisteredNames() {
  std::string names;
  for (const char* kind : {"envs", "agents", "rewards", "bonuses"}) {
    std::istringstream lines(RunRove({"list", kind}).out);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("probe/")) names += std::string(kind) + " " + line.substr(0, line.find(' ')) + "\n";
    }
  }
  return names;
}

TEST_CASE("exactly the recorded names are registered", "[cli][golden]") {
  CHECK(RegisteredNames() == Slurp(ROVE_SOURCE_DIR "/tests/golden/registry.txt"));
}

TEST_CASE("every registered component says in a line what it is", "[cli][unit]") {
  for (const char* kind : {"envs", "agents", "rewards", "bonuses"}) {
    std::istringstream lines(RunRove({"list", kind}).out);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      const auto space = line.find("  ");
      CHECK((space != std::string::npos && line.find_first_not_of(' ', space) != std::string::npos));
    }
  }
}

TEST_CASE("rove --version is the version that CMakeLists.txt states", "[cli][unit]") {
  const std::string version = RunRove({"--version"}).out.substr(0, std::string("rove 0.1.0").size());
  CHECK_THAT(Slurp(ROVE_SOURCE_DIR "/CMakeLists.txt"), Catch::Contains("project(rove VERSION " + version.substr(5) + " "));
}

}  // namespace
}  // namespace rove
