// An exact finite Markov decision process: what a tabular environment plays and what a solver reads are one object, so that
// neither can be wrong about the other. S = states, A = actions, H = horizon. Tables are row-major vectors: [S, A], [H, S, A].
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/rng.h"

namespace rove {

class Archive;

// One of the things that may happen after (s, a).
struct MdpOutcome {
  std::int32_t next = 0;   // the state seen afterwards, also if the episode ends
  double probability = 0;  // > 0; those of one (s, a) sum to 1
  double reward = 0;
  bool ends = false;  // the episode terminates: nothing is earned after it
};

// Immutable. The model is the discounted one (gamma) or the episodic one (horizon), as the solver or learner that reads it says.
class Mdp {
 public:
  struct Sizes {
    int states = 1, actions = 1;
    int horizon = 1;   // steps after which an episode is cut
    double gamma = 1;  // for the discounted reading, <= 1
  };
  // start: [S], sums to 1. outcomes(s, a) lists what may happen; it is called once a pair. Rewards are rounded to float, so that
  // a learner behind the engine, whose columns are float, sees the numbers that the model holds. An outcome that is no
  // distribution is a caller's bug and aborts.
  Mdp(Sizes sizes, std::vector<double> start, const std::function<std::vector<MdpOutcome>(int s, int a)>& outcomes);

  int states() const { return sizes_.states; }
  int actions() const { return sizes_.actions; }
  int pairs() const { return sizes_.states * sizes_.actions; }
  int horizon() const { return sizes_.horizon; }
  double gamma() const { return sizes_.gamma; }
  std::span<const double> start() const { return start_; }
  std::span<const MdpOutcome> outcomes(int s, int a) const {
    const std::size_t pair = Pair(s, a);
    return {outcomes_.data() + first_[pair], first_[pair + 1] - first_[pair]};
  }
  // Expected rewards r(s, a), [S, A].
  std::vector<double> rewards() const;
  std::size_t Pair(int s, int a) const { return static_cast<std::size_t>(s * sizes_.actions + a); }

 private:
  Sizes sizes_;
  std::vector<double> start_;
  std::vector<std::size_t> first_;  // [S * A + 1] into outcomes_
  std::vector<MdpOutcome> outcomes_;
};

// Plays episodes of a model, which must outlive it. The draw of step t of episode e is a function of (seed, e, t).
class MdpPlayer {
 public:
  explicit MdpPlayer(const Mdp& mdp) : mdp_(&mdp) {}

  // Starts an episode and returns its first state. With a seed, counts episodes from the first again; the first call needs one.
  int Reset(std::optional<Seed> seed);
  struct Result {
    int next = 0;
    double reward = 0;
    std::uint8_t end = 0;  // kTerminated if the outcome ends, kTruncated at the horizon, or both
  };
  // 0 <= action < A. Not after a step with an end.
  Result Step(int action);
  int state() const { return state_; }
  int step() const { return step_; }  // taken in this episode
  void Serialize(Archive& ar);

 private:
  double Draw() const;
  const Mdp* mdp_;
  Seed seed_ = 0;
  std::uint64_t episode_ = 0;
  std::int32_t step_ = 0, state_ = 0;
};

// Optional ability of a VectorEnv, looked up with dynamic_cast: all rows play this model.
class FiniteModel {
 public:
  virtual ~FiniteModel() = default;
  virtual const Mdp& mdp() const = 0;
};

}  // namespace rove
