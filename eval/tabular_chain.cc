// The chain of the tabular study: how many exact gradient steps each regulariser needs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "agents/tabular.h"
#include "core/parallel.h"
#include "envs/registry.h"
#include "eval/statistics.h"
#include "eval/tabular_study.h"

namespace rove {
namespace {

using tabular::Parametrisation;
using tabular::PolicyGradientOptions;
using tabular::Regulariser;

constexpr int kTuningSeed = 1000, kPoints = 60;
constexpr double kSmallestGap = 1e-6;  // curves end here
// The steps that are usual for a gradient, and large ones, with which an exact gradient comes near to policy iteration.
constexpr double kLargestSteps[] = {1, 100};

tabular::Table FirstPolicy(const Mdp& mdp, int seed) {
  NoiseStream draws = Noise(static_cast<Seed>(seed), "chain policy").At(0, 0);
  tabular::Table policy;
  for (int s = 0; s < mdp.states(); ++s) {
    const double right = 0.05 + 0.2 * draws.UniformDouble();
    policy.push_back(right);
    for (int a = 1; a < mdp.actions(); ++a) policy.push_back((1 - right) / (mdp.actions() - 1));
  }
  return policy;
}

// Iterations until V stays at 0.99 V* or above.
double ToNearlyBest(const tabular::Table& values, double best) {
  const auto below = std::find_if(values.rbegin(), values.rend(), [&](double v) { return v < 0.99 * best; });
  return static_cast<double>(values.rend() - below);
}

struct Setting {
  double step = 1, weight = 0;
  bool at_edge = false;
};

// Twenty-four settings each: four steps by six weights, or twenty-four steps where there is no weight; steps from a thirtieth of
// the largest.
std::vector<Setting> Settings(Regulariser regulariser, double largest_step) {
  std::vector<Setting> settings;
  if (regulariser == Regulariser::kNone) {
    for (int i = 0; i < 24; ++i) settings.push_back({largest_step * std::pow(30.0, (i - 23) / 23.0), 0, false});
    return settings;
  }
  for (const double share : {1 / 30.0, 0.1, 1 / 3.0, 1.0}) {
    for (const double weight : {1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0})
      settings.push_back({share * largest_step, weight, weight == 1e-4 || weight == 10.0});
  }
  return settings;
}

ChainArm RunArm(const TabularStudySize& size, const Mdp& mdp, Parametrisation parametrisation, double largest_step,
                Regulariser regulariser, const std::vector<double>& point) {
  const double best = tabular::PolicyValues(mdp, mdp.rewards(), tabular::OptimalPolicy(mdp, mdp.rewards())).value;
  const auto values_of = [&](const Setting& setting, int seed) {
    const PolicyGradientOptions options{.regulariser = regulariser,
                                        .parametrisation = parametrisation,
                                        .step = setting.step,
                                        .weight = setting.weight,
                                        .iterations = size.iterations};
    return tabular::PolicyGradient(mdp, options, FirstPolicy(mdp, seed));
  };

  const std::vector<Setting> settings = Settings(regulariser, largest_step);
  const auto tuning = static_cast<std::size_t>(size.tuning_seeds);
  PerSeed to_99(settings.size() * tuning), mean_value(to_99.size());
  ParallelFor(static_cast<int>(to_99.size()), [&](int task) {
    const auto i = static_cast<std::size_t>(task);
    const tabular::Table values = values_of(settings[i / tuning], kTuningSeed + static_cast<int>(i % tuning));
    to_99[i] = ToNearlyBest(values, best);
    mean_value[i] = Mean(values);
  });
  // Fewest iterations; where none gets there, the largest mean value.
  std::size_t chosen = 0;
  std::pair<double, double> least = {1e300, 0};
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const auto of = [&](const PerSeed& all) { return Mean(std::span(all).subspan(i * tuning, tuning)); };
    const std::pair<double, double> now = {of(to_99), -of(mean_value)};
    if (now < least) least = now, chosen = i;
  }

  const Setting& setting = settings[chosen];
  ChainArm arm;
  arm.parametrisation = parametrisation == Parametrisation::kDirect ? "direct" : "softmax";
  arm.regulariser = Name(regulariser);
  arm.largest_step = largest_step;
  arm.settings = fmt::format("step {:.3g}", setting.step);
  if (setting.weight > 0) arm.settings += fmt::format(", weight {:.3g}", setting.weight);
  arm.tried = static_cast<int>(settings.size());
  arm.at_edge = setting.at_edge;
  const auto seeds = static_cast<std::size_t>(size.seeds);
  arm.curve.resize(seeds);
  arm.to_99.resize(seeds);
  arm.last.resize(seeds);
  ParallelFor(size.seeds, [&](int seed) {
    const auto i = static_cast<std::size_t>(seed);
    const tabular::Table values = values_of(setting, seed);
    arm.to_99[i] = ToNearlyBest(values, best);
    arm.last[i] = values.back() / best;
    for (const double x : point) {
      const auto at = static_cast<std::size_t>(std::lround(std::pow(10, x))) - 1;
      arm.curve[i].push_back(std::log10(std::max(1 - values[at] / best, kSmallestGap)));
    }
  });
  return arm;
}

}  // namespace

std::string ChainArm::where() const { return fmt::format("{}, steps to {:g}", parametrisation, largest_step); }

const ChainArm& ChainStudy::Arm(const std::string& parametrisation, double largest_step, const std::string& regulariser) const {
  const auto found = std::ranges::find_if(arms, [&](const ChainArm& a) {
    return a.parametrisation == parametrisation && a.largest_step == largest_step && a.regulariser == regulariser;
  });
  ROVE_CHECK(found != arms.end());
  return *found;
}

ChainStudy RunChainStudy(const TabularStudySize& size, const std::function<void(const std::string&)>& progress) {
  ChainStudy study{.iterations = size.iterations, .point = {}, .arms = {}};
  const auto env = Envs().Create(Config::Parse(fmt::format("{{type: tabular/chain, horizon: {}}}", study.levels)), {});
  const Mdp& mdp = dynamic_cast<const FiniteModel&>(*env).mdp();
  for (int i = 0; i < kPoints; ++i) study.point.push_back(std::log10(size.iterations) * i / (kPoints - 1));
  for (const Parametrisation parametrisation : {Parametrisation::kDirect, Parametrisation::kSoftmax}) {
    for (const double largest_step : kLargestSteps) {
      for (const Regulariser regulariser :
           {Regulariser::kNone, Regulariser::kEntropy, Regulariser::kRelative, Regulariser::kMade})
        study.arms.push_back(RunArm(size, mdp, parametrisation, largest_step, regulariser, study.point));
    }
    progress(fmt::format("chain: {} parametrisation", study.arms.back().parametrisation));
  }
  return study;
}

}  // namespace rove
