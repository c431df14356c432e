// Observation columns as rows of floats with mean 0 and variance 1: what novelty networks read, since a fixed random network is
// as blind to a column of small numbers as it is deaf to all others beside a column of large ones.
//
//   x' = clip((x - mean) / sqrt(variance + 1e-8), -clip, clip)     per element, population moments of all rows observed so far
// Burda et al. 2019 (section 2.4; clip 5). A row is whitened by moments that include it, so the first one ever is all zeros.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/tensor.h"
#include "nn/inputs.h"

namespace rove {
class Archive;
}

namespace rove::nn {

class WhitenedInputs {
 public:
  // Reads `inputs` (default: all columns that a policy may see) and `clip` (5). Throws Error(kUser).
  WhitenedInputs(const Config& config, std::span<const TensorSpec> obs);

  std::int64_t size() const { return inputs_.size(); }  // floats a row, D
  std::int64_t count() const { return count_; }         // rows observed so far

  // Rows rows[k] of the columns as they are, to out[k * stride], D floats each.
  void FillRaw(std::span<const ConstTensorView> obs, std::span<const std::int32_t> rows, float* out, std::int64_t stride) const {
    inputs_.Fill(obs, rows, out, stride);
  }

  // Both in place. Observe adds one row x, [D], to the moments and whitens it; row by row, so that the cut of a stream into
  // calls changes nothing. Whiten: `rows` rows of D floats, `stride` apart, under the moments of now.
  void Observe(float* x);
  void Whiten(float* x, std::int64_t rows, std::int64_t stride) const;

  void Serialize(Archive& ar);

 private:
  void SetScale(std::size_t element);

  Inputs inputs_;
  float clip_ = 5;
  std::int64_t count_ = 0;
  std::vector<double> mean_, m2_, scale_;  // [D]; m2: sum of squared deviations (Welford 1962); scale: 1 / std
};

}  // namespace rove::nn
