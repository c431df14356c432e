#include "rewards/obs_rows.h"

#include <numeric>

#include "nn/action_inputs.h"
#include "nn/random_distillation.h"
#include "nn/tiles.h"
#include "nn/whitened_inputs.h"
#include "rewards/minibatches.h"

namespace rove {
namespace {

std::vector<ConstTensorView> Columns(const SequenceView& batch) { return {batch.obs.begin(), batch.obs.end()}; }

ObsRows ReadRaw(const SequenceView& batch, std::size_t lead, const nn::WhitenedInputs& inputs) {
  ObsRows out{.lead = lead, .width = static_cast<std::size_t>(inputs.size()), .x = {}};
  std::vector<std::int32_t> numbers(batch.rows() + static_cast<std::size_t>(batch.n));
  std::iota(numbers.begin(), numbers.end(), 0);
  out.x.resize((lead + numbers.size()) * out.width);
  inputs.FillRaw(Columns(batch), numbers, out.x.data() + lead * out.width, inputs.size());
  return out;
}

}  // namespace

ObsRows ReadFresh(const RolloutView& rollout, nn::WhitenedInputs& inputs) {
  const auto n = static_cast<std::size_t>(rollout.n);
  const std::size_t lead = static_cast<std::size_t>(rollout.first_step) * n % nn::kTileRows;
  ObsRows out = ReadRaw(rollout, lead, inputs);
  const auto row_at = [&](std::size_t number) { return out.x.data() + out.at(number) * out.width; };
  // The first row was the last one of the slot before, and the moments are those it was whitened with there.
  inputs.Whiten(row_at(0), rollout.n, inputs.size());
  for (int t = 0; t < rollout.T; ++t) {
    for (int i = 0; i < rollout.n; ++i) {
      if (!rollout.dead(t, i)) inputs.Add(row_at(rollout.index(t + 1, i)));
    }
    inputs.Rescale();
    inputs.Whiten(row_at(rollout.index(t + 1, 0)), rollout.n, inputs.size());
  }
  return out;
}

ObsRows ReadBatch(const SequenceView& batch, const nn::WhitenedInputs& inputs) {
  ObsRows out = ReadRaw(batch, 0, inputs);
  inputs.Whiten(out.x.data(), static_cast<std::int64_t>(out.rows()), inputs.size());
  return out;
}

std::vector<float> ReadStates(const SequenceView& batch, std::span<const std::int32_t> numbers, int after,
                              const nn::WhitenedInputs& inputs) {
  std::vector<float> x(numbers.size() * static_cast<std::size_t>(inputs.size()));
  std::vector<std::int32_t> rows(numbers.begin(), numbers.end());
  for (std::int32_t& row : rows) row += after * batch.n;
  inputs.FillRaw(Columns(batch), rows, x.data(), inputs.size());
  inputs.Whiten(x.data(), std::ssize(numbers), inputs.size());
  return x;
}

std::vector<float> ReadActions(const SequenceView& batch, std::span<const std::int32_t> numbers,
                               const nn::ActionInputs& actions) {
  std::vector<float> out(numbers.size() * static_cast<std::size_t>(actions.size()));
  actions.Fill(batch.action, numbers, out.data(), actions.size());
  return out;
}

std::vector<float> ReadLiveActions(const SequenceView& batch, std::size_t lead, const nn::ActionInputs& actions) {
  const auto width = static_cast<std::size_t>(actions.size());
  const std::vector<std::int32_t> live = LiveRows(batch);
  const std::vector<float> packed = ReadActions(batch, live, actions);
  std::vector<float> out((lead + batch.rows()) * width);
  for (std::size_t k = 0; k < live.size(); ++k) {
    std::copy_n(packed.begin() + static_cast<std::ptrdiff_t>(k * width), width,
                out.begin() + static_cast<std::ptrdiff_t>((lead + static_cast<std::size_t>(live[k])) * width));
  }
  return out;
}

double Distill(const SequenceView& batch, const MinibatchOptions& minibatches, const Noise& noise,
               const nn::WhitenedInputs& inputs, nn::RandomDistillation& distillation) {
  double loss = 0, steps = 0;
  ForEachMinibatch(minibatches, noise, LiveRows(batch), [&](std::span<const std::int32_t> rows) {
    loss += distillation.Train(ReadStates(batch, rows, 1, inputs));
    ++steps;
  });
  return steps > 0 ? loss / steps : 0;
}

}  // namespace rove
