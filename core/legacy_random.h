// numpy.random.RandomState, bit for bit: the generator behind every reset of the DeepMind Control Suite. Only environments whose
// upstream draws from it need it.
#pragma once

#include <array>
#include <cstdint>

namespace rove {

class Archive;

// MT19937 (Matsumoto & Nishimura 1998) with numpy's legacy distributions; matched against numpy 1.24.2 and 2.4.6.
class LegacyRandom {
 public:
  // Up to 2^32 - 1: RandomState(seed). Above, where numpy refuses a number: RandomState([low word, high word]).
  void Reseed(std::uint64_t seed);

  std::uint32_t Next32();
  double Uniform();                         // rand(): [0, 1), 53 bits
  double Uniform(double low, double high);  // uniform(low, high)
  double Normal();                          // randn(): polar method; every second value was kept by the call before
  void Serialize(Archive& ar);

 private:
  void FillFrom(std::uint32_t seed);
  void Refill();

  std::array<std::uint32_t, 624> words_{};
  std::uint32_t next_ = 624;  // index of the word that Next32 tempers
  bool has_normal_ = false;
  double normal_ = 0;
};

}  // namespace rove
