// What the paper says of its tabular study, judged on what was measured. The rules:
//   above, below   median paired difference and exact Wilcoxon signed-rank p < 0.05, Holm-adjusted over its family
//   near           the 95 % bootstrap interval of the median difference lies within 0.05 of the optimal value
//   a claim about several cells holds if it holds in all, holds in part if in some, and else does not hold
#pragma once

#include <string>
#include <vector>

#include "eval/statistics.h"
#include "eval/tabular_study.h"

namespace rove {

// Seeds of two arms, pair by pair; the difference is positive where `better` did better. Families: locks, maps, chain.
struct Comparison {
  std::string family, where, better, than;
  double of_better = 0, of_than = 0;  // medians of what is compared
  double median = 0;                  // of the differences
  Interval interval = {};             // 95 %, of that median
  int wins = 0, ties = 0, seeds = 0;
  double effect = 0;  // rank-biserial correlation
  double p = 1, p_holm = 1;
  bool above() const { return median > 0 && p_holm < 0.05; }
  bool below() const { return median < 0 && p_holm < 0.05; }
  bool near() const { return interval.low > -0.05 && interval.high < 0.05; }
};

enum class Verdict { kHolds, kInPart, kDoesNotHold };
std::string Name(Verdict verdict);

struct Claim {
  struct Cell {
    Comparison comparison;
    bool holds = false;
  };
  std::string text;
  bool of_paper = true;  // else a control of ours
  std::vector<Cell> cells = {};
  Verdict verdict = Verdict::kDoesNotHold;
  std::string summary = {};  // "above in 4 of 6"
};

struct Judgement {
  std::vector<Comparison> comparisons;
  std::vector<Claim> claims;
};
Judgement Judge(const TabularStudy& study);

// "0.941", "132": a number of a comparison as its family shows it. "+0.038", "-14": a difference.
std::string ShowValue(const Comparison& comparison, double value);
std::string ShowDifference(const Comparison& comparison, double difference);
// "0.0012", "< 0.0001"
std::string ShowP(double p);

}  // namespace rove
