// River swim (Strehl & Littman 2008) in the episodic form usual since Osband et al. 2013: action 0 swims left with the current
// and succeeds; action 1 swims right and moves forward with 0.35, stays with 0.6, is carried back with 0.05 (at the left bank:
// forward 0.6, stays 0.4; at the right end: stays 0.6, back 0.4). Left at the left bank pays `low`, right at the right end 1.
#include <algorithm>
#include <optional>

#include "envs/tabular/tabular_env.h"

namespace rove::tabular {
namespace {

Model MakeRiverSwim(const Config& config) {
  int S = 6, horizon = 20;
  double low = 0.005, gamma = 0.95;
  config.Get("states", &S, InRange(2, 10'000));
  config.Get("horizon", &horizon, InRange(1, 1 << 20));
  config.Get("low", &low);
  config.Get("gamma", &gamma, InRange(0, 1));
  std::vector<double> start(static_cast<std::size_t>(S));
  start[0] = 1;
  const auto outcomes = [S, low](int s, int a) -> std::vector<MdpOutcome> {
    if (a == 0) return {{std::max(s - 1, 0), 1, s == 0 ? low : 0, false}};
    if (s == 0) return {{0, 0.4, 0, false}, {1, 0.6, 0, false}};
    if (s == S - 1) return {{s, 0.6, 1, false}, {s - 1, 0.4, 1, false}};
    return {{s + 1, 0.35, 0, false}, {s, 0.6, 0, false}, {s - 1, 0.05, 0, false}};
  };
  // More than the left bank gives; none if the right end, S - 1 moves away, can not be told by that.
  const double above = 0.5 + horizon * std::max(low, 0.0);
  return {Mdp({.states = S, .actions = 2, .horizon = horizon, .gamma = gamma}, std::move(start), outcomes),
          horizon - (S - 1) > above ? std::optional(above) : std::nullopt};
}

const Registrar kRiverSwim("tabular/river_swim", "swim up a river: a small sure reward against a large one far away",
                           MakeRiverSwim);

}  // namespace
}  // namespace rove::tabular
