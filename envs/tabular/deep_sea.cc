// Deep sea (Osband et al. 2019, bsuite): a diver sinks one row a step through a size x size grid and moves a column left or
// right. Which action means right is drawn for each cell. Moving right costs 0.01 / size, except that from the last column of
// the last row it pays 1. `slip`: probability that a move right goes left instead (bsuite's stochastic form: 1 / size).
#include <algorithm>
#include <optional>

#include "envs/tabular/tabular_env.h"

namespace rove::tabular {
namespace {

Model MakeDeepSea(const Config& config) {
  int size = 10;
  double slip = 0, cost = 0.01, gamma = 0.99;
  std::uint64_t mapping_seed = 0;
  config.Get("size", &size, InRange(2, 1000));
  config.Get("slip", &slip, InRange(0, 1));
  config.Get("cost", &cost, AtLeast(0));
  config.Get("gamma", &gamma, InRange(0, 1));
  config.Get("mapping_seed", &mapping_seed);
  NoiseStream draws = Noise(mapping_seed, "tabular/deep_sea").At(0, 0);
  std::vector<int> right(static_cast<std::size_t>(size * size));
  for (int& action : right) action = static_cast<int>(draws.Below(2));

  const auto outcomes = [&](int s, int a) -> std::vector<MdpOutcome> {
    const int row = s / size, column = s % size;
    const bool last = row == size - 1;
    const auto sink = [&](int to) { return last ? s : (row + 1) * size + std::clamp(to, 0, size - 1); };
    if (a != right[static_cast<std::size_t>(s)]) return {{sink(column - 1), 1, 0, last}};
    const double reward = last && column == size - 1 ? 1 : -cost / size;
    return {{sink(column + 1), 1 - slip, reward, last}, {sink(column - 1), slip, -cost / size, last}};
  };
  const double best = 1 - cost * (size - 1) / size;  // of the way that pays; any other leaves 0 or less
  std::vector<double> start(static_cast<std::size_t>(size * size));
  start[0] = 1;
  return {Mdp({.states = size * size, .actions = 2, .horizon = size, .gamma = gamma}, std::move(start), outcomes),
          best > 0 ? std::optional(best / 2) : std::nullopt};
}

const Registrar kDeepSea("tabular/deep_sea", "deep sea: only moving right at every step pays", MakeDeepSea);

}  // namespace
}  // namespace rove::tabular
