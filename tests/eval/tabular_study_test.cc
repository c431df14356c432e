// The tabular study: what must hold of any of its runs, and its judgement of results made up for the purpose.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "core/parallel.h"
#include "eval/tabular_claims.h"
#include "eval/tabular_report.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;

constexpr TabularStudySize kTiny = {.tuning_seeds = 2, .seeds = 3, .episodes = 100, .coefficients = 2, .iterations = 50};

TabularStudy RunTiny() {
  TabularStudy study{.size = kTiny, .locks = {}, .chain = {}};
  const auto quiet = [](const std::string&) {};
  study.locks = {RunLockStudy(kTiny, 5, quiet)};
  study.chain = RunChainStudy(kTiny, quiet);
  return study;
}

TEST_CASE("the tabular study is the same, report bytes included, on 1, 2, 3 and 5 threads", "[eval][threads]") {
  std::set<std::string> reports;
  for (const int threads : {1, 2, 3, 5}) {
    SetThreads(threads);
    const TabularStudy study = RunTiny();
    const Judgement judgement = Judge(study);
    reports.insert(TabularReportHtml(study, judgement, "test") + TabularReportJson(study, judgement, "test") +
                   TabularFigures(study).back().svg);
  }
  SetThreads(2);
  CHECK(reports.size() == 1);
}

TEST_CASE("every bonus and every regulariser gets the same number of settings", "[eval][unit]") {
  const TabularStudy study = RunTiny();
  const LockStudy& lock = study.locks[0];
  CHECK(lock.arms.size() == 30);  // five forms of learners, six bonuses
  for (const LearnerArm& arm : lock.arms) {
    if (arm.bonus == "none") continue;
    CHECK(arm.tried == (arm.learner == "OPPO" ? 3 : 1) * 3 * kTiny.coefficients);
  }
  CHECK(study.chain.arms.size() == 16);
  for (const ChainArm& arm : study.chain.arms) CHECK(arm.tried == 24);
}

TEST_CASE("what a lock's arm says of itself agrees: score, regret, curve, last", "[eval][unit]") {
  const TabularStudy study = RunTiny();
  const LockStudy& lock = study.locks[0];
  CHECK(lock.point.front() == 1);
  CHECK(lock.point.back() == kTiny.episodes);
  for (const LearnerArm& arm : lock.arms) {
    for (std::size_t seed = 0; seed < arm.score.size(); ++seed) {
      CHECK(arm.regret[seed] == Approx(kTiny.episodes * (1 - arm.score[seed])));
      double sum = 0, from = 0;  // each point stands for the episodes since the point before
      for (std::size_t i = 0; i < lock.point.size(); from = lock.point[i++]) sum += arm.curve[seed][i] * (lock.point[i] - from);
      CHECK(sum / kTiny.episodes == Approx(arm.score[seed]));
      CHECK(arm.last[seed] <= 1 + 1e-12);
      CHECK((arm.to_90[seed] == kTiny.episodes) == (arm.last[seed] < 0.9));
      // Besides the high end, 0.9^4 (1) of an optimal 0.64, there is 0.1 for the low one and at most 0.02 of costs.
      CHECK(std::abs(arm.high_end[seed] - arm.last[seed]) < 0.14);
    }
  }
}

// Thirty seeds in which an arm's score is `level` plus a ripple that differs from arm to arm.
TabularStudy Made(const std::map<std::string, double>& level, double ripple) {
  TabularStudy study;
  int arm_number = 0;
  for (const int levels : {5, 10}) {
    LockStudy lock{.levels = levels, .point = {}, .arms = {}, .checkpoints = {}, .maps = {}};
    for (const char* learner : {"VI", "OPPO", "Q-learning", "VI, bonus alone", "Q-learning, bonus alone"}) {
      for (const auto& [bonus, value] : level) {
        LearnerArm& arm = lock.arms.emplace_back();
        arm.learner = learner;
        arm.bonus = bonus;
        ++arm_number;
        for (int seed = 0; seed < 30; ++seed) arm.score.push_back(value + ripple * ((seed * 7 + arm_number * 11) % 13 - 6));
      }
    }
    for (const char* bonus : {"Bernstein", "MADE", "Hoeffding"}) {
      BonusMap& map = lock.maps.emplace_back();
      map.bonus = bonus;
      for (int seed = 0; seed < 30; ++seed) {
        map.like_bernstein.push_back(std::string(bonus) == "MADE" ? 0.9 : 0.5);
        map.off_bernstein.push_back(std::string(bonus) == "MADE" ? 0.2 : 0.1);
      }
    }
    study.locks.push_back(lock);
  }
  for (const char* form : {"direct", "softmax"}) {
    for (const auto& [regulariser, steps] :
         std::map<std::string, double>{{"none", 500}, {"entropy", 90}, {"relative entropy", 80}, {"MADE", 60}}) {
      ChainArm& arm = study.chain.arms.emplace_back();
      arm.parametrisation = form;
      arm.regulariser = regulariser;
      arm.to_99 = PerSeed(30, steps);
    }
  }
  return study;
}

std::string VerdictOf(const TabularStudy& study, const std::string& claim) {
  for (const Claim& each : Judge(study).claims) {
    if (each.text.starts_with(claim)) return Name(each.verdict);
  }
  return "no such claim";
}

TEST_CASE("claims are judged by their rules", "[eval][unit]") {
  const TabularStudy clear =
      Made({{"none", 0.1}, {"count", 0.8}, {"recency", 0.8}, {"Hoeffding", 0.6}, {"Bernstein", 0.82}, {"MADE", 0.8}}, 0.001);
  CHECK(VerdictOf(clear, "Locks: MADE is above Hoeffding") == "holds");
  CHECK(VerdictOf(clear, "Locks: MADE is near Bernstein") == "holds");  // 0.02 below, within 0.05
  CHECK(VerdictOf(clear, "Locks: MADE's bonus map is more like") == "holds");
  CHECK(VerdictOf(clear, "Locks: MADE's bonus map is nearer") == "does not hold");  // 0.2 off, Hoeffding 0.1
  CHECK(VerdictOf(clear, "Chain: MADE is the fastest") == "holds");
  CHECK(VerdictOf(clear, "Chain: without a regulariser") == "does not hold");  // 500 is not ten times 60
  CHECK(VerdictOf(clear, "Ablation: MADE is above count") != "holds");         // equal but for a ripple
  CHECK(VerdictOf(clear, "Control: MADE is above no bonus") == "holds");

  const TabularStudy reversed =
      Made({{"none", 0.9}, {"count", 0.9}, {"recency", 0.9}, {"Hoeffding", 0.9}, {"Bernstein", 0.9}, {"MADE", 0.8}}, 0.001);
  CHECK(VerdictOf(reversed, "Locks: MADE is above Hoeffding") == "does not hold");
  CHECK(VerdictOf(reversed, "Locks: MADE is near Bernstein") == "does not hold");

  TabularStudy mixed = clear;
  for (LearnerArm& arm : mixed.locks[1].arms) {
    if (arm.bonus == "MADE") arm.score = PerSeed(30, 0.5);
  }
  CHECK(VerdictOf(mixed, "Locks: MADE is above Hoeffding") == "holds in part");
}

TEST_CASE("a difference in noise is not called above", "[eval][property]") {
  // Equal levels: of 50 comparisons Holm lets one through with probability at most 0.05; these ripples are fixed.
  const TabularStudy noise =
      Made({{"none", 0.5}, {"count", 0.5}, {"recency", 0.5}, {"Hoeffding", 0.5}, {"Bernstein", 0.5}, {"MADE", 0.5}}, 0.01);
  for (const Comparison& c : Judge(noise).comparisons) {
    if (c.family == "locks") CHECK_FALSE((c.above() || c.below()));
  }
}

TEST_CASE("a claim's evidence: each cell with both medians, the difference, its interval, effect and p", "[eval][unit]") {
  TabularStudy study = Made({{"none", 0}, {"count", 0}, {"recency", 0}, {"Hoeffding", 0.5}, {"Bernstein", 0}, {"MADE", 0.75}}, 0);
  const Claim claim = Judge(study).claims[0];
  CHECK(claim.summary == "above in 6 of 6");
  REQUIRE(claim.cells.size() == 6);
  const Comparison& c = claim.cells[0].comparison;
  CHECK(c.where == "VI, H = 5");
  CHECK(ShowValue(c, c.of_better) == "0.750");
  CHECK(ShowValue(c, c.of_than) == "0.500");
  CHECK(ShowDifference(c, c.median) == "+0.250");
  CHECK(ShowDifference(c, c.interval.high) == "+0.250");
  CHECK(c.effect == 1);
  CHECK(c.p == Approx(2 / std::pow(2.0, 30)));  // all thirty signs alike
  CHECK(ShowDifference(c, -0.0004) == "+0.000");
  CHECK(ShowDifference(c, -0.25) == "-0.250");
  CHECK(ShowP(0.00005) == "< 0.0001");
  CHECK(ShowP(0.00052) == "0.0005");
  CHECK(ShowP(0.0384) == "0.038");
}

TEST_CASE("the report holds every claim with its verdict, each arm, each figure, and no path or clock", "[eval][unit]") {
  TabularStudy study = RunTiny();
  const Judgement judgement = Judge(study);
  const std::string html = TabularReportHtml(study, judgement, "rove study tabular");
  for (const Claim& claim : judgement.claims)
    CHECK_THAT(html, Contains(claim.text.substr(0, 20)) && Contains(Name(claim.verdict)) && Contains(claim.summary));
  for (const char* part : {"Q-learning, bonus alone", "Hoeffding", "recency", "relative entropy", "softmax, steps to 100",
                           "after 100 episodes", "effect"})
    CHECK_THAT(html, Contains(part));
  std::set<std::string> names;
  for (const NamedFigure& figure : TabularFigures(study)) {
    names.insert(figure.name);
    CHECK_THAT(html, Contains(figure.svg));
  }
  CHECK(names == std::set<std::string>{"chain_direct_1.svg", "chain_direct_100.svg", "chain_softmax_1.svg",
                                       "chain_softmax_100.svg", "lock5_maps.svg", "lock5_oppo.svg", "lock5_q_learning.svg",
                                       "lock5_q_learning_bonus_alone.svg", "lock5_vi.svg", "lock5_vi_bonus_alone.svg"});
  CHECK_THAT(TabularReportJson(study, judgement, "x"), Contains("\"verdict\"") && Contains("\"off_bernstein\""));
}

}  // namespace
}  // namespace rove
