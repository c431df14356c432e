// See cli/movie.h.
#pragma once

#include <string>
#include <vector>

#include "cli/movie.h"

namespace rove {

class PngMovie final : public Movie {
 public:
  // Files are called prefix + "00000.png" and so on. new_folder: the folder to make for them, "" if it is there.
  PngMovie(std::string prefix, std::string new_folder);
  void Add(const Picture& picture, int show_cs) override;
  void Write() override;

 private:
  std::string prefix_, new_folder_;
  std::vector<std::string> files_;
};

}  // namespace rove
