// Upstream draws on a canvas of three times the size, one colour over another, lightens it, and averages 3 x 3 samples. Which
// samples a shape covers, and how averages are cut to bytes, depends on the last bit of a few sums: their order and their mix of
// float and double are upstream's.
#include "envs/minigrid/tiles.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "core/error.h"

namespace rove::minigrid {
namespace {

constexpr int kSamples = 3;  // a pixel, in x and in y

using Rgb = std::array<std::uint8_t, 3>;
constexpr Rgb kBlack = {0, 0, 0}, kLines = {100, 100, 100}, kHot = {255, 128, 0};
constexpr std::array<Rgb, kNumColors> kPaint = {
    {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {112, 39, 195}, {255, 255, 0}, {100, 100, 100}}};  // by colour code

Rgb Darker(Rgb color, double factor) {
  for (std::uint8_t& c : color) c = static_cast<std::uint8_t>(factor * c);
  return color;
}

// ---- Shapes: which points (x, y) of the unit square they cover; edges belong to them. y points down. ----

auto Rectangle(double x0, double x1, double y0, double y1) {
  return [=](double x, double y) { return x >= x0 && x <= x1 && y >= y0 && y <= y1; };
}

auto Square(double low, double high) { return Rectangle(low, high, low, high); }

auto Circle(double cx, double cy, double r) {
  return [=](double x, double y) { return (x - cx) * (x - cx) + (y - cy) * (y - cy) <= r * r; };
}

struct FloatPoint {
  float x, y;
};

// Points within r of the line from (x0, y0) to (x1, y1).
auto Line(double x0, double y0, double x1, double y1, double r) {
  const FloatPoint p0 = {static_cast<float>(x0), static_cast<float>(y0)}, p1 = {static_cast<float>(x1), static_cast<float>(y1)};
  FloatPoint along = {p1.x - p0.x, p1.y - p0.y};
  const float length = std::sqrt(along.x * along.x + along.y * along.y);
  along = {along.x / length, along.y / length};
  const auto box = Rectangle(std::min(x0, x1) - r, std::max(x0, x1) + r, std::min(y0, y1) - r, std::max(y0, y1) + r);
  return [=](double x, double y) {
    if (!box(x, y)) return false;
    const double at = std::clamp((x - p0.x) * along.x + (y - p0.y) * along.y, 0.0, static_cast<double>(length));
    const double dx = x - (p0.x + at * along.x), dy = y - (p0.y + at * along.y);
    return std::sqrt(dx * dx + dy * dy) <= r;
  };
}

// The agent: a triangle that points in its direction.
auto Pointer(int direction) {
  constexpr FloatPoint kA = {0.12f, 0.19f}, kB = {0.87f, 0.50f}, kC = {0.12f, 0.81f};
  constexpr FloatPoint kV0 = {kC.x - kA.x, kC.y - kA.y}, kV1 = {kB.x - kA.x, kB.y - kA.y};
  constexpr float k00 = kV0.x * kV0.x + kV0.y * kV0.y, k01 = kV0.x * kV1.x + kV0.y * kV1.y, k11 = kV1.x * kV1.x + kV1.y * kV1.y;
  constexpr float kInverse = 1 / (k00 * k11 - k01 * k01);
  const double turn = -0.5 * std::numbers::pi * direction, cosine = std::cos(turn), sine = std::sin(turn);
  return [=](double x, double y) {
    x -= 0.5;
    y -= 0.5;
    const double x2 = 0.5 + x * cosine - y * sine - kA.x, y2 = 0.5 + y * cosine + x * sine - kA.y;
    const double k02 = kV0.x * x2 + kV0.y * y2, k12 = kV1.x * x2 + kV1.y * y2;
    const double u = (k11 * k02 - k01 * k12) * kInverse, v = (k00 * k12 - k01 * k02) * kInverse;
    return u >= 0 && v >= 0 && u + v < 1;
  };
}

class Canvas {
 public:
  explicit Canvas(int tile_size) : size_(kSamples * tile_size), samples_(static_cast<std::size_t>(size_) * size_, kBlack) {}

  template <class Shape>
  void Fill(const Shape& covers, Rgb color) {
    for (int y = 0; y < size_; ++y) {
      for (int x = 0; x < size_; ++x) {
        if (covers((x + 0.5) / size_, (y + 0.5) / size_)) at(x, y) = color;
      }
    }
  }

  void Lighten() {
    for (Rgb& sample : samples_) {
      for (std::uint8_t& c : sample) c = static_cast<std::uint8_t>(c + 0.3 * (255 - c));
    }
  }

  void Average(std::uint8_t* tile) {  // u8 [tile_size, tile_size, 3]
    for (int y = 0; y < size_; y += kSamples) {
      for (int x = 0; x < size_; x += kSamples) {
        for (std::size_t c = 0; c < 3; ++c) {
          double sum = 0;
          for (int dy = 0; dy < kSamples; ++dy) {
            sum += static_cast<double>(at(x, y + dy)[c] + at(x + 1, y + dy)[c] + at(x + 2, y + dy)[c]) / kSamples;
          }
          *tile++ = static_cast<std::uint8_t>(sum / kSamples);
        }
      }
    }
  }

 private:
  Rgb& at(int x, int y) {
    return samples_[static_cast<std::size_t>(y) * static_cast<std::size_t>(size_) + static_cast<std::size_t>(x)];
  }
  int size_;
  std::vector<Rgb> samples_;
};

void DrawLava(Canvas& canvas) {
  canvas.Fill(Square(0, 1), kHot);
  for (int wave = 0; wave < 3; ++wave) {
    const double high = 0.3 + 0.2 * wave, low = 0.4 + 0.2 * wave;  // of its crests and troughs
    canvas.Fill(Line(0.1, high, 0.3, low, 0.03), kBlack);
    canvas.Fill(Line(0.3, low, 0.5, high, 0.03), kBlack);
    canvas.Fill(Line(0.5, high, 0.7, low, 0.03), kBlack);
    canvas.Fill(Line(0.7, low, 0.9, high, 0.03), kBlack);
  }
}

void DrawThing(Canvas& canvas, Cell cell) {
  const Rgb color = kPaint.at(ColorOf(cell));
  switch (KindOf(cell)) {
    case kUnseen:
    case kEmpty:
    case kAgent: break;
    case kWall:
    case kGoal: canvas.Fill(Square(0, 1), color); break;
    case kFloor: canvas.Fill(Square(0.031, 1), Darker(color, 0.5)); break;
    case kLava: DrawLava(canvas); break;
    case kDoorOpen:
      canvas.Fill(Rectangle(0.88, 1, 0, 1), color);
      canvas.Fill(Rectangle(0.92, 0.96, 0.04, 0.96), kBlack);
      break;
    case kDoorClosed:
      canvas.Fill(Square(0, 1), color);
      canvas.Fill(Square(0.04, 0.96), kBlack);
      canvas.Fill(Square(0.08, 0.92), color);
      canvas.Fill(Square(0.12, 0.88), kBlack);
      canvas.Fill(Circle(0.75, 0.5, 0.08), color);
      break;
    case kDoorLocked:
      canvas.Fill(Square(0, 1), color);
      canvas.Fill(Square(0.06, 0.94), Darker(color, 0.45));
      canvas.Fill(Rectangle(0.52, 0.75, 0.5, 0.56), color);
      break;
    case kKey:
      canvas.Fill(Rectangle(0.5, 0.63, 0.31, 0.88), color);
      canvas.Fill(Rectangle(0.38, 0.5, 0.59, 0.66), color);
      canvas.Fill(Rectangle(0.38, 0.5, 0.81, 0.88), color);
      canvas.Fill(Circle(0.56, 0.28, 0.19), color);
      canvas.Fill(Circle(0.56, 0.28, 0.064), kBlack);
      break;
    case kBall: canvas.Fill(Circle(0.5, 0.5, 0.31), color); break;
    case kBox:
      canvas.Fill(Square(0.12, 0.88), color);
      canvas.Fill(Square(0.18, 0.82), kBlack);
      canvas.Fill(Rectangle(0.16, 0.84, 0.47, 0.53), color);
      break;
  }
}

}  // namespace

const Tiles& Tiles::OfSize(int size) {
  ROVE_CHECK_LE(1, size);
  ROVE_CHECK_LE(size, kMaxTileSize);
  static std::mutex mutex;
  static std::map<int, std::unique_ptr<Tiles>> sizes;
  const std::lock_guard lock(mutex);
  std::unique_ptr<Tiles>& tiles = sizes[size];
  if (!tiles) tiles.reset(new Tiles(size));
  return *tiles;
}

const std::uint8_t* Tiles::Add(Cell cell, int agent, bool lit) const {
  const std::lock_guard lock(mutex_);
  std::atomic<const std::uint8_t*>& entry = tiles_[Index(cell, agent, lit)];
  if (const std::uint8_t* const tile = entry.load(std::memory_order_relaxed)) return tile;  // another thread was faster
  Canvas canvas(size_);
  canvas.Fill(Rectangle(0, 0.031, 0, 1), kLines);  // left and upper edge
  canvas.Fill(Rectangle(0, 1, 0, 0.031), kLines);
  DrawThing(canvas, cell);
  if (agent != kNoAgent) canvas.Fill(Pointer(agent), kPaint[kRed]);
  if (lit) canvas.Lighten();
  auto tile = std::make_unique<std::uint8_t[]>(static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_) * 3);
  canvas.Average(tile.get());
  entry.store(tile.get(), std::memory_order_release);
  return storage_.emplace_back(std::move(tile)).get();
}

}  // namespace rove::minigrid
