// Stochastic bidirectional diabolical combination lock (Zhang et al. 2021, section 5.1; their constants are not public, these
// are ours; close relatives: Agarwal et al. 2020, PC-PG; Mao et al. 2021, RestartQ-UCB).
//
// State 0 is the start: its action chooses one of two chains. Each chain c has levels h = 1 .. H with a good and a dead state. In
// a good state the right action leads to the next good state with probability 1 - slip, else to dead; the wrong one always to
// dead. Dead leads to dead. At level H the right action opens the lock: `high` at one chain, `low` at the other; then, open or
// dead, the episode is over. Each move from good to good costs cost / (H - 1), so that dying early looks best until an end has
// been found, and the low end may hide the high one.
#include <algorithm>
#include <optional>
#include <string>

#include "envs/tabular/tabular_env.h"

namespace rove::tabular {
namespace {

struct LockOptions {
  int horizon = 5;  // H, levels of a chain; an episode takes H + 1 steps
  double slip = 0.1;
  double high = 1, low = 0.1;
  double cost = 0.02;           // of a whole walk along the good states
  double gamma = 0;             // for the discounted reading; 0: H / (H + 1)
  std::uint64_t lock_seed = 0;  // draws the right actions and which chain is the high one
};

Model MakeLock(const Config& config) {
  LockOptions options;
  config.Get("horizon", &options.horizon, InRange(2, 1000));
  config.Get("slip", &options.slip, InRange(0, 1));
  config.Get("high", &options.high);
  config.Get("low", &options.low);
  config.Get("cost", &options.cost, AtLeast(0));
  config.Get("gamma", &options.gamma, InRange(0, 1));
  config.Get("lock_seed", &options.lock_seed);
  const int H = options.horizon, S = 4 * H + 1;
  if (options.gamma == 0) options.gamma = H / (H + 1.0);

  NoiseStream draws = Noise(options.lock_seed, "tabular/lock").At(0, 0);
  const int high_chain = static_cast<int>(draws.Below(2));
  std::vector<int> right(static_cast<std::size_t>(2 * H));  // [chain, level]
  for (int& action : right) action = static_cast<int>(draws.Below(2));

  const auto good = [H](int chain, int level) { return 1 + 2 * (chain * H + level - 1); };
  const auto outcomes = [&](int s, int a) -> std::vector<MdpOutcome> {
    if (s == 0) return {{good(a, 1), 1, 0, false}};
    const int at = (s - 1) / 2, chain = at / H, level = at % H + 1;
    const bool alive = (s - 1) % 2 == 0, correct = alive && a == right[static_cast<std::size_t>(at)];
    if (level == H) return {{s, 1, correct ? (chain == high_chain ? options.high : options.low) : 0, true}};
    const int next_good = good(chain, level + 1), next_dead = next_good + 1;
    if (!correct) return {{next_dead, 1, 0, false}};
    return {{next_good, 1 - options.slip, -options.cost / (H - 1), false}, {next_dead, options.slip, 0, false}};
  };
  std::vector<double> start(static_cast<std::size_t>(S));
  start[0] = 1;
  // Between what the high end leaves and the next best, dying early or the low end; none if the high end does not pay.
  const double best = options.high - options.cost, next = std::max(options.low - options.cost, 0.0);
  return {Mdp({.states = S, .actions = 2, .horizon = H + 1, .gamma = options.gamma}, std::move(start), outcomes),
          best > next ? std::optional((best + next) / 2) : std::nullopt};
}

const Registrar kLock("tabular/lock", "bidirectional diabolical combination lock: a high and a low end, 4H + 1 states", MakeLock);

}  // namespace
}  // namespace rove::tabular
