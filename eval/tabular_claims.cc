#include "eval/tabular_claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace rove {
namespace {

const std::vector<std::string> kLearners = {"VI", "OPPO", "Q-learning"},
                               kBonusAlone = {"VI, bonus alone", "Q-learning, bonus alone"},
                               kEveryForm = {"VI", "OPPO", "Q-learning", "VI, bonus alone", "Q-learning, bonus alone"};

double Median(std::span<const double> xs) { return Quantile(xs, 0.5); }

// `sign` is -1 where less is better.
Comparison Compare(const std::string& family, const std::string& where, const std::string& better, const PerSeed& a,
                   const std::string& than, const PerSeed& b, double sign = 1) {
  PerSeed difference;
  for (std::size_t i = 0; i < a.size(); ++i) difference.push_back(sign * (a[i] - b[i]));
  Comparison out{.family = family, .where = where, .better = better, .than = than};
  out.of_better = Median(a);
  out.of_than = Median(b);
  out.median = Median(difference);
  out.interval = Bootstrap(difference, Median, /*seed=*/0);
  out.wins = static_cast<int>(std::ranges::count_if(difference, [](double x) { return x > 0; }));
  out.ties = static_cast<int>(std::ranges::count(difference, 0.0));
  out.seeds = static_cast<int>(difference.size());
  out.effect = RankBiserial(difference);
  out.p = WilcoxonSignedRank(difference);
  return out;
}

void AdjustFamily(const std::string& family, std::vector<Comparison>* all) {
  std::vector<Comparison*> members;
  std::vector<double> p;
  for (Comparison& each : *all) {
    if (each.family != family) continue;
    members.push_back(&each);
    p.push_back(each.p);
  }
  const std::vector<double> adjusted = Holm(p);
  for (std::size_t i = 0; i < members.size(); ++i) members[i]->p_holm = adjusted[i];
}

std::vector<Comparison> AllComparisons(const TabularStudy& study) {
  std::vector<Comparison> out;
  for (const LockStudy& lock : study.locks) {
    for (const LearnerArm& made : lock.arms) {
      if (made.bonus != "MADE") continue;
      for (const char* other : {"Hoeffding", "Bernstein", "count", "recency", "none"}) {
        out.push_back(Compare("locks", fmt::format("{}, H = {}", made.learner, lock.levels), "MADE", made.score, other,
                              lock.Arm(made.learner, other).score));
      }
    }
    const auto map = [&](const std::string& bonus) -> const BonusMap& {
      return *std::ranges::find_if(lock.maps, [&](const BonusMap& m) { return m.bonus == bonus; });
    };
    const BonusMap &made = map("MADE"), &hoeffding = map("Hoeffding");
    out.push_back(Compare("maps", fmt::format("ranks, H = {}", lock.levels), "MADE", made.like_bernstein, "Hoeffding",
                          hoeffding.like_bernstein));
    out.push_back(Compare("maps", fmt::format("sizes, H = {}", lock.levels), "MADE", made.off_bernstein, "Hoeffding",
                          hoeffding.off_bernstein, -1));
  }
  for (const ChainArm& none : study.chain.arms) {
    if (none.regulariser != "none") continue;
    const auto compare = [&](const char* better, const char* than) {  // fewer iterations are better
      const auto iterations = [&](const char* regulariser) {
        return study.chain.Arm(none.parametrisation, none.largest_step, regulariser).to_99;
      };
      out.push_back(Compare("chain", none.where(), better, iterations(better), than, iterations(than), -1));
    };
    for (const char* other : {"none", "entropy", "relative entropy"}) compare("MADE", other);
    compare("entropy", "none");
    compare("relative entropy", "none");
  }
  for (const char* family : {"locks", "maps", "chain"}) AdjustFamily(family, &out);
  return out;
}

// The comparisons of a claim, and in which of them it holds.
class Cells {
 public:
  Cells(const std::vector<Comparison>& all, const std::string& family, const std::function<bool(const Comparison&)>& chosen) {
    for (const Comparison& each : all) {
      if (each.family == family && chosen(each)) cells_.push_back(&each);
    }
  }

  Claim Judge(const std::string& text, bool of_paper, const std::string& word,
              const std::function<bool(const Comparison&)>& holds) const {
    Claim claim{.text = text, .of_paper = of_paper};
    for (const Comparison* cell : cells_) claim.cells.push_back({*cell, holds(*cell)});
    const auto held = static_cast<std::size_t>(std::ranges::count_if(claim.cells, &Claim::Cell::holds));
    claim.verdict = held == cells_.size() ? Verdict::kHolds : held > 0 ? Verdict::kInPart : Verdict::kDoesNotHold;
    claim.summary = fmt::format("{} in {} of {}", word, held, cells_.size());
    return claim;
  }

 private:
  std::vector<const Comparison*> cells_;
};

bool Above(const Comparison& c) { return c.above(); }
bool Near(const Comparison& c) { return c.near(); }

Cells OnLocks(const std::vector<Comparison>& all, const std::vector<std::string>& learners, const std::string& than) {
  return {all, "locks", [&](const Comparison& c) {
            return c.than == than &&
                   std::ranges::any_of(learners, [&](const std::string& l) { return c.where.starts_with(l + ", H"); });
          }};
}

// An unregularised gradient that needs ten times MADE's iterations or more.
Claim VanillaIsSlow(const std::vector<Comparison>& all) {
  return Cells(all, "chain", [](const Comparison& c) { return c.better == "MADE" && c.than == "none"; })
      .Judge("Chain: without a regulariser the gradient is extremely slow (at the median ten times MADE's iterations or more)",
             true, "slow", [](const Comparison& c) { return c.of_than >= 10 * c.of_better; });
}

}  // namespace

std::string Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds: return "holds";
    case Verdict::kInPart: return "holds in part";
    default: return "does not hold";
  }
}

std::string ShowValue(const Comparison& comparison, double value) {
  const double shown = comparison.family == "chain" || std::abs(value) >= 0.0005 ? value : 0;  // no "-0.000"
  return fmt::format("{:.{}f}", shown, comparison.family == "chain" ? 0 : 3);
}

std::string ShowDifference(const Comparison& comparison, double difference) {
  const std::string size = ShowValue(comparison, std::abs(difference));
  return (difference < 0 && size.find_first_not_of("0.") != std::string::npos ? "-" : "+") + size;
}

std::string ShowP(double p) { return p < 1e-4 ? "< 0.0001" : fmt::format("{:.{}f}", p, p < 0.001 ? 4 : 3); }

Judgement Judge(const TabularStudy& study) {
  Judgement out;
  out.comparisons = AllComparisons(study);
  const auto& all = out.comparisons;
  const auto maps = [&](const std::string& by) {
    return Cells(all, "maps", [&](const Comparison& c) { return c.where.starts_with(by); });
  };
  const auto made_first = Cells(all, "chain", [](const Comparison& c) { return c.better == "MADE"; });
  const auto entropies = Cells(all, "chain", [](const Comparison& c) { return c.better != "MADE"; });
  out.claims = {
      OnLocks(all, kLearners, "Hoeffding").Judge("Locks: MADE is above Hoeffding with all three learners", true, "above", Above),
      OnLocks(all, kLearners, "Bernstein").Judge("Locks: MADE is near Bernstein with all three learners", true, "near", Near),
      maps("sizes").Judge("Locks: MADE's bonus map is nearer to Bernstein's than Hoeffding's is, in the sizes of bonuses", true,
                          "nearer", Above),
      maps("ranks").Judge("Locks: MADE's bonus map is more like Bernstein's than Hoeffding's is, in the ranks of pairs", true,
                          "more alike", Above),
      made_first.Judge("Chain: MADE is the fastest", true, "faster", Above),
      VanillaIsSlow(all),
      entropies.Judge("Chain: both entropies are faster than no regulariser", true, "faster", Above),
      OnLocks(all, kBonusAlone, "Hoeffding")
          .Judge("Where optimism comes from the bonus alone: MADE is above Hoeffding", false, "above", Above),
      OnLocks(all, kBonusAlone, "Bernstein")
          .Judge("Where optimism comes from the bonus alone: MADE is near Bernstein", false, "near", Near),
      OnLocks(all, kEveryForm, "count")
          .Judge("Ablation: MADE is above count, its cover factor alone, so the recency factor helps", false, "above", Above),
      OnLocks(all, kEveryForm, "recency")
          .Judge("Ablation: MADE is above its recency factor alone, so the cover factor helps", false, "above", Above),
      OnLocks(all, kEveryForm, "none").Judge("Control: MADE is above no bonus", false, "above", Above),
  };
  return out;
}

}  // namespace rove
