// What the paper says of its tabular study, judged on what was measured. The rules are fixed here, before any number is seen:
//   above, below   median paired difference and exact Wilcoxon signed-rank p < 0.05, Holm-adjusted over its family
//   near           the 95 % bootstrap interval of the median difference lies within 0.05 of the optimal value
//   a claim about several cells holds if it holds in all, holds in part if in some, and else does not hold
#pragma once

#include <string>
#include <vector>

#include "eval/statistics.h"
#include "eval/tabular_study.h"

namespace rove {

// One paired difference, positive where `better` did better. Families: locks, chain, maps.
struct Comparison {
  std::string family, where, better, than;
  double median = 0;       // difference
  Interval interval = {};  // of the median
  int wins = 0, ties = 0, seeds = 0;
  double p = 1, p_holm = 1;
  bool above() const { return median > 0 && p_holm < 0.05; }
  bool below() const { return median < 0 && p_holm < 0.05; }
  bool near() const { return interval.low > -0.05 && interval.high < 0.05; }
};

enum class Verdict { kHolds, kInPart, kDoesNotHold };
std::string Name(Verdict verdict);

struct Claim {
  std::string text;
  bool of_paper = true;  // else a control of ours
  Verdict verdict{};
  std::string evidence;
};

struct Judgement {
  std::vector<Comparison> comparisons;
  std::vector<Claim> claims;
};
Judgement Judge(const TabularStudy& study);

}  // namespace rove
