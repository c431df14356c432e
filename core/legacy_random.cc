#include "core/legacy_random.h"

#include <algorithm>
#include <cmath>

#include "core/archive.h"

namespace rove {
namespace {
constexpr std::uint32_t kSize = 624, kShift = 397;
}

void LegacyRandom::FillFrom(std::uint32_t seed) {
  words_[0] = seed;
  for (std::uint32_t i = 1; i < kSize; ++i) words_[i] = 1812433253u * (words_[i - 1] ^ (words_[i - 1] >> 30)) + i;
}

void LegacyRandom::Reseed(std::uint64_t seed) {
  next_ = kSize;
  has_normal_ = false;
  normal_ = 0;
  const std::array<std::uint32_t, 2> key = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  if (key[1] == 0) {
    FillFrom(key[0]);
    return;
  }
  // The reference's init_by_array with two words.
  FillFrom(19650218u);
  std::uint32_t i = 1;
  const auto advance = [&] {
    if (++i == kSize) {
      words_[0] = words_[kSize - 1];
      i = 1;
    }
  };
  const auto mixed = [&](std::uint32_t factor) { return words_[i] ^ ((words_[i - 1] ^ (words_[i - 1] >> 30)) * factor); };
  for (std::uint32_t k = 0; k < kSize; ++k) {
    words_[i] = mixed(1664525u) + key[k % 2] + k % 2;
    advance();
  }
  for (std::uint32_t k = 1; k < kSize; ++k) {
    words_[i] = mixed(1566083941u) - i;
    advance();
  }
  words_[0] = 0x80000000u;
}

void LegacyRandom::Refill() {
  for (std::uint32_t i = 0; i < kSize; ++i) {
    const std::uint32_t y = (words_[i] & 0x80000000u) | (words_[(i + 1) % kSize] & 0x7fffffffu);
    words_[i] = words_[(i + kShift) % kSize] ^ (y >> 1) ^ ((y & 1) != 0 ? 0x9908b0dfu : 0);
  }
  next_ = 0;
}

std::uint32_t LegacyRandom::Next32() {
  if (next_ == kSize) Refill();
  std::uint32_t y = words_[next_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

double LegacyRandom::Uniform() {
  const std::uint32_t a = Next32() >> 5, b = Next32() >> 6;
  return (a * 67108864.0 + b) / 9007199254740992.0;
}

double LegacyRandom::Uniform(double low, double high) { return low + (high - low) * Uniform(); }

double LegacyRandom::Normal() {
  if (has_normal_) {
    has_normal_ = false;
    return normal_;
  }
  double x1 = 0, x2 = 0, r2 = 0;
  do {
    x1 = 2 * Uniform() - 1;
    x2 = 2 * Uniform() - 1;
    r2 = x1 * x1 + x2 * x2;
  } while (r2 >= 1 || r2 == 0);
  const double f = std::sqrt(-2 * std::log(r2) / r2);
  normal_ = f * x1;
  has_normal_ = true;
  return f * x2;
}

void LegacyRandom::Serialize(Archive& ar) {
  ar("words", words_);
  ar("next", next_);
  ar("has_normal", has_normal_);
  ar("normal", normal_);
  next_ = std::min(next_, kSize);  // a damaged archive must not make Next32 read past the words
}

}  // namespace rove
