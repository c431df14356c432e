// Chain of H + 2 states (Agarwal et al. 2019, "On the theory of policy gradient methods", section 4.1): action 0 goes right, the
// other three go left (the first state stays); only action 0 in the last state pays, 1, and stays there. From a policy that
// seldom goes right the gradient is exponentially small in H. gamma = H / (H + 1).
#include <algorithm>

#include "envs/tabular/tabular_env.h"

namespace rove::tabular {
namespace {

Model MakeChain(const Config& config) {
  int H = 8, episode = 0;
  config.Get("horizon", &H, InRange(1, 1000));
  config.Get("episode", &episode, AtLeast(0));  // steps until it is cut; 0: 5 (H + 1), which keeps 99 % of the discounted value
  const int last = H + 1;
  std::vector<double> start(static_cast<std::size_t>(H + 2));
  start[0] = 1;
  const auto outcomes = [last](int s, int a) -> std::vector<MdpOutcome> {
    if (a == 0) return {{std::min(s + 1, last), 1, s == last ? 1.0 : 0.0, false}};
    return {{std::max(s - 1, 0), 1, 0, false}};
  };
  return {Mdp({.states = H + 2, .actions = 4, .horizon = episode > 0 ? episode : 5 * (H + 1), .gamma = H / (H + 1.0)},
              std::move(start), outcomes),
          0.5};
}

const Registrar kChain("tabular/chain", "chain of H + 2 states where one action of four goes right; the end pays", MakeChain);

}  // namespace
}  // namespace rove::tabular
