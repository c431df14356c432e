// FactorScale: what MADE's recency factor g is divided by, its running standard deviation, in two versions.
#pragma once

#include <cstdint>
#include <span>

#include "core/config.h"
#include "core/running_stats.h"

namespace rove {

class Archive;

enum class Normalizer : std::uint8_t {
  kFixed,       // the standard deviation of all values so far
  kAsReleased,  // what the authors' code computes instead: see Released
  kNone,        // 1
};

class FactorScale {
 public:
  explicit FactorScale(Normalizer normalizer) : normalizer_(normalizer) {}
  void Add(std::span<const float> batch);

  double divisor() const;  // 1 if it would be below 1e-8: nothing was added, or g is constant
  bool empty() const { return moments_.count() == 0; }
  double mean() const { return moments_.mean(); }
  double std() const { return moments_.std(); }  // the true one
  void Serialize(Archive& ar);

 private:
  // The running moments of tianjunz/MADE and younggyoseo/RE3 (utils.py): start, unbiased batch variance and, where the mean moves
  // by delta * n_b / n, delta + n_b / n. So the mean forgets all but the last batch and is n_b / n too high, and on a constant
  // stream the variance after k equal batches is not 0 but (1 - 1/k) / k.
  struct Released {
    double count = 1e-4, mean = 0, variance = 1;
    void Add(std::span<const float> batch);
  };

  Normalizer normalizer_;
  RunningMoments moments_;
  Released released_;
};

}  // namespace rove
