// The tabular study of MADE (Zhang et al. 2021, section 5), run where everything is exact: learners with bonuses on the
// combination lock, and regularised policy gradients on the chain. Every bonus gets the same number of settings, chosen by the
// same score on seeds of their own (1000, 1001, ...); the results are those of seeds 0, 1, ..., the same for all arms, so that
// arms are compared pair by pair. Runs on the pool of core/parallel.h; the same for any number of threads.
// What is measured here is judged in eval/tabular_claims.h and shown by eval/tabular_report.h.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace rove {

struct TabularStudySize {
  int tuning_seeds = 12, seeds = 30;
  int episodes = 2000;    // of a run on a lock
  int coefficients = 8;   // settings a bonus: three times as many
  int iterations = 5000;  // of a policy gradient
  static TabularStudySize Quick() {
    return {.tuning_seeds = 4, .seeds = 16, .episodes = 600, .coefficients = 4, .iterations = 1000};
  }
};

using PerSeed = std::vector<double>;

// A learner with a bonus on one lock. Values are shares of the optimal one, V / V*.
struct LearnerArm {
  std::string learner, bonus;  // labels
  std::string settings;        // YAML of the best setting
  int tried = 0;               // settings
  bool at_edge = false;        // the best coefficient is the grid's smallest or largest
  std::vector<PerSeed> curve;  // [seed][point]: mean value of the episodes up to LockStudy::point since the point before
  PerSeed score;               // mean over all episodes of the value of the policy they were played with: 1 - regret share
  PerSeed last;                // value of the last policy
  PerSeed regret;              // sum over episodes of (V* - V) in units of V*
  PerSeed to_90;               // episodes until the value stays at 0.9 or above; `episodes` if it does not
  PerSeed high_end;            // last policy's chance of the high end, as a share of the optimal policy's
};

// Bonuses of VI after some episodes, by role: rows kMapRows, columns levels 1 .. H. Each seed's map is scaled to a maximum of 1.
struct BonusMap {
  std::string bonus;
  std::vector<std::vector<double>> median;  // [checkpoint][row * H + level - 1] over seeds
  // Against Bernstein's map of the same seed, means over checkpoints: the rank correlation, which sees only which pair is paid
  // more than which, and the mean absolute difference over the cells, which sees how much more.
  PerSeed like_bernstein, off_bernstein;
};
extern const std::vector<std::string> kMapRows;

struct LockStudy {
  int levels = 5;                // H
  std::vector<double> point;     // episodes at which curves are shown, equally far apart in their logarithm where whole
  std::vector<LearnerArm> arms;  // learner by learner
  std::vector<int> checkpoints;  // episodes after which bonus maps were taken
  std::vector<BonusMap> maps;
  const LearnerArm& Arm(const std::string& learner, const std::string& bonus) const;
};

// A policy gradient with one regulariser; seeds draw the first policy, in which action 0 has 0.05 to 0.25 in each state.
struct ChainArm {
  std::string parametrisation, regulariser, settings;
  double largest_step = 1;  // of its grid
  int tried = 0;
  bool at_edge = false;        // the best weight is the grid's smallest or largest
  std::vector<PerSeed> curve;  // [seed][point]: log10 of (V* - V) / V*
  PerSeed to_99;               // iterations until V stays at 0.99 V* or above; `iterations` if it does not
  PerSeed last;                // V / V* of the last iterate
  std::string where() const;   // "direct, steps to 1": the arms that are compared with each other share it
};

struct ChainStudy {
  int levels = 8;              // H
  int iterations = 0;          // of a run
  std::vector<double> point;   // log10 of the iteration
  std::vector<ChainArm> arms;  // parametrisation by parametrisation, small steps first
  const ChainArm& Arm(const std::string& parametrisation, double largest_step, const std::string& regulariser) const;
};

struct TabularStudy {
  TabularStudySize size;
  std::vector<LockStudy> locks;
  ChainStudy chain;
};

// progress gets one line a finished part.
TabularStudy RunTabularStudy(const TabularStudySize& size, const std::function<void(const std::string&)>& progress);

// Its two parts.
LockStudy RunLockStudy(const TabularStudySize& size, int levels, const std::function<void(const std::string&)>& progress);
ChainStudy RunChainStudy(const TabularStudySize& size, const std::function<void(const std::string&)>& progress);

}  // namespace rove
