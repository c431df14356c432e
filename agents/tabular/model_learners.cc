// tabular.vi and tabular.oppo: learners that plan on the empirical model after each episode. Both compute, backwards from
// V_H = 0,
//   Q_h(s, a) = r^(s, a) + P^ V_{h+1}(s, a) + b(s, a)
// over all pairs, with r^ and P^ the means of what was seen, and differ in what becomes of it. Values are capped at what
// (H - h) steps can earn, (H - h) reward_max.
#include <algorithm>
#include <cmath>

#include "agents/tabular/learner.h"
#include "core/archive.h"

namespace rove::tabular {
namespace {

struct Successor {
  std::int32_t next = 0;
  std::uint8_t terminated = 0;
  std::int64_t count = 0;
  void Serialize(Archive& ar) {
    ar("next", next);
    ar("terminated", terminated);
    ar("count", count);
  }
};

// Means of rewards and frequencies of successors, of one (s, a).
struct PairModel {
  std::int64_t visits = 0;
  double reward_sum = 0;
  std::vector<Successor> successors;

  void Add(const Transition& t) {
    ++visits;
    reward_sum += t.reward;
    for (Successor& each : successors) {
      if (each.next == t.next && (each.terminated != 0) == t.terminated) {
        ++each.count;
        return;
      }
    }
    successors.push_back({t.next, static_cast<std::uint8_t>(t.terminated), 1});
  }
  void Serialize(Archive& ar) {
    ar("visits", visits);
    ar("reward_sum", reward_sum);
    ar("successors", successors);
  }
};

class ModelLearner : public Learner {
 public:
  ModelLearner(const Config& config, const LearnerDeps& deps)
      : deps_(deps),
        pairs_(Size(deps.states * deps.actions)),
        q_(Size(deps.horizon) * pairs_.size()),
        policy_(q_.size(), 1.0 / deps.actions),
        v_(Size((deps.horizon + 1) * deps.states)) {
    config.Get("reward_max", &reward_max_, Positive());
    bonus_ = Bonuses().Create(config.At("bonus"),
                              {.states = deps.states, .actions = deps.actions, .value_max = deps.horizon * reward_max_});
  }

  std::span<const double> policy() const override { return policy_; }
  std::span<const double> q() const override { return q_; }

  void Observe(const Transition& t) override {
    pairs_[Pair(t.state, t.action)].Add(t);
    bonus_->Visit(t.state, t.action);
  }

  Table BonusTable() const override {
    Table table;
    for (int h = 0; h < deps_.horizon; ++h) {
      for (int s = 0; s < deps_.states; ++s) {
        for (int a = 0; a < deps_.actions; ++a) table.push_back(bonus_->At(s, a, Next(h, pairs_[Pair(s, a)]).variance));
      }
    }
    return table;
  }

  void Serialize(Archive& ar) override {
    ar.Section("model_learner", 1, [&](int) {
      ar("pairs", pairs_);
      bonus_->Serialize(ar);
      ar("q", q_);
      ar("policy", policy_);
      ar("v", v_);
    });
  }

 protected:
  static std::size_t Size(int n) { return static_cast<std::size_t>(n); }
  std::size_t Pair(int s, int a) const { return Size(s * deps_.actions + a); }
  double Cap(int h) const { return (deps_.horizon - h) * reward_max_; }

  // Fills q_ and v_. unvisited(h, bonus) is Q of a pair never visited; backup(q, policy row) gives V_h(s) and sets the row.
  template <class Unvisited, class Backup>
  void Sweep(double lowest, Unvisited unvisited, Backup backup) {
    const int S = deps_.states, A = deps_.actions;
    const bool same_at_each_step = !bonus_->uses_variance();
    Table bonuses(same_at_each_step ? pairs_.size() : 0);
    for (std::size_t i = 0; i < bonuses.size(); ++i) bonuses[i] = bonus_->At(static_cast<int>(i) / A, static_cast<int>(i) % A, 0);
    for (int h = deps_.horizon - 1; h >= 0; --h) {
      for (int s = 0; s < S; ++s) {
        const std::size_t row = Size((h * S + s) * A);
        const std::span<double> q(q_.data() + row, Size(A));
        for (int a = 0; a < A; ++a) {
          const PairModel& pair = pairs_[Pair(s, a)];
          const NextValue next = Next(h, pair);
          const double bonus = same_at_each_step ? bonuses[Pair(s, a)] : bonus_->At(s, a, next.variance);
          const auto visits = static_cast<double>(pair.visits);
          const double value = pair.visits == 0 ? unvisited(h, bonus) : pair.reward_sum / visits + next.mean + bonus;
          q[Size(a)] = std::clamp(value, lowest * Cap(h), Cap(h));
        }
        v_[Size(h * S + s)] = backup(std::span<const double>(q), std::span(policy_).subspan(row, Size(A)));
      }
    }
  }

 private:
  struct NextValue {
    double mean = 0, variance = 0;
  };
  NextValue Next(int h, const PairModel& pair) const {
    NextValue next;
    if (pair.visits == 0) return next;
    const double* v = v_.data() + (h + 1) * deps_.states;
    double squares = 0;
    for (const Successor& each : pair.successors) {
      const double value = each.terminated != 0 ? 0 : v[each.next], weight = static_cast<double>(each.count);
      next.mean += weight * value;
      squares += weight * value * value;
    }
    const auto visits = static_cast<double>(pair.visits);
    next.mean /= visits;
    next.variance = std::max(squares / visits - next.mean * next.mean, 0.0);
    return next;
  }

  LearnerDeps deps_;
  double reward_max_ = 1;
  std::vector<PairModel> pairs_;  // [S, A]
  std::unique_ptr<Bonus> bonus_;
  Table q_, policy_;  // [H, S, A]
  Table v_;           // [H + 1, S]
};

// Greedy on Q. A pair never visited is worth the cap, as in UCBVI (`unvisited: cap`), or its bonus alone (`bonus`).
class ValueIteration final : public ModelLearner {
 public:
  ValueIteration(const Config& config, const LearnerDeps& deps) : ModelLearner(config, deps) {
    config.GetEnum("unvisited", &unvisited_, {"cap", "bonus"});
    EndEpisode();
  }
  void EndEpisode() override {
    constexpr double kNoFloor = -1e300;
    Sweep(
        kNoFloor, [this](int h, double bonus) { return unvisited_ == Unvisited::kCap ? Cap(h) : bonus; },
        [](std::span<const double> q, std::span<double> policy) {
          Greedy(q, policy);
          return *std::ranges::max_element(q);
        });
  }

 private:
  enum class Unvisited { kCap, kBonus } unvisited_ = Unvisited::kCap;
};

// policy_{k+1} ~ policy_k exp(step Q_k), Q_k of policy_k, clipped to [-cap, cap] (Cai et al.: [0, cap], for rewards >= 0). A pair
// never visited is worth its bonus, for there the fitted part is 0.
class Oppo final : public ModelLearner {
 public:
  Oppo(const Config& config, const LearnerDeps& deps) : ModelLearner(config, deps) { config.Get("step", &step_, Positive()); }
  void EndEpisode() override {
    Sweep(
        -1, [](int, double bonus) { return bonus; },
        [this](std::span<const double> q, std::span<double> policy) {
          const double best = *std::ranges::max_element(q);
          double value = 0, total = 0;
          for (std::size_t a = 0; a < q.size(); ++a) {
            value += policy[a] * q[a];
            policy[a] = std::max(policy[a] * std::exp(step_ * (q[a] - best)), kLeast);
            total += policy[a];
          }
          for (double& p : policy) p /= total;
          return value;
        });
  }

 private:
  static constexpr double kLeast = 1e-100;  // so that a probability can come back
  double step_ = 1;
};

const LearnerRegistrar kVi("tabular.vi", "value iteration on the empirical model, greedy",
                           [](const Config& c, const LearnerDeps& d) { return std::make_unique<ValueIteration>(c, d); });
const LearnerRegistrar kOppo("tabular.oppo", "policy optimisation on the empirical model",
                             [](const Config& c, const LearnerDeps& d) { return std::make_unique<Oppo>(c, d); });

}  // namespace
}  // namespace rove::tabular
