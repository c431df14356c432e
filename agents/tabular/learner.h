// Episodic learners with a table and a bonus. They see transitions, never the model. By name:
//   tabular.vi          value iteration on the empirical model plus bonus (UCBVI style: Azar et al. 2017; He et al. 2021)
//   tabular.oppo        optimistic policy optimisation on the empirical model (Cai et al. 2020)
//   tabular.q_learning  Q-learning with bonus (Jin et al. 2018)
// Called directly by studies (Play), or by the engine as agents of the same names (tabular_agent.cc); both reach
// the same tables. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "agents/tabular/bonus.h"
#include "agents/tabular/solve.h"

namespace rove::tabular {

struct LearnerDeps {
  int states = 1, actions = 1, horizon = 1;
};

// What taking `action` in `state` as step h = 0 .. H-1 of an episode led to.
struct Transition {
  int h = 0, state = 0, action = 0;
  double reward = 0;
  int next = 0;
  bool terminated = false;  // nothing is earned after it; a cut at the horizon alone needs no mark, for V_H = 0
};

class Learner {
 public:
  virtual ~Learner() = default;
  // Probabilities of actions, [H, S, A]; constant between two EndEpisode as far as the running episode can reach.
  virtual std::span<const double> policy() const = 0;
  virtual void Observe(const Transition& transition) = 0;
  virtual void EndEpisode() = 0;
  virtual std::span<const double> q() const = 0;  // [H, S, A]
  virtual Table BonusTable() const = 0;           // [H, S, A], what a visit now would be paid
  virtual void Serialize(Archive& ar) = 0;
};

using LearnerRegistry = Registry<Learner, LearnerDeps>;
LearnerRegistry& Learners();

struct LearnerRegistrar {
  LearnerRegistrar(const std::string& name, const std::string& doc, LearnerRegistry::Maker maker) {
    Learners().Add(name, doc, std::move(maker));
  }
};

// Draws an action from probabilities [A] with a uniform number in [0, 1).
int Choose(std::span<const double> probabilities, double uniform);

// Writes the greedy policy of q [A] to out [A]; ties are shared equally.
void Greedy(std::span<const double> q, std::span<double> out);

// Plays `episodes` episodes of the model without the engine, but with its random numbers: environment 0 of a run with this
// seed. Returns the exact value of the policy that each episode was played with, [episodes]. after(k) runs when episode k has
// been learned.
Table Play(const Mdp& mdp, Learner& learner, int episodes, Seed seed, const std::function<void(int k)>& after = {});

}  // namespace rove::tabular
