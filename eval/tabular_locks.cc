// The locks of the tabular study.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "agents/tabular.h"
#include "core/parallel.h"
#include "envs/registry.h"
#include "eval/statistics.h"
#include "eval/tabular_study.h"

namespace rove {

const std::vector<std::string> kMapRows = {"high chain, right", "high chain, wrong", "high chain, dead",
                                           "low chain, right",  "low chain, wrong",  "low chain, dead"};

namespace {

constexpr int kTuningSeed = 1000, kPoints = 60;

// A lock and what is known of it.
struct Lock {
  std::unique_ptr<VectorEnv> env;
  const Mdp* mdp = nullptr;
  double best = 0;       // V*
  double best_high = 0;  // the optimal policy's chance of the high end
};

// Chance that an episode ends with the largest reward there is.
double HighEnd(const Mdp& mdp, std::span<const double> policy) {
  double largest = 0, chance = 0;
  for (const double r : mdp.rewards()) largest = std::max(largest, r);
  const auto rewards = mdp.rewards();
  const tabular::Table visits = tabular::EpisodicOccupancy(mdp, policy);
  for (std::size_t i = 0; i < visits.size(); ++i) chance += rewards[i % rewards.size()] == largest ? visits[i] : 0;
  return chance;
}

Lock MakeLock(int levels, int seed) {
  Lock lock;
  lock.env = Envs().Create(Config::Parse(fmt::format("{{type: tabular/lock, horizon: {}, lock_seed: {}}}", levels, seed)), {});
  lock.mdp = &dynamic_cast<const FiniteModel&>(*lock.env).mdp();
  const tabular::EpisodicValues optimal = tabular::OptimalValues(*lock.mdp);
  lock.best = optimal.value;
  tabular::Table policy(optimal.q.size());
  const auto A = static_cast<std::size_t>(lock.mdp->actions());
  for (std::size_t row = 0; row < policy.size(); row += A)
    tabular::Greedy(std::span(optimal.q).subspan(row, A), std::span(policy).subspan(row, A));
  lock.best_high = HighEnd(*lock.mdp, policy);
  return lock;
}

struct Setting {
  std::string yaml;
  bool at_edge = false;
};
struct BonusArm {
  std::string label;
  std::vector<Setting> settings;
};
struct LearnerForm {
  std::string label;
  std::vector<std::string> forms;  // keys of the learner, without its bonus
};

// `count` numbers from low to high, equally spaced in their logarithm.
std::vector<double> LogGrid(double low, double high, int count) {
  std::vector<double> grid;
  for (int i = 0; i < count; ++i) grid.push_back(low * std::pow(high / low, static_cast<double>(i) / (count - 1)));
  return grid;
}

// Three times `coefficients` settings each, all c from 0.001 to 3: a finer grid where there is nothing else to choose.
std::vector<BonusArm> BonusArms(const TabularStudySize& size, int levels) {
  const auto grid = [](const std::string& keys, int count) {
    std::vector<Setting> settings;
    for (const double c : LogGrid(0.001, 3, count))
      settings.push_back({fmt::format("{{type: {}, c: {:.3g}}}", keys, c), settings.empty()});
    settings.back().at_edge = true;
    return settings;
  };
  const auto grids = [&](const std::vector<std::string>& keys) {
    std::vector<Setting> settings;
    for (const std::string& each : keys) {
      for (Setting& s : grid(each, size.coefficients)) settings.push_back(std::move(s));
    }
    return settings;
  };
  std::vector<std::string> bernstein, made, recency;
  for (const char* lower : {"0.01", "0.1", "1"}) bernstein.push_back(fmt::format("bernstein, lower_order: {}", lower));
  for (const int buffer : {10, 50, 200}) {
    made.push_back(fmt::format("made.tabular, buffer: {}", buffer * levels));
    recency.push_back(made.back() + ", factors: recency");
  }
  return {{"none", {{"{type: none}", false}}}, {"count", grid("count", 3 * size.coefficients)},
          {"recency", grids(recency)},         {"Hoeffding", grid("hoeffding", 3 * size.coefficients)},
          {"Bernstein", grids(bernstein)},     {"MADE", grids(made)}};
}

const std::vector<LearnerForm> kLearners = {
    {"VI", {"type: tabular.vi"}},
    {"OPPO", {"type: tabular.oppo, step: 0.1", "type: tabular.oppo, step: 1", "type: tabular.oppo, step: 10"}},
    {"Q-learning", {"type: tabular.q_learning"}},
    {"VI, bonus alone", {"type: tabular.vi, unvisited: bonus"}},
    {"Q-learning, bonus alone", {"type: tabular.q_learning, unvisited: bonus"}}};

std::string WithBonus(const std::string& form, const Setting& bonus) {
  return fmt::format("{{{}, bonus: {}}}", form, bonus.yaml);
}

// V / V* of the policy that each episode was played with.
tabular::Table Play(const Lock& lock, const std::string& yaml, int episodes, int seed,
                    const std::function<void(const tabular::Learner&, int)>& after = {}) {
  const Mdp& mdp = *lock.mdp;
  const auto learner = tabular::Learners().Create(Config::Parse(yaml), {mdp.states(), mdp.actions(), mdp.horizon()});
  tabular::Table share = tabular::Play(mdp, *learner, episodes, static_cast<Seed>(seed), [&](int k) {
    if (after) after(*learner, k);
  });
  for (double& v : share) v /= lock.best;
  return share;
}

// The arm's best setting by mean score over the tuning locks; fills settings, tried and at_edge.
void Tune(const TabularStudySize& size, const std::vector<Lock>& locks, const LearnerForm& learner, const BonusArm& bonus,
          LearnerArm* arm) {
  const int settings = static_cast<int>(bonus.settings.size()), forms = static_cast<int>(learner.forms.size());
  const int seeds = static_cast<int>(locks.size());
  arm->tried = forms * settings;
  std::vector<double> score(static_cast<std::size_t>(arm->tried * seeds));
  const auto yaml_of = [&](int i) {
    return WithBonus(learner.forms[static_cast<std::size_t>(i / settings)],
                     bonus.settings[static_cast<std::size_t>(i % settings)]);
  };
  if (arm->tried > 1) {
    ParallelFor(static_cast<int>(score.size()), [&](int task) {
      const int seed = task % seeds;
      score[static_cast<std::size_t>(task)] =
          Mean(Play(locks[static_cast<std::size_t>(seed)], yaml_of(task / seeds), size.episodes, kTuningSeed + seed));
    });
  }
  int best = 0;
  double best_score = -1e300;
  for (int i = 0; i < arm->tried; ++i) {
    const double mean = Mean(std::span(score).subspan(static_cast<std::size_t>(i * seeds), static_cast<std::size_t>(seeds)));
    if (mean > best_score) best = i, best_score = mean;
  }
  arm->settings = yaml_of(best);
  arm->at_edge = bonus.settings[static_cast<std::size_t>(best % settings)].at_edge;
}

// Plays the chosen setting on the locks of the study.
void Measure(const TabularStudySize& size, const std::vector<Lock>& locks, const LockStudy& study, LearnerArm* arm) {
  const auto seeds = locks.size();
  arm->curve.resize(seeds);
  for (PerSeed* each : {&arm->score, &arm->last, &arm->regret, &arm->to_90, &arm->high_end}) each->resize(seeds);
  ParallelFor(static_cast<int>(seeds), [&](int seed) {
    const auto i = static_cast<std::size_t>(seed);
    const tabular::Table share = Play(locks[i], arm->settings, size.episodes, seed, [&](const tabular::Learner& learner, int k) {
      if (k == size.episodes - 2)  // the policy of the last episode
        arm->high_end[i] = HighEnd(*locks[i].mdp, learner.policy()) / locks[i].best_high;
    });
    const auto below = std::find_if(share.rbegin(), share.rend(), [](double v) { return v < 0.9; });
    arm->score[i] = Mean(share);
    arm->last[i] = share.back();
    arm->regret[i] = (1 - arm->score[i]) * size.episodes;
    arm->to_90[i] = static_cast<double>(share.rend() - below);
    double from = 0;
    for (const double to : study.point) {  // mean over the episodes since the point before
      const auto begin = static_cast<std::size_t>(from), end = static_cast<std::size_t>(to);
      arm->curve[i].push_back(Mean(std::span(share).subspan(begin, end - begin)));
      from = to;
    }
  });
}

// Bonuses of a learner on a lock, by role; the layout of states is that of envs/tabular/lock.cc.
std::vector<double> MapByRole(const Mdp& mdp, int levels, const tabular::Table& bonus) {
  const auto good = [&](int chain, int level) { return 1 + 2 * (chain * levels + level - 1); };
  const auto right = [&](int chain, int level) {
    const MdpOutcome& first = mdp.outcomes(good(chain, level), 0)[0];
    const bool is_right = level == levels ? first.reward > 0 : first.next == good(chain, level + 1);
    return is_right ? 0 : 1;
  };
  const auto end_reward = [&](int chain) { return mdp.outcomes(good(chain, levels), right(chain, levels))[0].reward; };
  const int high = end_reward(0) > end_reward(1) ? 0 : 1;
  std::vector<double> map(kMapRows.size() * static_cast<std::size_t>(levels));
  for (int which = 0; which < 2; ++which) {
    const int chain = which == 0 ? high : 1 - high;
    for (int level = 1; level <= levels; ++level) {
      const int s = good(chain, level), a = right(chain, level);
      const auto at = [&](int state, int action) {
        return bonus[static_cast<std::size_t>(level * mdp.pairs()) + mdp.Pair(state, action)];
      };
      const double of_role[] = {at(s, a), at(s, 1 - a), (at(s + 1, 0) + at(s + 1, 1)) / 2};
      for (int role = 0; role < 3; ++role) map[static_cast<std::size_t>((3 * which + role) * levels + level - 1)] = of_role[role];
    }
  }
  const double largest = *std::ranges::max_element(map);
  for (double& b : map) b /= largest;
  return map;
}

void MeasureMaps(const TabularStudySize& size, const std::vector<Lock>& locks, LockStudy* study) {
  using Maps = std::vector<std::vector<double>>;  // [checkpoint]
  const std::vector<std::string> bonuses = {"Bernstein", "MADE", "Hoeffding"};
  const auto seeds = locks.size();
  std::vector<std::vector<Maps>> maps(bonuses.size(), std::vector<Maps>(seeds));
  ParallelFor(static_cast<int>(bonuses.size() * seeds), [&](int task) {
    const auto b = static_cast<std::size_t>(task) / seeds, seed = static_cast<std::size_t>(task) % seeds;
    Play(locks[seed], study->Arm("VI", bonuses[b]).settings, size.episodes, static_cast<int>(seed),
         [&](const tabular::Learner& learner, int k) {
           if (std::ranges::count(study->checkpoints, k + 1) == 0) return;
           maps[b][seed].push_back(MapByRole(*locks[seed].mdp, study->levels, learner.BonusTable()));
         });
  });
  for (std::size_t b = 0; b < bonuses.size(); ++b) {
    BonusMap map{.bonus = bonuses[b], .median = {}, .like_bernstein = PerSeed(seeds), .off_bernstein = PerSeed(seeds)};
    for (std::size_t c = 0; c < study->checkpoints.size(); ++c) {
      std::vector<double>& median = map.median.emplace_back();
      for (std::size_t cell = 0; cell < maps[b][0][c].size(); ++cell) {
        PerSeed values;
        for (const Maps& of_seed : maps[b]) values.push_back(of_seed[c][cell]);
        median.push_back(Quantile(values, 0.5));
      }
      for (std::size_t seed = 0; seed < seeds; ++seed) {
        const std::vector<double>&one = maps[b][seed][c], &bernstein = maps[0][seed][c];
        const auto share = 1 / static_cast<double>(study->checkpoints.size());
        map.like_bernstein[seed] += share * RankCorrelation(one, bernstein);
        for (std::size_t cell = 0; cell < one.size(); ++cell)
          map.off_bernstein[seed] += share * std::abs(one[cell] - bernstein[cell]) / static_cast<double>(one.size());
      }
    }
    study->maps.push_back(std::move(map));
  }
}

}  // namespace

const LearnerArm& LockStudy::Arm(const std::string& learner, const std::string& bonus) const {
  const auto found = std::ranges::find_if(arms, [&](const LearnerArm& a) { return a.learner == learner && a.bonus == bonus; });
  ROVE_CHECK(found != arms.end());
  return *found;
}

LockStudy RunLockStudy(const TabularStudySize& size, int levels, const std::function<void(const std::string&)>& progress) {
  LockStudy study{.levels = levels, .point = {}, .arms = {}, .checkpoints = {}, .maps = {}};
  for (const double x : LogGrid(1, size.episodes, kPoints)) {
    if (const double k = std::round(x); study.point.empty() || k > study.point.back()) study.point.push_back(k);
  }
  for (const int k : {20, 100, 500, 2000}) {
    if (k <= size.episodes) study.checkpoints.push_back(k);
  }
  std::vector<Lock> tuning, measured;
  for (int i = 0; i < size.tuning_seeds; ++i) tuning.push_back(MakeLock(levels, kTuningSeed + i));
  for (int i = 0; i < size.seeds; ++i) measured.push_back(MakeLock(levels, i));
  for (const LearnerForm& learner : kLearners) {
    for (const BonusArm& bonus : BonusArms(size, levels)) {
      LearnerArm arm;
      arm.learner = learner.label;
      arm.bonus = bonus.label;
      Tune(size, tuning, learner, bonus, &arm);
      Measure(size, measured, study, &arm);
      study.arms.push_back(std::move(arm));
    }
    progress(fmt::format("lock H = {}: {}", levels, learner.label));
  }
  MeasureMaps(size, measured, &study);
  return study;
}

TabularStudy RunTabularStudy(const TabularStudySize& size, const std::function<void(const std::string&)>& progress) {
  TabularStudy study;
  study.size = size;
  for (const int levels : {5, 10}) study.locks.push_back(RunLockStudy(size, levels, progress));
  study.chain = RunChainStudy(size, progress);
  return study;
}

}  // namespace rove
