#include "agents/tabular/solve.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace rove::tabular {
namespace {

std::size_t Size(int n) { return static_cast<std::size_t>(n); }

double Dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Q_h from V_{h+1}, and V_h = backup(h, s, Q_h(s, .)).
template <class Backup>
EpisodicValues Backwards(const Mdp& mdp, Backup backup) {
  const int H = mdp.horizon(), S = mdp.states(), A = mdp.actions();
  EpisodicValues out{Table(Size(H * S * A)), Table(Size((H + 1) * S)), 0};
  for (int h = H - 1; h >= 0; --h) {
    const std::span<const double> next(out.v.data() + Size((h + 1) * S), Size(S));
    for (int s = 0; s < S; ++s) {
      const std::span<double> q(out.q.data() + Size((h * S + s) * A), Size(A));
      for (int a = 0; a < A; ++a) {
        for (const MdpOutcome& o : mdp.outcomes(s, a))
          q[Size(a)] += o.probability * (o.reward + (o.ends ? 0 : next[Size(o.next)]));
      }
      out.v[Size(h * S + s)] = backup(h, s, std::span<const double>(q));
    }
  }
  out.value = Dot(mdp.start(), std::span(out.v).first(Size(S)));
  return out;
}

// I - gamma P_pi, where an outcome that ends an episode leads nowhere.
Eigen::MatrixXd Resolvent(const Mdp& mdp, std::span<const double> policy) {
  Eigen::MatrixXd m = Eigen::MatrixXd::Identity(mdp.states(), mdp.states());
  for (int s = 0; s < mdp.states(); ++s) {
    for (int a = 0; a < mdp.actions(); ++a) {
      for (const MdpOutcome& o : mdp.outcomes(s, a)) {
        if (!o.ends) m(s, o.next) -= mdp.gamma() * policy[mdp.Pair(s, a)] * o.probability;
      }
    }
  }
  return m;
}

}  // namespace

EpisodicValues OptimalValues(const Mdp& mdp) {
  return Backwards(mdp, [](int, int, std::span<const double> q) { return *std::ranges::max_element(q); });
}

EpisodicValues PolicyValues(const Mdp& mdp, std::span<const double> policy) {
  ROVE_CHECK_EQ(policy.size(), Size(mdp.horizon() * mdp.pairs()));
  return Backwards(mdp, [&](int h, int s, std::span<const double> q) {
    return Dot(q, policy.subspan(Size((h * mdp.states() + s) * mdp.actions()), q.size()));
  });
}

Table EpisodicOccupancy(const Mdp& mdp, std::span<const double> policy) {
  const int S = mdp.states(), A = mdp.actions();
  ROVE_CHECK_EQ(policy.size(), Size(mdp.horizon() * mdp.pairs()));
  Table occupancy(policy.size()), now(mdp.start().begin(), mdp.start().end());
  for (int h = 0; h < mdp.horizon(); ++h) {
    Table next(Size(S));
    for (int s = 0; s < S; ++s) {
      for (int a = 0; a < A; ++a) {
        const std::size_t at = Size((h * S + s) * A + a);
        occupancy[at] = now[Size(s)] * policy[at];
        for (const MdpOutcome& o : mdp.outcomes(s, a)) {
          if (!o.ends) next[Size(o.next)] += occupancy[at] * o.probability;
        }
      }
    }
    now = std::move(next);
  }
  return occupancy;
}

DiscountedValues PolicyValues(const Mdp& mdp, std::span<const double> reward, std::span<const double> policy) {
  ROVE_CHECK_LT(mdp.gamma(), 1.0);
  const int S = mdp.states(), A = mdp.actions();
  Eigen::VectorXd expected(S);
  for (int s = 0; s < S; ++s) expected[s] = Dot(reward.subspan(mdp.Pair(s, 0), Size(A)), policy.subspan(mdp.Pair(s, 0), Size(A)));
  const Eigen::VectorXd v = Resolvent(mdp, policy).partialPivLu().solve(expected);
  DiscountedValues out{Table(reward.begin(), reward.end()), Table(v.begin(), v.end()), 0};
  for (int s = 0; s < S; ++s) {
    for (int a = 0; a < A; ++a) {
      for (const MdpOutcome& o : mdp.outcomes(s, a)) {
        if (!o.ends) out.q[mdp.Pair(s, a)] += mdp.gamma() * o.probability * out.v[Size(o.next)];
      }
    }
  }
  out.value = Dot(mdp.start(), out.v);
  return out;
}

Table Occupancy(const Mdp& mdp, std::span<const double> policy) {
  ROVE_CHECK_LT(mdp.gamma(), 1.0);
  const Eigen::Map<const Eigen::VectorXd> start(mdp.start().data(), mdp.states());
  const Eigen::VectorXd visits = Resolvent(mdp, policy).transpose().partialPivLu().solve((1 - mdp.gamma()) * start);
  Table d(policy.begin(), policy.end());
  for (int s = 0; s < mdp.states(); ++s) {
    for (int a = 0; a < mdp.actions(); ++a) d[mdp.Pair(s, a)] *= std::max(visits[s], 0.0);  // rounding may fall below 0
  }
  return d;
}

Table OptimalPolicy(const Mdp& mdp, std::span<const double> reward) {
  // An action replaces the present one only if it is better by more than rounding, so that policy iteration ends.
  constexpr double kRounding = 1e-12;
  const int S = mdp.states(), A = mdp.actions();
  std::vector<int> choice(Size(S), 0);
  Table policy;
  for (bool improved = true; improved;) {
    policy.assign(Size(mdp.pairs()), 0);
    for (int s = 0; s < S; ++s) policy[mdp.Pair(s, choice[Size(s)])] = 1;
    const Table q = PolicyValues(mdp, reward, policy).q;
    improved = false;
    for (int s = 0; s < S; ++s) {
      const std::span<const double> row(q.data() + mdp.Pair(s, 0), Size(A));
      const auto best = std::ranges::max_element(row);
      const double have = row[Size(choice[Size(s)])];
      if (*best > have + kRounding * std::max(1.0, std::abs(have))) {
        choice[Size(s)] = static_cast<int>(best - row.begin());
        improved = true;
      }
    }
  }
  return policy;
}

Table PolicyOf(const Mdp& mdp, std::span<const double> occupancy) {
  const int A = mdp.actions();
  Table policy(occupancy.size(), 1.0 / A);
  for (int s = 0; s < mdp.states(); ++s) {
    double total = 0;
    for (int a = 0; a < A; ++a) total += occupancy[mdp.Pair(s, a)];
    if (total <= 0) continue;
    for (int a = 0; a < A; ++a) policy[mdp.Pair(s, a)] = occupancy[mdp.Pair(s, a)] / total;
  }
  return policy;
}

}  // namespace rove::tabular
