// Runs `rove ARGS...` in this process, inside a folder of its own.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace rove {

struct Ran {
  int status = 0;
  std::string out, err;
};

inline Ran RunRove(const std::vector<std::string>& args) {
  std::ostringstream out, err;
  const int status = RunCommandLine(args, {out, err});
  return {status, out.str(), err.str()};
}

// A fresh folder, removed at the end.
class Sandbox {
 public:
  explicit Sandbox(const std::string& name) : path_(std::filesystem::temp_directory_path() / ("rove_" + name)) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Sandbox() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return *this / name;
  }
  // Names of everything below, sorted.
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      names.push_back(std::filesystem::relative(entry.path(), path_).string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::filesystem::path path_;
};

inline std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace rove
