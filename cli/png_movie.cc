#include "cli/png_movie.h"

#include <fmt/format.h>
#include <png.h>

#include <filesystem>

#include "core/error.h"
#include "core/file.h"

namespace rove {

namespace fs = std::filesystem;

PngMovie::PngMovie(std::string prefix, std::string new_folder) : prefix_(std::move(prefix)), new_folder_(std::move(new_folder)) {}

void PngMovie::Add(const Picture& picture, int) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, /*convert_to_8bit=*/0, picture.rgb.data(), /*row_stride=*/0,
                                /*colormap=*/nullptr) == 0) {
    throw SystemError(std::string("libpng cannot encode a picture: ") + image.message);
  }
  bytes.resize(size);
  bytes.shrink_to_fit();
  files_.push_back(std::move(bytes));
}

void PngMovie::Write() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < files_.size(); ++i) names.push_back(fmt::format("{}{:05}.png", prefix_, i));
  try {  // what can fail comes before the first file has its name
    if (!new_folder_.empty()) fs::create_directory(new_folder_);
    for (std::size_t i = 0; i < files_.size(); ++i) WriteAndSync(names[i] + ".tmp", files_[i]);
  } catch (...) {
    std::error_code ignored;
    for (const std::string& name : names) fs::remove(name + ".tmp", ignored);
    if (!new_folder_.empty()) fs::remove(new_folder_, ignored);
    throw;
  }
  for (const std::string& name : names) Rename(name + ".tmp", name);
  std::error_code ignored;  // the end of a longer recording that had this name
  for (std::size_t i = files_.size(); fs::remove(fmt::format("{}{:05}.png", prefix_, i), ignored); ++i) continue;
  SyncFolder(fs::path(prefix_).parent_path().string());
}

}  // namespace rove
