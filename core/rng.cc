#include "core/rng.h"

#include <Random123/philox.h>

#include <bit>
#include <cmath>
#include <numbers>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/archive.h"

namespace rove {
namespace {

__extension__ using U128 = unsigned __int128;

// numpy/random/bit_generator.pyx (SeedSequence) and O'Neill's seed_seq_fe.
constexpr std::uint32_t kInitA = 0x43b0d7e5, kMultA = 0x931e8875, kInitB = 0x8b51f9dd, kMultB = 0x58f38ded, kMixL = 0xca01f9dd,
                        kMixR = 0x4973f715;
constexpr int kShift = 16;
constexpr std::size_t kPool = 4;

std::array<std::uint64_t, 4> SeedSequenceState(std::span<const std::uint32_t> words) {
  std::uint32_t hash_constant = kInitA;
  const auto hash = [&hash_constant](std::uint32_t value) {
    value ^= hash_constant;
    hash_constant *= kMultA;
    value *= hash_constant;
    return value ^ (value >> kShift);
  };
  const auto mix = [](std::uint32_t x, std::uint32_t y) {
    const std::uint32_t result = kMixL * x - kMixR * y;
    return result ^ (result >> kShift);
  };
  std::array<std::uint32_t, kPool> pool;
  for (std::size_t i = 0; i < kPool; ++i) pool[i] = hash(i < words.size() ? words[i] : 0);
  for (std::size_t from = 0; from < kPool; ++from) {
    for (std::size_t to = 0; to < kPool; ++to) {
      if (from != to) pool[to] = mix(pool[to], hash(pool[from]));
    }
  }
  for (std::size_t from = kPool; from < words.size(); ++from) {
    for (std::uint32_t& to : pool) to = mix(to, hash(words[from]));
  }
  std::array<std::uint64_t, 4> out{};
  hash_constant = kInitB;
  for (std::size_t k = 0; k < 8; ++k) {
    std::uint32_t value = pool[k % kPool] ^ hash_constant;
    hash_constant *= kMultB;
    value *= hash_constant;
    value ^= value >> kShift;
    out[k / 2] |= static_cast<std::uint64_t>(value) << (k % 2 * 32);
  }
  return out;
}

}  // namespace

void Pcg64::Reseed(Seed seed) {
  const std::uint32_t words[] = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  Reseed(std::span(words, seed >> 32 ? 2 : 1));
}

void Pcg64::Reseed(std::span<const std::uint32_t> seed_words) {
  const auto w = SeedSequenceState(seed_words);
  s_ = {};
  s_.inc = ((static_cast<U128>(w[2]) << 64 | w[3]) << 1) | 1;
  s_.state = s_.inc;  // one step from 0
  s_.state += static_cast<U128>(w[0]) << 64 | w[1];
  s_.state = s_.state * kMultiplier + s_.inc;
}

double Pcg64::NextDouble() { return static_cast<double>(Next64() >> 11) * 0x1.0p-53; }

std::uint64_t Pcg64::DrawWide(std::uint64_t range) {
  if (range == 0xffffffffULL) return Next32();
  if (range == ~0ULL) return Next64();
  const std::uint64_t count = range + 1;
  U128 product = static_cast<U128>(Next64()) * count;
  if (static_cast<std::uint64_t>(product) < count) {
    const std::uint64_t threshold = (~0ULL - range) % count;
    while (static_cast<std::uint64_t>(product) < threshold) product = static_cast<U128>(Next64()) * count;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t Pcg64::Masked(std::uint64_t max) {
  ROVE_DCHECK(max < (1ULL << 32));
  const std::uint64_t mask = max == 0 ? 0 : (~0ULL >> std::countl_zero(max));
  std::uint64_t value;
  do value = Next32() & mask;
  while (value > max);
  return value;
}

void Pcg64::Serialize(Archive& ar) {  // field by field: the struct has padding, whose bytes are nobody's
  ar.Block("state", &s_.state, sizeof s_.state);
  ar.Block("inc", &s_.inc, sizeof s_.inc);
  ar("has_half", s_.has_half);
  ar("half", s_.half);
}

// ---- Counter-based streams. Philox key: hash of (seed, purpose); counter: (block, row, step). ----

Noise::Noise(Seed seed, std::string_view purpose) : key_(XXH3_64bits_withSeed(purpose.data(), purpose.size(), seed)) {}

Noise Noise::Sub(std::uint64_t index) const { return Noise(XXH3_64bits_withSeed(&index, sizeof index, key_)); }

Seed DeriveSeed(Seed run_seed, std::string_view purpose, std::uint64_t index) {
  return Noise(run_seed, purpose).At(static_cast<std::uint32_t>(index), index >> 32).Bits64() >> 1;
}

std::uint32_t NoiseStream::Bits32() {
  if (left_ == 0) {
    const r123::Philox4x32::ctr_type counter = {
        {block_++, row_, static_cast<std::uint32_t>(step_), static_cast<std::uint32_t>(step_ >> 32)}};
    const r123::Philox4x32::key_type key = {{static_cast<std::uint32_t>(key_), static_cast<std::uint32_t>(key_ >> 32)}};
    const auto words = r123::Philox4x32()(counter, key);
    for (std::size_t i = 0; i < 4; ++i) words_[i] = words[i];
    left_ = 4;
  }
  return words_[static_cast<std::size_t>(4 - left_--)];
}

std::uint64_t NoiseStream::Bits64() {
  const std::uint64_t low = Bits32();
  return low | static_cast<std::uint64_t>(Bits32()) << 32;
}

float NoiseStream::Uniform() { return static_cast<float>(Bits32() >> 8) * 0x1.0p-24f; }
float NoiseStream::UniformOpen() { return (static_cast<float>(Bits32() >> 9) + 0.5f) * 0x1.0p-23f; }
double NoiseStream::UniformDouble() { return static_cast<double>(Bits64() >> 11) * 0x1.0p-53; }

float NoiseStream::Normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - UniformDouble()));
  return static_cast<float>(radius * std::cos(2.0 * std::numbers::pi * UniformDouble()));
}

std::uint32_t NoiseStream::Below(std::uint32_t n) {  // Lemire 2019
  ROVE_DCHECK(n > 0);
  std::uint64_t product = static_cast<std::uint64_t>(Bits32()) * n;
  if (static_cast<std::uint32_t>(product) < n) {
    const std::uint32_t threshold = (0U - n) % n;
    while (static_cast<std::uint32_t>(product) < threshold) product = static_cast<std::uint64_t>(Bits32()) * n;
  }
  return static_cast<std::uint32_t>(product >> 32);
}

}  // namespace rove
