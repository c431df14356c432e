// Randomness, of two kinds.
//   Pcg64        numpy's default generator, bit for bit (SeedSequence, PCG64 XSL-RR, Generator.integers / shuffle / random).
//                Only environments whose upstream uses numpy need it: their levels depend on every single draw.
//   Noise        counter-based streams (Philox 4x32-10, Salmon et al. 2011, from Random123) for everything of our own:
//                a value is a function of (seed, purpose, row, step, index), so neither threads nor order can change it.
// Both hold no hidden state besides what their Serialize writes.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"

namespace rove {

class Archive;
using Seed = std::uint64_t;

// numpy.random.Generator(PCG64(seed)); matched against numpy 1.24.2 and 2.4.6 (tests/core/rng_test.cc).
class Pcg64 {
 public:
  Pcg64() = default;  // unseeded; Seed() must come first
  explicit Pcg64(Seed seed) { Reseed(seed); }
  void Reseed(Seed seed);                                  // SeedSequence(seed); drops a buffered half
  void Reseed(std::span<const std::uint32_t> seed_words);  // seeds beyond 64 bits, little-endian 32-bit words

  std::uint64_t Next64() {
    s_.state = s_.state * kMultiplier + s_.inc;
    const auto high = static_cast<std::uint64_t>(s_.state >> 64), low = static_cast<std::uint64_t>(s_.state);
    return std::rotr(high ^ low, static_cast<int>(high >> 58));
  }
  std::uint32_t Next32() {  // low half first, the high half is buffered for the next call
    if (s_.has_half) {
      s_.has_half = 0;
      return s_.half;
    }
    const std::uint64_t both = Next64();
    s_.has_half = 1;
    s_.half = static_cast<std::uint32_t>(both >> 32);
    return static_cast<std::uint32_t>(both);
  }
  double NextDouble();  // [0, 1), 53 bits; leaves a buffered half alone

  // Generator.integers(low, high): uniform in [low, high), Lemire's method on 32 bits (64 above 2^32 - 1).
  // high == low + 1 draws nothing. Requires low < high.
  std::int64_t Integers(std::int64_t low, std::int64_t high) {
    ROVE_DCHECK_LT(low, high);
    const auto range = static_cast<std::uint64_t>(high) - 1 - static_cast<std::uint64_t>(low);  // inclusive
    if (range == 0) return low;
    if (range >= 0xffffffffULL) return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + DrawWide(range));
    const auto count = static_cast<std::uint32_t>(range) + 1;
    std::uint64_t product = static_cast<std::uint64_t>(Next32()) * count;
    if (static_cast<std::uint32_t>(product) < count) [[unlikely]] {
      const std::uint32_t threshold = (0U - count) % count;
      while (static_cast<std::uint32_t>(product) < threshold) product = static_cast<std::uint64_t>(Next32()) * count;
    }
    return low + static_cast<std::int64_t>(product >> 32);
  }

  // Generator.shuffle: Fisher-Yates from the end with masked rejection (another method than Integers).
  template <class T>
  void Shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i-- > 1;) std::swap(items[i], items[Masked(i)]);
  }

  struct State {
    __extension__ unsigned __int128 state = 0, inc = 0;
    std::uint32_t has_half = 0, half = 0;
    bool operator==(const State&) const = default;
  };
  const State& state() const { return s_; }
  void set_state(const State& state) { s_ = state; }
  void Serialize(Archive& ar);

 private:
  __extension__ static constexpr unsigned __int128 kMultiplier =
      (static_cast<unsigned __int128>(2549297995355413924ULL) << 64) | 4865540595714422341ULL;
  std::uint64_t Masked(std::uint64_t max);      // uniform in [0, max] by masked rejection; max < 2^32
  std::uint64_t DrawWide(std::uint64_t range);  // uniform in [0, range]; range >= 2^32 - 1
  State s_;
};

// One stream of a Noise: draws number 0, 1, 2, ... of (seed, purpose, row, step). Cheap to make; use it and drop it.
class NoiseStream {
 public:
  NoiseStream(std::uint64_t key, std::uint32_t row, std::uint64_t step) : key_(key), step_(step), row_(row) {}
  std::uint32_t Bits32();
  std::uint64_t Bits64();
  float Uniform();                       // [0, 1), 24 bits
  float UniformOpen();                   // (0, 1)
  double UniformDouble();                // [0, 1), 53 bits
  float Normal();                        // N(0, 1), Box-Muller on two draws
  std::uint32_t Below(std::uint32_t n);  // uniform in [0, n), unbiased; n > 0
  template <class T>
  void Shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i-- > 1;) std::swap(items[i], items[Below(static_cast<std::uint32_t>(i + 1))]);
  }

 private:
  std::uint64_t key_, step_;
  std::uint32_t row_, block_ = 0;
  int left_ = 0;
  std::array<std::uint32_t, 4> words_{};
};

// A family of streams for one purpose ("act", "minibatch", "count", ...). Immutable, copyable, thread-safe.
class Noise {
 public:
  Noise(Seed seed, std::string_view purpose);
  // row: environment id or sampled row; step: env step, update or whatever counts.
  NoiseStream At(std::uint64_t row, std::uint64_t step) const { return {key_, static_cast<std::uint32_t>(row), step}; }
  Noise Sub(std::uint64_t index) const;  // an independent family: e.g. one per update or module

 private:
  explicit Noise(std::uint64_t key) : key_(key) {}
  std::uint64_t key_;
};

// Seed of environment i of a run (purpose "env"), of the evaluator ("eval"), ...: a 63-bit value of stream (seed, purpose, i).
Seed DeriveSeed(Seed run_seed, std::string_view purpose, std::uint64_t index);

}  // namespace rove
