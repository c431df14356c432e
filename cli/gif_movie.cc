#include "cli/gif_movie.h"

#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file.h"

namespace rove {
namespace {

struct Rectangle {
  int x = 0, y = 0, width = 0, height = 0;
};

std::uint32_t ColorAt(const Picture& picture, int x, int y) {
  const std::uint8_t* const p =
      &picture.rgb[(static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) + static_cast<std::size_t>(x)) * 3];
  return static_cast<std::uint32_t>(p[0] << 16 | p[1] << 8 | p[2]);
}

// The smallest rectangle outside of which the pictures are equal; one pixel if they are equal everywhere.
Rectangle Changed(const Picture& before, const Picture& now) {
  int x0 = now.width, y0 = now.height, x1 = -1, y1 = -1;
  for (int y = 0; y < now.height; ++y) {
    for (int x = 0; x < now.width; ++x) {
      if (ColorAt(before, x, y) == ColorAt(now, x, y)) continue;
      x0 = std::min(x0, x), x1 = std::max(x1, x);
      y0 = std::min(y0, y), y1 = std::max(y1, y);
    }
  }
  return x1 < 0 ? Rectangle{0, 0, 1, 1} : Rectangle{x0, y0, x1 - x0 + 1, y1 - y0 + 1};
}

int Distance(std::uint32_t a, std::uint32_t b) {
  int sum = 0;
  for (const int shift : {0, 8, 16}) {
    const int d = static_cast<int>(a >> shift & 255) - static_cast<int>(b >> shift & 255);
    sum += d * d;
  }
  return sum;
}

struct Indexed {
  std::vector<GifByteType> pixels;
  std::vector<std::uint32_t> colors;  // at most 256, 0xRRGGBB
};

Indexed IndexColors(const Picture& picture, const Rectangle& part) {
  constexpr std::size_t kMax = 256;
  std::unordered_map<std::uint32_t, std::size_t> known;     // color -> its place in `all`
  std::vector<std::pair<std::int64_t, std::uint32_t>> all;  // minus how often, color; in order of appearance
  for (int y = part.y; y < part.y + part.height; ++y) {
    for (int x = part.x; x < part.x + part.width; ++x) {
      const std::uint32_t color = ColorAt(picture, x, y);
      const auto [at, is_new] = known.emplace(color, all.size());
      if (is_new) all.emplace_back(0, color);
      --all[at->second].first;
    }
  }
  if (all.size() > kMax) std::sort(all.begin(), all.end());
  Indexed out;
  for (std::size_t i = 0; i < std::min(all.size(), kMax); ++i) out.colors.push_back(all[i].second);
  std::unordered_map<std::uint32_t, GifByteType> index;
  for (const auto& [count, color] : all) {
    const auto nearest = std::min_element(out.colors.begin(), out.colors.end(), [c = color](std::uint32_t a, std::uint32_t b) {
      return Distance(a, c) < Distance(b, c);
    });
    index[color] = static_cast<GifByteType>(nearest - out.colors.begin());
  }
  for (int y = part.y; y < part.y + part.height; ++y) {
    for (int x = part.x; x < part.x + part.width; ++x) out.pixels.push_back(index[ColorAt(picture, x, y)]);
  }
  return out;
}

struct FreeColorMap {
  void operator()(ColorMapObject* map) const { GifFreeMapObject(map); }
};

std::unique_ptr<ColorMapObject, FreeColorMap> MakeColorMap(const std::vector<std::uint32_t>& colors) {
  int size = 2;
  while (size < static_cast<int>(colors.size())) size *= 2;
  std::vector<GifColorType> table(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < colors.size(); ++i) {
    table[i] = {static_cast<GifByteType>(colors[i] >> 16), static_cast<GifByteType>(colors[i] >> 8 & 255),
                static_cast<GifByteType>(colors[i] & 255)};
  }
  return std::unique_ptr<ColorMapObject, FreeColorMap>(GifMakeMapObject(size, table.data()));
}

// Writing to memory fails only if there is none left.
void Check(int result) {
  if (result != GIF_OK) throw SystemError("giflib cannot encode a picture; out of memory?");
}

}  // namespace

GifMovie::GifMovie(std::string path) : path_(std::move(path)) {}

GifMovie::~GifMovie() {
  int error = 0;
  if (gif_ != nullptr) EGifCloseFile(gif_, &error);
}

void GifMovie::Begin(int width, int height) {
  constexpr int kMaxSide = 65535;
  if (width > kMaxSide || height > kMaxSide) throw UserError(path_ + ": a GIF has at most 65535 x 65535 pixels; lower --scale");
  const auto append = [](GifFileType* gif, const GifByteType* bytes, int count) {
    static_cast<std::string*>(gif->UserData)->append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
    return count;
  };
  int error = 0;
  gif_ = EGifOpen(&bytes_, append, &error);
  Check(gif_ == nullptr ? GIF_ERROR : GIF_OK);
  EGifSetGifVersion(gif_, true);  // 89a
  Check(EGifPutScreenDesc(gif_, width, height, 8, 0, nullptr));
  constexpr std::array<GifByteType, 3> kForEver = {1, 0, 0};
  Check(EGifPutExtensionLeader(gif_, APPLICATION_EXT_FUNC_CODE));
  Check(EGifPutExtensionBlock(gif_, 11, "NETSCAPE2.0"));
  Check(EGifPutExtensionBlock(gif_, kForEver.size(), kForEver.data()));
  Check(EGifPutExtensionTrailer(gif_));
}

void GifMovie::Add(const Picture& picture, int show_cs) {
  const bool first = gif_ == nullptr;
  if (first) Begin(picture.width, picture.height);
  const Rectangle part = first ? Rectangle{0, 0, picture.width, picture.height} : Changed(last_, picture);
  Indexed indexed = IndexColors(picture, part);
  const GraphicsControlBlock control = {
      .DisposalMode = DISPOSE_DO_NOT, .UserInputFlag = false, .DelayTime = show_cs, .TransparentColor = NO_TRANSPARENT_COLOR};
  std::array<GifByteType, 4> extension;
  EGifGCBToExtension(&control, extension.data());
  Check(EGifPutExtension(gif_, GRAPHICS_EXT_FUNC_CODE, extension.size(), extension.data()));
  Check(EGifPutImageDesc(gif_, part.x, part.y, part.width, part.height, false, MakeColorMap(indexed.colors).get()));
  Check(EGifPutLine(gif_, indexed.pixels.data(), static_cast<int>(indexed.pixels.size())));
  last_ = picture;
}

void GifMovie::Write() {
  int error = 0;
  if (gif_ == nullptr) throw UserError(path_ + ": there is no picture to write");
  Check(EGifCloseFile(std::exchange(gif_, nullptr), &error));
  WriteFileAtomically(path_, bytes_);
}

}  // namespace rove
