// tabular.q_learning: Jin et al. 2018, algorithm 1 (and 2 with the Bernstein bonus, in its practical form). After (h, s, a, r,
// s'), with t visits of (h, s, a): Q <- (1 - a_t) Q + a_t (r + V_{h+1}(s') + b), a_t = (H + 1) / (H + t), V = min(H reward_max,
// max Q), Q = H reward_max before the first visit (`unvisited: cap`; or its bonus alone, `bonus`). Counts, and so bonuses, belong
// to (h, s, a). The variance that Bernstein's bonus asks for is that of the values V_{h+1}(s') met so far.
#include <algorithm>

#include "agents/tabular/learner.h"
#include "core/archive.h"

namespace rove::tabular {
namespace {

class QLearning final : public Learner {
 public:
  QLearning(const Config& config, const LearnerDeps& deps) : deps_(deps) {
    double reward_max = 1;
    config.Get("reward_max", &reward_max, Positive());
    cap_ = deps.horizon * reward_max;
    bonus_ =
        Bonuses().Create(config.At("bonus"), {.states = deps.horizon * deps.states, .actions = deps.actions, .value_max = cap_});
    const auto size = static_cast<std::size_t>(deps.horizon * deps.states * deps.actions);
    met_.resize(size);
    enum class Unvisited { kCap, kBonus } unvisited = Unvisited::kCap;
    config.GetEnum("unvisited", &unvisited, {"cap", "bonus"});
    q_ = unvisited == Unvisited::kCap ? Table(size, cap_) : BonusTable();
    policy_.assign(size, 1.0 / deps.actions);
  }

  std::span<const double> policy() const override { return policy_; }
  std::span<const double> q() const override { return q_; }
  void EndEpisode() override {}

  void Observe(const Transition& t) override {
    const int row = t.h * deps_.states + t.state;
    const std::size_t at = First(row) + static_cast<std::size_t>(t.action);
    const double next = t.terminated ? 0 : Value(t.h + 1, t.next);
    met_[at].Add(next);
    bonus_->Visit(row, t.action);
    const double rate = (deps_.horizon + 1.0) / (deps_.horizon + met_[at].count);
    q_[at] += rate * (t.reward + next + bonus_->At(row, t.action, met_[at].variance()) - q_[at]);
    const auto A = static_cast<std::size_t>(deps_.actions);
    Greedy(std::span(q_).subspan(First(row), A), std::span(policy_).subspan(First(row), A));
  }

  Table BonusTable() const override {
    Table table;
    for (int row = 0; row < deps_.horizon * deps_.states; ++row) {
      for (int a = 0; a < deps_.actions; ++a)
        table.push_back(bonus_->At(row, a, met_[First(row) + static_cast<std::size_t>(a)].variance()));
    }
    return table;
  }

  void Serialize(Archive& ar) override {
    ar.Section("q_learning", 1, [&](int) {
      ar("q", q_);
      ar("policy", policy_);
      ar("met", met_);
      bonus_->Serialize(ar);
    });
  }

 private:
  // Welford's running moments.
  struct Moments {
    double count = 0, mean = 0, squares = 0;
    void Add(double x) {
      const double before = x - mean;
      mean += before / ++count;
      squares += before * (x - mean);
    }
    double variance() const { return count > 0 ? squares / count : 0; }
    void Serialize(Archive& ar) {
      ar("count", count);
      ar("mean", mean);
      ar("squares", squares);
    }
  };

  std::size_t First(int row) const { return static_cast<std::size_t>(row * deps_.actions); }
  double Value(int h, int s) const {
    if (h == deps_.horizon) return 0;
    const auto q = std::span(q_).subspan(First(h * deps_.states + s), static_cast<std::size_t>(deps_.actions));
    return std::min(cap_, *std::ranges::max_element(q));
  }

  LearnerDeps deps_;
  double cap_ = 1;
  std::unique_ptr<Bonus> bonus_;
  Table q_, policy_;          // [H, S, A]
  std::vector<Moments> met_;  // of V_{h+1}(s'), [H, S, A]
};

const LearnerRegistrar kQLearning("tabular.q_learning", "optimistic Q-learning",
                                  [](const Config& c, const LearnerDeps& d) { return std::make_unique<QLearning>(c, d); });

}  // namespace
}  // namespace rove::tabular
