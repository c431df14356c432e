// See cli/movie.h.
#pragma once

#include <string>

#include "cli/movie.h"

struct GifFileType;

namespace rove {

class GifMovie final : public Movie {
 public:
  explicit GifMovie(std::string path);
  ~GifMovie() override;
  GifMovie(const GifMovie&) = delete;
  GifMovie& operator=(const GifMovie&) = delete;
  void Add(const Picture& picture, int show_cs) override;
  void Write() override;

 private:
  void Begin(int width, int height);  // header; plays for ever

  std::string path_, bytes_;
  GifFileType* gif_ = nullptr;  // writes to bytes_; none before the first picture and after Write
  Picture last_;
};

}  // namespace rove
