// What bonuses on embeddings share: every observation of a slot or batch as one row of network input, so that a network is asked
// once for a state that is the next state of one row and the state of the row after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "replay/rollout.h"

namespace rove {

struct MinibatchOptions;
class Noise;

namespace nn {
class WhitenedInputs;
class ActionInputs;
class RandomDistillation;
}  // namespace nn

// obs[t] of column i is row at(t * n + i) of x, 0 <= t <= T.
struct ObsRows {
  std::size_t lead = 0, width = 0;  // rows before the first one, all zeros; floats a row
  std::vector<float> x;             // [lead + (T + 1) n, width]
  std::size_t at(std::size_t number) const { return lead + number; }
  std::size_t rows() const { return x.size() / width; }
};

// Of a fresh slot. Adds the next states of its live rows to the moments, step by step: obs[t + 1] is whitened by all rows up to
// and including step t. Observation (t, i) is number g = (first_step + t) n + i of the run and stands at place g mod kTileRows of
// its network call. So the cut of a run into slots changes no bit.
ObsRows ReadFresh(const RolloutView& rollout, nn::WhitenedInputs& inputs);
// Of a batch, under the moments of now; lead 0.
ObsRows ReadBatch(const SequenceView& batch, const nn::WhitenedInputs& inputs);

// For training: obs[t + after] and actions of rows numbers[k] = t n + i, [numbers, width].
std::vector<float> ReadStates(const SequenceView& batch, std::span<const std::int32_t> numbers, int after,
                              const nn::WhitenedInputs& inputs);
std::vector<float> ReadActions(const SequenceView& batch, std::span<const std::int32_t> numbers, const nn::ActionInputs& actions);
// For scoring: the actions of all rows, beside ObsRows: [lead + T n, width], zeros on dead rows.
std::vector<float> ReadLiveActions(const SequenceView& batch, std::size_t lead, const nn::ActionInputs& actions);

// Trains a predictor on the next states of a batch's live rows; the mean over its steps of the loss before each.
double Distill(const SequenceView& batch, const MinibatchOptions& minibatches, const Noise& noise,
               const nn::WhitenedInputs& inputs, nn::RandomDistillation& distillation);

}  // namespace rove
