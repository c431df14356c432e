// Observation columns as rows of floats with mean 0 and variance 1: what novelty networks read, since a fixed random network is
// as blind to a column of small numbers as it is deaf to all others beside a column of large ones.
//
//   x' = clip((x - mean) / sqrt(variance + 1e-8), -clip, clip)     per element, population moments of all rows observed so far
// Burda et al. 2019 (section 2.4; clip 5). A next state is whitened by moments that include it, so the first one alone is all
// zeros; the run's first obs[0] comes before any moments and is only cut to +-clip.
// With an `encoder` the rows are what it reads, and are left as they are unless the config says `whiten: true`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/tensor.h"
#include "nn/feature_net.h"
#include "nn/inputs.h"

namespace rove {
class Archive;
}

namespace rove::nn {

class WhitenedInputs {
 public:
  // Reads `encoder` (docs/agents.md), or `inputs` (default: all columns that a policy may see); `whiten` (default: true without
  // an encoder) and `clip` (5). Throws Error(kUser).
  WhitenedInputs(const Config& config, std::span<const TensorSpec> obs);

  std::int64_t size() const { return size_; }    // floats a row, D
  std::int64_t count() const { return count_; }  // rows observed so far

  NetInput net_input() const { return {size_, make_encoder_}; }

  // Rows rows[k] of the columns as they are, to out[k * stride], D floats each; with an encoder stride = D.
  void FillRaw(std::span<const ConstTensorView> obs, std::span<const std::int32_t> rows, float* out, std::int64_t stride) const;

  // Add: one more row x, [D], of the stream that the moments are of; row by row, so that the cut of a stream into calls changes
  // nothing. Rescale: from now on Whiten uses the moments of all rows added. Whiten: `rows` rows of D floats, `stride` apart, in
  // place. Observe: all three for one row.
  void Add(const float* x);
  void Rescale();
  void Observe(float* x) {
    Add(x);
    Rescale();
    Whiten(x, 1, size());
  }
  void Whiten(float* x, std::int64_t rows, std::int64_t stride) const;

  void Serialize(Archive& ar);

 private:
  std::function<std::unique_ptr<Encoder>(ParamLayout*)> make_encoder_;  // empty: none
  std::unique_ptr<Encoder> encoder_;                                    // fills rows; its own parameters are never made
  std::optional<Inputs> inputs_;                                        // fills rows without an encoder
  std::int64_t size_ = 0;
  bool whiten_ = true;
  float clip_ = 5;
  std::int64_t count_ = 0;
  std::vector<double> mean_, m2_, center_, scale_;  // [D]; m2: sum of squared deviations (Welford 1962); center_, scale_: the
                                                    // mean and 1 / std at the last Rescale
};

}  // namespace rove::nn
