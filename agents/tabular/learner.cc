#include "agents/tabular/learner.h"

#include <algorithm>

#include "core/spec.h"

namespace rove::tabular {

LearnerRegistry& Learners() {
  static LearnerRegistry registry("learner", "rove list agents");
  return registry;
}

int Choose(std::span<const double> probabilities, double uniform) {
  std::size_t last = 0;  // the last possible action, should the sum fall short of 1 by an ulp
  for (std::size_t a = 0; a < probabilities.size(); ++a) {
    if (probabilities[a] <= 0) continue;
    last = a;
    if ((uniform -= probabilities[a]) < 0) break;
  }
  return static_cast<int>(last);
}

void Greedy(std::span<const double> q, std::span<double> out) {
  const double best = *std::ranges::max_element(q);
  const auto ties = static_cast<double>(std::ranges::count(q, best));
  for (std::size_t a = 0; a < q.size(); ++a) out[a] = q[a] == best ? 1 / ties : 0;
}

Table Play(const Mdp& mdp, Learner& learner, int episodes, Seed seed, const std::function<void(int k)>& after) {
  const Noise act(seed, "act");
  MdpPlayer player(mdp);
  Table values, evaluated;
  std::uint64_t row = 0;  // the engine's step number: an episode's end takes a row of its own
  for (int k = 0; k < episodes; ++k) {
    const auto policy = learner.policy();
    if (k > 0 && std::ranges::equal(policy, evaluated)) {
      values.push_back(values.back());
    } else {
      evaluated.assign(policy.begin(), policy.end());
      values.push_back(PolicyValues(mdp, policy).value);
    }
    int s = k == 0 ? player.Reset(DeriveSeed(seed, "env", 0)) : player.Reset(std::nullopt);
    for (MdpPlayer::Result result; result.end == 0; s = result.next) {
      const int h = player.step();
      const auto probabilities = learner.policy().subspan(static_cast<std::size_t>((h * mdp.states() + s) * mdp.actions()),
                                                          static_cast<std::size_t>(mdp.actions()));
      const int a = Choose(probabilities, act.At(0, row++).UniformDouble());
      result = player.Step(a);
      learner.Observe({h, s, a, result.reward, result.next, (result.end & kTerminated) != 0});
    }
    ++row;
    learner.EndEpisode();
    if (after) after(k);
  }
  return values;
}

}  // namespace rove::tabular
