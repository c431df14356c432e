#include "eval/tabular_claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace rove {
namespace {

const std::vector<std::string> kLearners = {"VI", "OPPO", "Q-learning"},
                               kBonusAlone = {"VI, bonus alone", "OPPO", "Q-learning, bonus alone"};

double Median(std::span<const double> xs) { return Quantile(xs, 0.5); }

Comparison Compare(const std::string& family, const std::string& where, const std::string& better, const PerSeed& a,
                   const std::string& than, const PerSeed& b) {
  PerSeed difference;
  for (std::size_t i = 0; i < a.size(); ++i) difference.push_back(a[i] - b[i]);
  Comparison out{.family = family, .where = where, .better = better, .than = than};
  out.median = Median(difference);
  out.interval = Bootstrap(difference, Median, /*seed=*/0);
  out.wins = static_cast<int>(std::ranges::count_if(difference, [](double x) { return x > 0; }));
  out.ties = static_cast<int>(std::ranges::count(difference, 0.0));
  out.seeds = static_cast<int>(difference.size());
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
      for (const char* other : {"Hoeffding", "Bernstein", "count", "none"}) {
        out.push_back(Compare("locks", fmt::format("{}, H = {}", made.learner, lock.levels), "MADE", made.score, other,
                              lock.Arm(made.learner, other).score));
      }
    }
    const auto map = [&](const std::string& bonus) {
      return std::ranges::find_if(lock.maps, [&](const BonusMap& m) { return m.bonus == bonus; })->like_bernstein;
    };
    out.push_back(Compare("maps", fmt::format("H = {}", lock.levels), "MADE", map("MADE"), "Hoeffding", map("Hoeffding")));
  }
  for (const char* form : {"direct", "softmax"}) {
    const auto compare = [&](const char* better, const char* than) {  // fewer iterations are better
      out.push_back(Compare("chain", form, better, study.chain.Arm(form, than).to_99, than, study.chain.Arm(form, better).to_99));
    };
    for (const char* other : {"none", "entropy", "relative entropy"}) compare("made", other);
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
    std::string evidence;
    std::size_t held = 0;
    for (const Comparison* cell : cells_) {
      held += holds(*cell);
      evidence += fmt::format("{}{}: {:+.3g} [{:+.2g}, {:+.2g}], p {:.2g}", evidence.empty() ? "" : "; ",
                              cell->family == "chain" ? cell->where + ", " + cell->better + " before " + cell->than : cell->where,
                              cell->median, cell->interval.low, cell->interval.high, cell->p_holm);
    }
    const Verdict verdict = held == cells_.size() ? Verdict::kHolds : held > 0 ? Verdict::kInPart : Verdict::kDoesNotHold;
    return {text, of_paper, verdict, fmt::format("{} in {} of {}: {}", word, held, cells_.size(), evidence)};
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

// An unregularised gradient that needs ten times MADE's iterations or more, in both parametrisations.
Claim VanillaIsSlow(const ChainStudy& chain) {
  std::string evidence;
  int held = 0;
  for (const char* form : {"direct", "softmax"}) {
    const ChainArm &none = chain.Arm(form, "none"), &made = chain.Arm(form, "made");
    held += Median(none.to_99) >= 10 * Median(made.to_99);
    evidence += fmt::format("{}{}: median {:.0f} iterations against {:.0f}", evidence.empty() ? "" : "; ", form,
                            Median(none.to_99), Median(made.to_99));
  }
  return {"Chain: without a regulariser the gradient is extremely slow (ten times MADE's iterations or more)", true,
          held == 2   ? Verdict::kHolds
          : held == 1 ? Verdict::kInPart
                      : Verdict::kDoesNotHold,
          evidence};
}

}  // namespace

std::string Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds: return "holds";
    case Verdict::kInPart: return "holds in part";
    default: return "does not hold";
  }
}

Judgement Judge(const TabularStudy& study) {
  Judgement out;
  out.comparisons = AllComparisons(study);
  const auto& all = out.comparisons;
  const auto chain = [&](const std::string& better, const std::string& than) {
    return Cells(all, "chain", [=](const Comparison& c) { return c.better == better && (than.empty() || c.than == than); });
  };
  const auto entropies = Cells(all, "chain", [](const Comparison& c) { return c.better != "made"; });
  const auto maps = Cells(all, "maps", [](const Comparison&) { return true; });
  out.claims = {
      OnLocks(all, kLearners, "Hoeffding").Judge("Locks: MADE is above Hoeffding with all three learners", true, "above", Above),
      OnLocks(all, kLearners, "Bernstein").Judge("Locks: MADE is near Bernstein with all three learners", true, "near", Near),
      maps.Judge("Locks: MADE's bonus map is more like Bernstein's than Hoeffding's map is", true, "more alike", Above),
      chain("made", "").Judge("Chain: MADE is the fastest", true, "faster", Above),
      VanillaIsSlow(study.chain),
      entropies.Judge("Chain: both entropies are faster than no regulariser", true, "faster", Above),
      OnLocks(all, kBonusAlone, "Hoeffding")
          .Judge("The same where optimism comes from the bonus alone: MADE is above Hoeffding", false, "above", Above),
      OnLocks(all, kBonusAlone, "Bernstein")
          .Judge("The same where optimism comes from the bonus alone: MADE is near Bernstein", false, "near", Near),
      OnLocks(all, kLearners, "count").Judge("Control: MADE is above count, so the recency factor helps", false, "above", Above),
      OnLocks(all, kLearners, "none").Judge("Control: MADE is above no bonus", false, "above", Above),
  };
  return out;
}

}  // namespace rove
