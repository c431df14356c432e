// Exploration bonuses of tabular learners, b(s, a) > 0, for every pair at any time: planners ask for all of them, and Bernstein's
// needs the spread of the learner's own values; so they are a registry of their own beside rewards/. A newcomer adds one with
// one .cc here and one registrar line. `count` and `made.tabular` exist in both forms and agree on a rollout (tests/rewards).
//
// A visit is counted before its bonus is asked for. A pair not visited has N = 1 (and B = 1) in the formulas.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/registry.h"

namespace rove {

class Archive;

namespace tabular {

struct BonusDeps {
  int states = 1, actions = 1;
  double value_max = 1;  // bound of what an episode can earn: H times the largest reward
};

class Bonus {
 public:
  virtual ~Bonus() = default;
  virtual void Visit(int s, int a) = 0;
  // next_variance: of the learner's value of the next state after (s, a); only read if uses_variance().
  virtual double At(int s, int a, double next_variance) const = 0;
  virtual bool uses_variance() const { return false; }
  virtual void Serialize(Archive& ar) = 0;
};

using BonusRegistry = Registry<Bonus, BonusDeps>;
BonusRegistry& Bonuses();

struct BonusRegistrar {
  BonusRegistrar(const std::string& name, const std::string& doc, BonusRegistry::Maker maker) {
    Bonuses().Add(name, doc, std::move(maker));
  }
};

// N(s, a) and the number of all visits T; what bonuses on counts share.
class VisitCounts {
 public:
  explicit VisitCounts(const BonusDeps& deps);
  std::size_t Pair(int s, int a) const { return static_cast<std::size_t>(s * actions_ + a); }
  void Add(int s, int a);
  double AtLeastOne(int s, int a) const {  // max(N, 1)
    const std::int64_t n = visits_[Pair(s, a)];
    return n > 0 ? static_cast<double>(n) : 1;
  }
  // iota = log(S A T), the confidence term of Hoeffding and Bernstein; T at least 1.
  double log_confidence() const { return log_confidence_; }
  void Serialize(Archive& ar);

 private:
  void Update();
  int actions_;
  std::vector<std::int64_t> visits_;  // [S, A]
  std::int64_t total_ = 0;
  double log_confidence_ = 0;
};

}  // namespace tabular
}  // namespace rove
