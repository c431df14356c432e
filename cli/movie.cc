#include "cli/movie.h"

#include <filesystem>

#include "cli/gif_movie.h"
#include "cli/png_movie.h"
#include "core/error.h"

namespace rove {

namespace fs = std::filesystem;

std::unique_ptr<Movie> MakeMovie(const std::string& path) {
  const fs::path out(path);
  const auto extension = out.extension();
  const bool folder = fs::is_directory(out), gif = !folder && extension == ".gif", png = !folder && extension == ".png";
  if (path.empty() || (!folder && !gif && !png && !path.ends_with('/'))) {
    throw UserError(path + ": unknown ending; end it in .gif, in .png (numbered pictures) or in / (a folder of them)");
  }
  if (folder && !fs::is_empty(out)) throw UserError(path + ": holds files; name another folder, or empty it");
  const fs::path parent = (folder || gif || png ? out : out.parent_path()).parent_path();
  if (!folder && !parent.empty() && !fs::is_directory(parent)) {
    throw UserError(path + ": there is no folder " + parent.string() + " to put it in; make it first");
  }
  if (gif) return std::make_unique<GifMovie>(path);
  if (png) return std::make_unique<PngMovie>((parent / out.stem()).string() + "-", /*folder=*/"");
  return std::make_unique<PngMovie>((out / "").string(), folder ? "" : path);
}

}  // namespace rove
