// What bonuses that train share: which rows of a batch are live, and in which portions they are learned.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/rng.h"
#include "replay/rollout.h"

namespace rove {

// Numbers of the live rows, t * n + i, ascending: time-major.
inline std::vector<std::int32_t> LiveRows(const SequenceView& rows) {
  std::vector<std::int32_t> live;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (rows.step_type[row] != StepType::kLast) live.push_back(static_cast<std::int32_t>(row));
  }
  return live;
}

// out[rows[k]] = scores[k], 0 elsewhere.
inline void Scatter(std::span<const std::int32_t> rows, std::span<const float> scores, std::span<float> out) {
  std::ranges::fill(out, 0.0f);
  for (std::size_t k = 0; k < rows.size(); ++k) out[static_cast<std::size_t>(rows[k])] = scores[k];
}

struct MinibatchOptions {
  int minibatch = 512;    // rows of an optimiser step at most; a replayed batch of no more is one step
  int epochs = 1;         // passes over the batch
  double proportion = 1;  // of rows learned in each pass, drawn anew: slows learning down without smaller networks

  explicit MinibatchOptions(const Config& config) {
    config.Get("minibatch", &minibatch, InRange(1, 1 << 24));
    config.Get("epochs", &epochs, InRange(1, 1000));
    config.Get("proportion", &proportion, Range{.low = 0, .high = 1, .low_open = true});
  }
};

// Calls step(part) for each minibatch: per epoch the rows are shuffled, a share of them kept, and what is left cut into parts of
// nearly equal size. Epoch e draws from noise.At(e, 0).
template <class Step>
void ForEachMinibatch(const MinibatchOptions& options, const Noise& noise, std::vector<std::int32_t> rows, const Step& step) {
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    NoiseStream stream = noise.At(static_cast<std::uint64_t>(epoch), 0);
    stream.Shuffle(std::span(rows));
    std::vector<std::int32_t> kept;
    for (const std::int32_t row : rows) {
      if (options.proportion == 1 || stream.UniformDouble() < options.proportion) kept.push_back(row);
    }
    const auto most = static_cast<std::size_t>(options.minibatch), parts = (kept.size() + most - 1) / most;
    for (std::size_t k = 0; k < parts; ++k) {
      const std::size_t begin = kept.size() * k / parts, end = kept.size() * (k + 1) / parts;
      step(std::span<const std::int32_t>(kept).subspan(begin, end - begin));
    }
  }
}

}  // namespace rove
