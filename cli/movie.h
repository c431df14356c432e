// Pictures in order, as one animated GIF or as PNG files. giflib and libpng encode; the same pictures give the same bytes.
#pragma once

#include <memory>
#include <string>

#include "envs/renderable.h"

namespace rove {

class Movie {
 public:
  virtual ~Movie() = default;

  // Appends a picture, all of one size, shown for show_cs hundredths of a second. Encoded at once and kept in memory.
  virtual void Add(const Picture& picture, int show_cs) = 0;

  // Writes what was added: all of it or nothing. Throws Error(kSystem) "path: reason".
  virtual void Write() = 0;
};

// By how `path` ends:
//   x.gif    one file. A picture is stored as the rectangle that changed, without loss unless it has more than 256 colours: then
//            its 256 most frequent ones are kept
//   x.png    x-00000.png, x-00001.png, ...; those of an earlier recording are replaced, all of them
//   x/       x/00000.png, ...; x must be new or empty. The same if x is a folder
// Throws Error(kUser) for any other ending, and where such files cannot be made.
std::unique_ptr<Movie> MakeMovie(const std::string& path);

}  // namespace rove
