#include "eval/tabular_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>

#include "eval/html_report.h"
#include "eval/plot.h"
#include "eval/statistics.h"

namespace rove {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::vector<std::string>;

std::string Fixed(double x, int decimals) {
  const std::string text = fmt::format("{:.{}f}", x, decimals);
  return text.find_first_not_of("-0.") == std::string::npos && text[0] == '-' ? text.substr(1) : text;  // no "-0.000"
}

std::string MedianIqr(const PerSeed& xs, int decimals) {
  return fmt::format("{} [{}, {}]", Fixed(Quantile(xs, 0.5), decimals), Fixed(Quantile(xs, 0.25), decimals),
                     Fixed(Quantile(xs, 0.75), decimals));
}

// "{type: tabular.vi, bonus: {type: count, c: 0.1}}" without what the table's row already says.
std::string ShortSettings(const LearnerArm& arm) {
  std::string text = arm.settings;
  for (const char* noise : {"type: tabular.vi, ", "type: tabular.oppo, ", "type: tabular.q_learning, ", "unvisited: bonus, ",
                            ", bonus: {type: none", "bonus: {type: none", "type: count, ", "type: hoeffding, ",
                            "type: bernstein, ", "type: made.tabular, ", "factors: recency, ", "bonus: ", "{", "}"}) {
    for (std::size_t at = text.find(noise); at != std::string::npos; at = text.find(noise))
      text.erase(at, std::string(noise).size());
  }
  return text + (arm.at_edge ? " (c at the edge)" : "");
}

// "VI, bonus alone" as a part of a file's name: "vi_bonus_alone".
std::string FileName(const std::string& label) {
  std::string name;
  for (const char c : label) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  return name;
}

std::vector<std::string> LearnersOf(const LockStudy& lock) {
  std::vector<std::string> learners;
  for (const LearnerArm& arm : lock.arms) {
    if (learners.empty() || learners.back() != arm.learner) learners.push_back(arm.learner);
  }
  return learners;
}

NamedFigure CurvesOf(const LockStudy& lock, const std::string& learner) {
  std::vector<Arm> arms;
  for (const LearnerArm& arm : lock.arms) {
    if (arm.learner != learner) continue;
    Arm& drawn = arms.emplace_back();
    drawn.label = arm.bonus;
    for (const PerSeed& curve : arm.curve) {
      Curve& each = drawn.seeds.emplace_back();
      for (const double k : lock.point) each.x.push_back(std::log10(k));
      each.y = curve;
    }
  }
  return {fmt::format("lock{}_{}.svg", lock.levels, FileName(learner)),
          PlotSvg({.title = fmt::format("{}, lock with H = {}", learner, lock.levels),
                   .y_label = "value of the policy played / optimal",
                   .x_label = "episodes",
                   .log_x = true},
                  arms),
          "Each point is the mean over the episodes since the point before."};
}

NamedFigure MapsOf(const LockStudy& lock) {
  std::vector<HeatMap> maps;
  for (std::size_t k = 0; k < lock.checkpoints.size(); ++k) {
    for (const BonusMap& map : lock.maps) {
      HeatMap& drawn = maps.emplace_back();
      drawn.title = fmt::format("{}, after {} episodes", map.bonus, lock.checkpoints[k]);
      drawn.rows = kMapRows;
      for (int level = 1; level <= lock.levels; ++level) drawn.columns.push_back(std::to_string(level));
      drawn.values = map.median[k];
    }
  }
  return {fmt::format("lock{}_maps.svg", lock.levels), HeatMapsSvg(maps, static_cast<int>(lock.maps.size())),
          "Median over seeds of each seed's bonuses, scaled to a maximum of 1, for VI. Columns: levels of a chain. right, wrong: "
          "the actions of the good state; dead: the mean of the dead state's."};
}

// The four regularisers under one parametrisation and one grid of steps.
std::vector<std::vector<const ChainArm*>> ChainPanels(const ChainStudy& chain) {
  std::vector<std::vector<const ChainArm*>> panels;
  for (const ChainArm& arm : chain.arms) {
    if (panels.empty() || panels.back()[0]->where() != arm.where()) panels.emplace_back();
    panels.back().push_back(&arm);
  }
  return panels;
}

NamedFigure CurvesOf(const ChainStudy& chain, const std::vector<const ChainArm*>& panel) {
  std::vector<Arm> arms;
  for (const ChainArm* arm : panel) {
    Arm& drawn = arms.emplace_back();
    drawn.label = arm->regulariser;
    for (const PerSeed& curve : arm->curve) drawn.seeds.push_back({chain.point, curve});
  }
  return {fmt::format("chain_{}_{:g}.svg", panel[0]->parametrisation, panel[0]->largest_step),
          PlotSvg({.title = fmt::format("Chain with H = {}, {}", chain.levels, panel[0]->where()),
                   .y_label = "value gap / optimal value",
                   .x_label = "iterations",
                   .log_x = true,
                   .log_y = true},
                  arms),
          "Interquartile means are of the logarithm. Gaps below 1e-6 are drawn there."};
}

const char* Mark(bool good) { return good ? "good" : "bad"; }

void AddVerdict(const Judgement& judgement, HtmlReport* page) {
  std::vector<Row> rows;
  std::vector<std::string> marks;
  int of_paper = 0, held = 0, in_part = 0;
  for (const Claim& claim : judgement.claims) {
    rows.push_back({claim.text, claim.of_paper ? "paper" : "ours", Name(claim.verdict), claim.summary});
    marks.push_back(claim.verdict == Verdict::kInPart ? "fair" : Mark(claim.verdict == Verdict::kHolds));
    if (!claim.of_paper) continue;
    ++of_paper;
    held += claim.verdict == Verdict::kHolds;
    in_part += claim.verdict == Verdict::kInPart;
  }
  page->Heading("Claim by claim");
  page->Paragraph(fmt::format("Of the paper's {} claims {} hold, {} hold in part, {} do not.", of_paper, held, in_part,
                              of_paper - held - in_part));
  page->Table({"claim", "whose", "here", "cells"}, rows, marks);
  page->Paragraph(
      "Cells are learners and locks, or parametrisations and steps of the chain. A positive difference is in favour of what is "
      "named first: on the locks, of mean value over all episodes, as a share of the optimal value; on the chain, of iterations "
      "until 0.99 of the optimal value is kept; for the maps, of rank correlation with Bernstein's map (ranks) or of mean "
      "absolute difference from it (sizes). Above, faster, more alike, nearer: the median of the paired differences is positive "
      "and an exact Wilcoxon signed-rank test, Holm-adjusted over its family (locks, maps, chain), gives p < 0.05. Near: the "
      "95 % bootstrap interval of the median lies within 0.05 of the optimal value; two arms that both fail are near, too, so "
      "read the medians. Effect: rank-biserial correlation, from -1 (worse on every seed) to 1 (better on every seed).");
  page->SubHeading("Evidence");
  for (const Claim& claim : judgement.claims) {
    std::vector<Row> cells;
    std::vector<std::string> cell_marks;
    for (const auto& [c, holds] : claim.cells) {
      cells.push_back({c.where, holds ? "yes" : "no",
                       fmt::format("{} {}, {} {}", c.better, ShowValue(c, c.of_better), c.than, ShowValue(c, c.of_than)),
                       ShowDifference(c, c.median),
                       fmt::format("({}, {})", ShowDifference(c, c.interval.low), ShowDifference(c, c.interval.high)),
                       fmt::format("{:+.2f}", c.effect + 0.0), ShowP(c.p_holm)});
      cell_marks.emplace_back(Mark(holds));
    }
    page->Paragraph(fmt::format("{}: {}.", claim.text, Name(claim.verdict)));
    page->Table({"where", "holds", "medians", "median difference", "95 % interval", "effect", "p, Holm"}, cells, cell_marks);
  }
}

void AddMethod(const TabularStudy& study, HtmlReport* page) {
  const TabularStudySize& size = study.size;
  page->Heading("What was run");
  page->Paragraph(
      fmt::format("Bidirectional diabolical combination locks, H = 5 and 10 (slip 0.1, ends 1 and 0.1, cost 0.02 for a walk "
                  "along the good states), {} episodes a run. Each arm's setting is the best of its grid by mean score over {} "
                  "tuning seeds; what is shown are {} other seeds, the same for all arms: seed i draws the lock and all that "
                  "happens in it. Score: mean over the episodes of the exact value of the policy that was played, as a share of "
                  "the optimal value, so 1 - regret / (episodes V*). In a column of episodes or iterations the largest "
                  "number there is means never.",
                  size.episodes, size.tuning_seeds, size.seeds));
  page->Paragraph(
      fmt::format("Every bonus gets {0} settings (times three step sizes for OPPO) with c from 0.001 to 3: MADE and its recency "
                  "factor {1} coefficients by 3 buffers, Bernstein {1} by 3 weights of its lower-order term, count and Hoeffding "
                  "{0} coefficients.",
                  3 * size.coefficients, size.coefficients));
  page->Paragraph(
      "VI: value iteration on the empirical model, unvisited pairs worth the most an episode can still earn (UCBVI). OPPO: "
      "optimistic policy optimisation, unvisited pairs worth their bonus. Q-learning: Jin et al. 2018, tables start at H. These "
      "are the forms of their sources, and optimism from the start may leave a bonus little to do; so VI and Q-learning are also "
      "run with optimism from the bonus alone, as OPPO's always is. Two arms are MADE's factors, each by itself: count, "
      "c / sqrt(N), and recency, c / sqrt(B). On a lock no state is met twice in an episode, so a mask of first visits would "
      "change nothing.");
  page->Paragraph(
      "The paper's constants are not public: the lock's, the chain's, the grids and the number of episodes are choices of this "
      "study.");
}

Row TestRow(const Comparison& c, const std::string& what) {
  return {what,
          ShowDifference(c, c.median),
          fmt::format("({}, {})", ShowDifference(c, c.interval.low), ShowDifference(c, c.interval.high)),
          fmt::format("{} / {} / {}", c.wins, c.ties, c.seeds - c.wins - c.ties),
          fmt::format("{:+.2f}", c.effect + 0.0),
          ShowP(c.p),
          ShowP(c.p_holm)};
}

Row TestHeader(const std::string& what) {
  return {what, "median", "95 % interval", "won / tied / lost", "effect", "p", "p, Holm"};
}

void AddFigure(const NamedFigure& figure, HtmlReport* page) { page->Figure(figure.svg, figure.caption); }

void AddLock(const LockStudy& lock, const Judgement& judgement, HtmlReport* page) {
  page->Heading(fmt::format("Lock, H = {}", lock.levels));
  for (const std::string& learner : LearnersOf(lock)) {
    std::vector<Row> rows, tests;
    for (const LearnerArm& arm : lock.arms) {
      if (arm.learner != learner) continue;
      const auto opened = std::ranges::count_if(arm.high_end, [](double x) { return x >= 0.9; });
      rows.push_back({arm.bonus, ShortSettings(arm), std::to_string(arm.tried), MedianIqr(arm.score, 3), MedianIqr(arm.last, 3),
                      MedianIqr(arm.regret, 0), MedianIqr(arm.to_90, 0), fmt::format("{} of {}", opened, arm.high_end.size())});
    }
    for (const Comparison& c : judgement.comparisons) {
      if (c.family == "locks" && c.where == fmt::format("{}, H = {}", learner, lock.levels))
        tests.push_back(TestRow(c, "MADE - " + c.than));
    }
    page->SubHeading(learner);
    AddFigure(CurvesOf(lock, learner), page);
    page->Table({"bonus", "best setting", "tried", "score: median [IQR]", "last policy", "regret / V*", "episodes to 0.9, kept",
                 "high end kept"},
                rows);
    page->Table(TestHeader("score, paired"), tests);
  }
  page->SubHeading("Bonus maps of VI over episodes");
  AddFigure(MapsOf(lock), page);
  std::vector<Row> alike, tests;
  for (const BonusMap& map : lock.maps) {
    if (map.bonus != "Bernstein") alike.push_back({map.bonus, MedianIqr(map.like_bernstein, 3), MedianIqr(map.off_bernstein, 3)});
  }
  page->Table({"bonus", "rank correlation with Bernstein's map", "mean absolute difference from it"}, alike);
  for (const Comparison& c : judgement.comparisons) {
    if (c.family == "maps" && c.where.ends_with(fmt::format("H = {}", lock.levels)))
      tests.push_back(
          TestRow(c, c.where.starts_with("ranks") ? "rank correlation, MADE - Hoeffding" : "difference, Hoeffding - MADE"));
  }
  page->Table(TestHeader("maps, paired"), tests);
  page->Paragraph(
      "Ranks alone say little here: Hoeffding's bonus falls with N, and where next states hardly vary Bernstein's does too, so "
      "any such pair of maps agrees on the order of most cells. How fast the bonus falls is what tells them apart.");
}

void AddChain(const ChainStudy& chain, const Judgement& judgement, HtmlReport* page) {
  page->Heading(fmt::format("Chain, H = {}: exact policy gradient", chain.levels));
  page->Paragraph(fmt::format(
      "The first policies take the one good action with probability 0.05 to 0.25 in each state, drawn by seed; {} iterations. "
      "The "
      "weight of a regulariser falls as 1 / sqrt(iteration). Settings: four steps, from a thirtieth of the largest, by six "
      "weights "
      "from 1e-4 to 10, or twenty-four steps without a regulariser; chosen by iterations until 0.99 of the optimal value is "
      "kept, "
      "on the tuning seeds. Steps to 1 are usual ones; with large steps an exact gradient comes near to policy iteration. The "
      "direct parametrisation projects onto the simplex with probabilities of at least 1e-6, where the log barrier of relative "
      "entropy is steepest.",
      chain.iterations));
  for (const auto& panel : ChainPanels(chain)) {
    std::vector<Row> rows, tests;
    for (const ChainArm* arm : panel)
      rows.push_back({arm->regulariser, arm->settings + (arm->at_edge ? " (weight at the edge)" : ""), std::to_string(arm->tried),
                      MedianIqr(arm->to_99, 0), MedianIqr(arm->last, 4)});
    for (const Comparison& c : judgement.comparisons) {
      if (c.family == "chain" && c.where == panel[0]->where()) tests.push_back(TestRow(c, c.better + " before " + c.than));
    }
    page->SubHeading(panel[0]->where());
    AddFigure(CurvesOf(chain, panel), page);
    page->Table({"regulariser", "best setting", "tried", "iterations to 0.99, kept: median [IQR]", "value at the end"}, rows);
    page->Table(TestHeader("iterations saved, paired"), tests);
  }
}

}  // namespace

std::vector<NamedFigure> TabularFigures(const TabularStudy& study) {
  std::vector<NamedFigure> figures;
  for (const LockStudy& lock : study.locks) {
    for (const std::string& learner : LearnersOf(lock)) figures.push_back(CurvesOf(lock, learner));
    figures.push_back(MapsOf(lock));
  }
  for (const auto& panel : ChainPanels(study.chain)) figures.push_back(CurvesOf(study.chain, panel));
  return figures;
}

std::string TabularReportHtml(const TabularStudy& study, const Judgement& judgement, const std::string& command) {
  HtmlReport page("MADE where it is exact: the tabular study");
  page.Paragraph(
      "Do the tabular claims of MADE (Zhang et al., \"MADE: Exploration via Maximizing Deviation from Explored Regions\", "
      "NeurIPS "
      "2021) hold when they are run again, each bonus tuned alike? Made by: " +
      command + ". The same build gives the same bytes, on any number of threads.");
  AddVerdict(judgement, &page);
  AddMethod(study, &page);
  for (const LockStudy& lock : study.locks) AddLock(lock, judgement, &page);
  AddChain(study.chain, judgement, &page);
  return page.Page();
}

std::string TabularReportJson(const TabularStudy& study, const Judgement& judgement, const std::string& command) {
  Json json{{"command", command},
            {"episodes", study.size.episodes},
            {"seeds", study.size.seeds},
            {"tuning_seeds", study.size.tuning_seeds}};
  for (const Claim& claim : judgement.claims)
    json["claims"].push_back(
        {{"claim", claim.text}, {"of_paper", claim.of_paper}, {"verdict", Name(claim.verdict)}, {"summary", claim.summary}});
  for (const Comparison& c : judgement.comparisons)
    json["comparisons"].push_back({{"family", c.family},
                                   {"where", c.where},
                                   {"better", c.better},
                                   {"than", c.than},
                                   {"of_better", c.of_better},
                                   {"of_than", c.of_than},
                                   {"median", c.median},
                                   {"interval", {c.interval.low, c.interval.high}},
                                   {"wins", c.wins},
                                   {"ties", c.ties},
                                   {"effect", c.effect},
                                   {"p", c.p},
                                   {"p_holm", c.p_holm}});
  for (const LockStudy& lock : study.locks) {
    for (const LearnerArm& arm : lock.arms)
      json["locks"].push_back({{"levels", lock.levels},
                               {"learner", arm.learner},
                               {"bonus", arm.bonus},
                               {"settings", arm.settings},
                               {"tried", arm.tried},
                               {"at_edge", arm.at_edge},
                               {"score", arm.score},
                               {"last", arm.last},
                               {"regret", arm.regret},
                               {"to_90", arm.to_90},
                               {"high_end", arm.high_end}});
    for (const BonusMap& map : lock.maps)
      json["maps"].push_back({{"levels", lock.levels},
                              {"bonus", map.bonus},
                              {"episodes", lock.checkpoints},
                              {"median", map.median},
                              {"like_bernstein", map.like_bernstein},
                              {"off_bernstein", map.off_bernstein}});
  }
  for (const ChainArm& arm : study.chain.arms)
    json["chain"].push_back({{"parametrisation", arm.parametrisation},
                             {"largest_step", arm.largest_step},
                             {"regulariser", arm.regulariser},
                             {"settings", arm.settings},
                             {"tried", arm.tried},
                             {"at_edge", arm.at_edge},
                             {"to_99", arm.to_99},
                             {"last", arm.last}});
  return json.dump(1) + "\n";
}

}  // namespace rove
