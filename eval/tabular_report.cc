#include "eval/tabular_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "eval/html_report.h"
#include "eval/plot.h"
#include "eval/statistics.h"

namespace rove {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::vector<std::string>;

std::string MedianIqr(const PerSeed& xs, int decimals) {
  return fmt::format("{:.{}f} [{:.{}f}, {:.{}f}]", Quantile(xs, 0.5), decimals, Quantile(xs, 0.25), decimals, Quantile(xs, 0.75),
                     decimals);
}

std::string PValue(double p) { return p < 1e-4 ? "<0.0001" : fmt::format("{:.4f}", p); }

// "{type: tabular.vi, bonus: {type: count, c: 0.1}}" without what the table's row already says.
std::string ShortSettings(const LearnerArm& arm) {
  std::string text = arm.settings;
  for (const char* noise :
       {"type: tabular.vi, ", "type: tabular.oppo, ", "type: tabular.q_learning, ", "unvisited: bonus, ", "type: none",
        "type: count, ", "type: hoeffding, ", "type: bernstein, ", "type: made.tabular, ", "bonus: ", "{", "}"}) {
    for (std::size_t at = text.find(noise); at != std::string::npos; at = text.find(noise))
      text.erase(at, std::string(noise).size());
  }
  return text + (arm.at_edge ? " (edge of the grid)" : "");
}

void AddVerdict(const Judgement& judgement, HtmlReport* page) {
  std::vector<Row> rows;
  std::vector<std::string> marks;
  for (const Claim& claim : judgement.claims) {
    rows.push_back({claim.text, claim.of_paper ? "paper" : "ours", Name(claim.verdict), claim.evidence});
    marks.push_back(claim.verdict == Verdict::kHolds ? "good" : claim.verdict == Verdict::kInPart ? "fair" : "bad");
  }
  page->Heading("Claim by claim");
  page->Table({"claim", "whose", "here", "evidence: median difference [95 % interval], Holm-adjusted p"}, rows, marks);
  page->Paragraph(
      "On the locks a difference is one of mean value over all episodes, in units of the optimal value; on the chain, of "
      "iterations saved; for the maps, of rank correlation with Bernstein's map. Above, faster, more alike: the median "
      "difference "
      "is positive and an exact Wilcoxon signed-rank test, Holm-adjusted over its family (locks, chain, maps), gives p < 0.05. "
      "Near: the 95 % bootstrap interval of the median lies within 0.05 of the optimal value. These rules were fixed before the "
      "runs on these seeds.");
}

void AddMethod(const TabularStudy& study, HtmlReport* page) {
  const TabularStudySize& size = study.size;
  page->Heading("What was run");
  page->Paragraph(
      fmt::format("Bidirectional diabolical combination locks, H = 5 and 10 (slip 0.1, ends 1 and 0.1, cost 0.02 for a walk "
                  "along the good states), {} episodes a run. Each arm's setting is the best of its grid by mean score over {} "
                  "tuning seeds; what is shown are {} other seeds, the same for all arms: seed i draws the lock and all that "
                  "happens in it. Score: mean over the episodes of the exact value of the policy that was played, as a share of "
                  "the optimal value.",
                  size.episodes, size.tuning_seeds, size.seeds));
  page->Paragraph(
      fmt::format("Grids hold {0} settings for each bonus (times three step sizes for OPPO): MADE {1} coefficients by 3 buffers, "
                  "Bernstein {1} by 3 weights of its lower-order term, both from 0.003 to 1; count and Hoeffding {0} "
                  "coefficients from 0.001 to 1.",
                  3 * size.coefficients, size.coefficients));
  page->Paragraph(
      "VI: value iteration on the empirical model, unvisited pairs worth the most an episode can still earn (UCBVI). OPPO: "
      "optimistic policy optimisation, unvisited pairs worth their bonus. Q-learning: Jin et al. 2018, tables start at H. These "
      "are the forms of their sources, and optimism from the start may leave a bonus little to do; so VI and Q-learning are also "
      "run with optimism from the bonus alone. count (c / sqrt(N)) is a control: MADE without its recency factor.");
}

void AddLock(const LockStudy& lock, const Judgement& judgement, HtmlReport* page) {
  page->Heading(fmt::format("Lock, H = {}", lock.levels));
  for (std::size_t first = 0; first < lock.arms.size();) {
    const std::string learner = lock.arms[first].learner;
    std::vector<Arm> arms;
    std::vector<Row> rows;
    for (; first < lock.arms.size() && lock.arms[first].learner == learner; ++first) {
      const LearnerArm& arm = lock.arms[first];
      Arm& drawn = arms.emplace_back();
      drawn.label = arm.bonus;
      for (const PerSeed& curve : arm.curve) drawn.seeds.push_back({lock.point, curve});
      const auto opened = std::ranges::count_if(arm.high_end, [](double x) { return x >= 0.9; });
      rows.push_back({arm.bonus, ShortSettings(arm), std::to_string(arm.tried), MedianIqr(arm.score, 3), MedianIqr(arm.last, 3),
                      MedianIqr(arm.regret, 0), MedianIqr(arm.to_90, 0), fmt::format("{} of {}", opened, arm.high_end.size())});
    }
    page->SubHeading(learner);
    page->Figure(
        PlotSvg({fmt::format("{}, lock with H = {}", learner, lock.levels), "value of the policy / optimal", "episodes"}, arms),
        "Each point is the mean over the episodes since the point before.");
    page->Table(
        {"bonus", "best setting", "tried", "score", "last policy", "regret / V*", "episodes to 0.9, kept", "high end kept"},
        rows);
    std::vector<Row> tests;
    for (const Comparison& c : judgement.comparisons) {
      if (c.family != "locks" || c.where != fmt::format("{}, H = {}", learner, lock.levels)) continue;
      tests.push_back({"MADE - " + c.than, fmt::format("{:+.4f}", c.median),
                       fmt::format("({:+.4f}, {:+.4f})", c.interval.low, c.interval.high),
                       fmt::format("{} / {} / {}", c.wins, c.ties, c.seeds - c.wins - c.ties), PValue(c.p), PValue(c.p_holm)});
    }
    page->Table({"score, paired", "median", "95 % interval", "won / tied / lost", "p", "p, Holm"}, tests);
  }
  page->SubHeading("Bonus maps of VI over episodes");
  for (std::size_t k = 0; k < lock.checkpoints.size(); ++k) {
    std::vector<HeatMap> maps;
    for (const BonusMap& map : lock.maps) {
      HeatMap& drawn = maps.emplace_back();
      drawn.title = map.bonus;
      drawn.rows = kMapRows;
      for (int level = 1; level <= lock.levels; ++level) drawn.columns.push_back(std::to_string(level));
      drawn.values = map.median[k];
    }
    page->Figure(HeatMapsSvg(maps),
                 fmt::format("After {} episodes: median over seeds of each seed's bonuses, scaled to a maximum of 1. "
                             "Columns: levels. right, wrong: the good state's actions.",
                             lock.checkpoints[k]));
  }
  std::vector<Row> alike;
  for (const BonusMap& map : lock.maps) {
    if (map.bonus != "Bernstein") alike.push_back({map.bonus, MedianIqr(map.like_bernstein, 3)});
  }
  page->Table({"bonus", "rank correlation with Bernstein's map"}, alike);
}

void AddChain(const ChainStudy& chain, const Judgement& judgement, HtmlReport* page) {
  page->Heading(fmt::format("Chain, H = {}: exact policy gradient", chain.levels));
  page->Paragraph(
      "The first policies take the one good action with probability 0.05 to 0.25 in each state, drawn by seed. The weight of a "
      "regulariser falls as 1 / sqrt(iteration). Settings: four step sizes by four weights, sixteen step sizes without a "
      "regulariser; "
      "chosen by iterations until 0.99 of the optimal value is kept, on the tuning seeds. With exact gradients ever larger steps "
      "come ever nearer to policy iteration, so the grid (0.1 to 100) bounds what tuning may find.");
  for (const char* form : {"direct", "softmax"}) {
    std::vector<Arm> arms;
    std::vector<Row> rows, tests;
    for (const ChainArm& arm : chain.arms) {
      if (arm.parametrisation != form) continue;
      Arm& drawn = arms.emplace_back();
      drawn.label = arm.regulariser;
      for (const PerSeed& curve : arm.curve) drawn.seeds.push_back({chain.point, curve});
      rows.push_back({arm.regulariser, arm.settings + (arm.at_edge ? " (edge of the grid)" : ""), std::to_string(arm.tried),
                      MedianIqr(arm.to_99, 0), MedianIqr(arm.last, 4)});
    }
    for (const Comparison& c : judgement.comparisons) {
      if (c.family != "chain" || c.where != form) continue;
      tests.push_back({c.better + " before " + c.than, fmt::format("{:+.0f}", c.median),
                       fmt::format("{} / {} / {}", c.wins, c.ties, c.seeds - c.wins - c.ties), PValue(c.p), PValue(c.p_holm)});
    }
    page->SubHeading(fmt::format("{} parametrisation", form));
    page->Figure(PlotSvg({fmt::format("Chain with H = {}, {} parametrisation", chain.levels, form),
                          "log10 of the value gap, relative", "log10 of the iteration"},
                         arms),
                 "Gaps below 1e-6 are drawn at -6.");
    page->Table({"regulariser", "best setting", "tried", "iterations to 0.99, kept", "value at the end"}, rows);
    page->Table({"iterations saved, paired", "median", "won / tied / lost", "p", "p, Holm"}, tests);
  }
}

}  // namespace

std::string TabularReportHtml(const TabularStudy& study, const Judgement& judgement, const std::string& command) {
  HtmlReport page("MADE where it is exact: the tabular study");
  page.Paragraph("Made by: " + command + ". The same build gives the same bytes, on any number of threads.");
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
        {{"claim", claim.text}, {"of_paper", claim.of_paper}, {"verdict", Name(claim.verdict)}, {"evidence", claim.evidence}});
  for (const Comparison& c : judgement.comparisons)
    json["comparisons"].push_back({{"family", c.family},
                                   {"where", c.where},
                                   {"better", c.better},
                                   {"than", c.than},
                                   {"median", c.median},
                                   {"interval", {c.interval.low, c.interval.high}},
                                   {"wins", c.wins},
                                   {"ties", c.ties},
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
                              {"like_bernstein", map.like_bernstein}});
  }
  for (const ChainArm& arm : study.chain.arms)
    json["chain"].push_back({{"parametrisation", arm.parametrisation},
                             {"regulariser", arm.regulariser},
                             {"settings", arm.settings},
                             {"tried", arm.tried},
                             {"at_edge", arm.at_edge},
                             {"to_99", arm.to_99},
                             {"last", arm.last}});
  return json.dump(1) + "\n";
}

}  // namespace rove
