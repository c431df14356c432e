// icm, ride, e3b and ngu around the networks; those are held against plain ones in tests/nn.
#include <ATen/core/Tensor.h>  // before Catch: glog has a CHECK too

#include <catch2/catch.hpp>
#include <map>

#include "nn/action_inputs.h"
#include "nn/inverse_dynamics.h"
#include "nn/random_distillation.h"
#include "rewards/minibatches.h"
#include "tests/rewards/point_rollout.h"

namespace rove::testing {
namespace {

using Catch::Matchers::Contains;
using Doubles = std::vector<double>;

constexpr const char* kNets = "hidden: [16], features: 6, inverse: [16]";
constexpr int kT = 40, kN = 4;

// The embedding that a bonus starts with, and a rollout with episodes of six steps.
struct Oracle {
  RolloutSlot slot = PointRollout(1, kT, kN);
  RolloutView view = slot.view();
  nn::InverseDynamics net;

  Oracle(const std::string& purpose, bool predicts)
      : net({.hidden = {16}, .features = 6, .inverse = {16}, .forward = {16}, .predicts = predicts}, {kPointSize, {}}, 2, 0,
            DeriveSeed(1, purpose, 0)) {}

  std::vector<float> Phi(int t, int i) const {
    std::vector<float> phi(6);
    net.Embed(WhitenedPoint(view, t, i), phi);
    return phi;
  }
  // check(row, t, i, first of its episode) for each live row, one environment after the other.
  template <class Check>
  void ForEachLive(Check check) const {
    for (int i = 0; i < kN; ++i) {
      for (int t = 0; t < kT; ++t) {
        const std::size_t row = view.index(t, i);
        if (!view.dead(t, i)) check(row, t, i, view.step_type[row] == StepType::kFirst);
      }
    }
  }
};

double SquaredDistance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += std::pow(static_cast<double>(a[j]) - static_cast<double>(b[j]), 2);
  return sum;
}

TEST_CASE("icm: pays the forward model's half square error, or its norm", "[rewards][unit]") {
  Oracle oracle("icm", true);
  auto icm = MakePointReward(std::string("{type: icm, forward: [16], ") + kNets + "}");
  auto norm = MakePointReward(std::string("{type: icm, error: norm, forward: [16], ") + kNets + "}");
  const std::vector<float> squares = Fresh(*icm, oracle.slot), norms = Fresh(*norm, oracle.slot);
  const auto actions = oracle.view.action.As<float>();
  oracle.ForEachLive([&](std::size_t row, int t, int i, bool) {
    std::vector<float> phi = oracle.Phi(t, i), action{actions[2 * row], actions[2 * row + 1] / 5 - 1};  // the second in [0, 10]
    const std::vector<float> next = oracle.Phi(t + 1, i);
    phi.insert(phi.end(), next.begin(), next.end());
    float error = 0;
    oracle.net.ForwardErrors(phi, action, 1, {&error, 1});
    CHECK(squares[row] == Approx(error).epsilon(1e-3));  // inputs rounded to float
    CHECK(norms[row] == Approx(std::sqrt(2 * error)).epsilon(1e-3));
  });
}

TEST_CASE("icm: what was trained on is no longer surprising; dead rows teach nothing", "[rewards][unit]") {
  const auto run = [](bool scribble) {
    RolloutSlot slot = PointRollout(3, 20, 4), same = PointRollout(3, 20, 4);
    const RolloutView view = slot.view();
    auto icm = MakePointReward(std::string("{type: icm, learning_rate: 3e-3, forward: [32], ") + kNets + "}");
    Fresh(*icm, slot);
    const std::vector<float> first = Replayed(*icm, same);
    for (int t = 0; t < view.T; ++t) {
      for (int i = 0; i < view.n; ++i) {
        if (scribble && view.dead(t, i)) view.action.As<float>()[2 * view.index(t, i)] = 1e6f;
      }
    }
    Metrics metrics;
    for (std::uint64_t update = 0; update < 200; ++update) metrics = icm->Train(AsBatch(view), Noise(1, "train").Sub(update));
    CHECK(*metrics.Find("forward_loss") > 0);
    CHECK(*metrics.Find("inverse_loss") > 0);
    CHECK(metrics.Find("inverse_accuracy") == nullptr);  // no choices, no hits
    const std::vector<float> last = Replayed(*icm, same);
    double before = 0, after = 0;
    for (const std::int32_t row : LiveRows(view)) {
      before += static_cast<double>(first[static_cast<std::size_t>(row)]);
      after += static_cast<double>(last[static_cast<std::size_t>(row)]);
    }
    CHECK(after < 0.5 * before);
    return Saved(*icm);
  };
  CHECK(run(false) == run(true));
}

TEST_CASE("ride: pays the change of phi over the root of the visits in the episode, the start counted", "[rewards][unit]") {
  Oracle oracle("ride", true);
  auto ride = MakePointReward(std::string("{type: ride, forward: [16], ") + kNets + "}");
  CHECK_FALSE(ride->traits().relabelable);
  const std::vector<float> bonus = Fresh(*ride, oracle.slot);
  const auto keys = oracle.view.obs[1].As<std::int64_t>();
  std::map<std::int64_t, int> visits;
  int again = 0;
  oracle.ForEachLive([&](std::size_t row, int t, int i, bool first) {
    if (first || t == 0) visits.clear();
    if (first) visits[keys[row]] = 1;
    const int count = ++visits[keys[oracle.view.index(t + 1, i)]];
    const double change = std::sqrt(SquaredDistance(oracle.Phi(t, i), oracle.Phi(t + 1, i)));
    CHECK(bonus[row] == Approx(change / std::sqrt(count)).epsilon(1e-3));
    again += count > 1;
  });
  CHECK(again > 20);
}

// phi^T C^-1 phi by Gaussian elimination.
double Elliptical(std::vector<Doubles> c, const std::vector<float>& phi) {
  Doubles x(phi.begin(), phi.end());
  const std::size_t n = x.size();
  for (std::size_t p = 0; p < n; ++p) {
    for (std::size_t r = p + 1; r < n; ++r) {
      const double factor = c[r][p] / c[p][p];
      for (std::size_t j = p; j < n; ++j) c[r][j] -= factor * c[p][j];
      x[r] -= factor * x[p];
    }
  }
  for (std::size_t p = n; p-- > 0;) {
    for (std::size_t j = p + 1; j < n; ++j) x[p] -= c[p][j] * x[j];
    x[p] /= c[p][p];
  }
  double sum = 0;
  for (std::size_t j = 0; j < n; ++j) sum += static_cast<double>(phi[j]) * x[j];
  return sum;
}

TEST_CASE("e3b: pays phi^T C^-1 phi with the C of the episode so far, the start in it", "[rewards][unit]") {
  Oracle oracle("e3b", false);
  auto e3b = MakePointReward(std::string("{type: e3b, lambda: 0.3, ") + kNets + "}");
  CHECK_FALSE(e3b->traits().relabelable);
  const std::vector<float> bonus = Fresh(*e3b, oracle.slot);
  std::vector<Doubles> c;
  const auto add = [&](const std::vector<float>& phi) {
    for (std::size_t r = 0; r < 6; ++r) {
      for (std::size_t j = 0; j < 6; ++j) c[r][j] += static_cast<double>(phi[r]) * static_cast<double>(phi[j]);
    }
  };
  oracle.ForEachLive([&](std::size_t row, int t, int i, bool first) {
    if (first || t == 0) {
      c.assign(6, Doubles(6));
      for (std::size_t j = 0; j < 6; ++j) c[j][j] = 0.3;
    }
    if (first) add(oracle.Phi(t, i));
    const std::vector<float> next = oracle.Phi(t + 1, i);
    CHECK(bonus[row] == Approx(Elliptical(c, next)).epsilon(1e-3));
    add(next);
  });
}

TEST_CASE("e3b: after ten thousand visits C^-1 is still that of the sum", "[rewards][unit]") {
  constexpr int kLong = 10000;
  RolloutSlot slot = PointRollout(1, kLong, 1, /*dead_every=*/2 * kLong);  // one episode
  const RolloutView view = slot.view();
  for (std::size_t k = kPointSize; k < view.obs[0].As<float>().size(); k += kPointSize) view.obs[0].As<float>()[k] *= 30;
  auto e3b = MakePointReward(std::string("{type: e3b, whiten: false, inputs: [state], ") + kNets + "}", 1);
  const std::vector<float> bonus = Fresh(*e3b, slot);
  nn::InverseDynamics net({.hidden = {16}, .features = 6, .inverse = {16}}, {kPointSize, {}}, 2, 0, DeriveSeed(1, "e3b", 0));
  std::vector<Doubles> c(6, Doubles(6));
  for (std::size_t j = 0; j < 6; ++j) c[j][j] = 0.1;
  std::vector<float> phi((kLong + 1) * 6);
  net.Embed(view.obs[0].As<float>(), phi);
  for (int t = 0; t < kLong; ++t) {
    const float* x = phi.data() + t * 6;
    for (std::size_t r = 0; r < 6; ++r) {
      for (std::size_t j = 0; j < 6; ++j) c[r][j] += static_cast<double>(x[r]) * static_cast<double>(x[j]);
    }
  }
  CHECK(bonus.back() == Approx(Elliptical(c, {phi.end() - 6, phi.end()})).epsilon(1e-4));
}

struct NguOracle {
  double mean_distance = 0, rows = 0;
  std::vector<double> errors;

  double operator()(const std::vector<std::vector<float>>& episode, const std::vector<float>& next, double error) {
    errors.push_back(error);
    double mu = 0, variance = 0;
    for (const double e : errors) mu += e / static_cast<double>(errors.size());
    for (const double e : errors) variance += std::pow(e - mu, 2) / static_cast<double>(errors.size());
    const double alpha = variance > 0 ? 1 + (error - mu) / std::sqrt(variance) : 1;
    if (episode.empty()) return 0;
    Doubles squares;
    for (const auto& phi : episode) squares.push_back(SquaredDistance(phi, next));
    std::ranges::sort(squares);
    squares.resize(std::min<std::size_t>(squares.size(), 3));
    double mean = 0, similarity = 0;
    for (const double d2 : squares) mean += d2 / static_cast<double>(squares.size());
    ++rows;
    mean_distance += std::max(1 / rows, 0.1) * (mean - mean_distance);
    for (const double d2 : squares) similarity += 0.01 / (std::max(d2 / mean_distance - 0.2, 0.0) + 0.01);
    const double s = std::sqrt(similarity) + 0.001;
    return s > 1.5 ? 0 : 1 / s * std::min(std::max(alpha, 1.0), 1.5);
  }
};

TEST_CASE("ngu: pays Algorithm 1 of the paper, on the episode's newest states", "[rewards][unit]") {
  Oracle oracle("ngu", false);
  auto ngu = MakePointReward(std::string("{type: ngu, neighbours: 3, memory: 4, kernel_epsilon: 0.01, cluster_distance: 0.2, "
                                         "max_similarity: 1.5, distance_decay: 0.9, max_lifelong: 1.5, "
                                         "rnd: {target: [8], predictor: [8], features: 4}, ") +
                             kNets + "}");
  CHECK_FALSE(ngu->traits().relabelable);
  const std::vector<float> bonus = Fresh(*ngu, oracle.slot);
  nn::RandomDistillation rnd({.target = {8}, .predictor = {8}, .features = 4}, {kPointSize, {}}, DeriveSeed(1, "ngu", 1));
  NguOracle plain;
  std::vector<std::vector<std::vector<float>>> episodes(kN);
  int nothing = 0;
  std::size_t longest = 0;
  for (int t = 0; t < kT; ++t) {
    for (int i = 0; i < kN; ++i) {
      const std::size_t row = oracle.view.index(t, i);
      auto& episode = episodes[static_cast<std::size_t>(i)];
      if (oracle.view.dead(t, i)) continue;
      if (oracle.view.step_type[row] == StepType::kFirst) episode = {oracle.Phi(t, i)};
      float error = 0;
      rnd.Errors(WhitenedPoint(oracle.view, t + 1, i), {&error, 1});
      const double expected = plain(episode, oracle.Phi(t + 1, i), static_cast<double>(error));
      CHECK(bonus[row] == Approx(expected).epsilon(5e-3));
      nothing += expected == 0;
      episode.push_back(oracle.Phi(t + 1, i));
      longest = std::max(longest, episode.size());
      if (episode.size() > 4) episode.erase(episode.begin());
    }
  }
  CHECK(longest == 5);
  CHECK(nothing > 5);
  CHECK(nothing < kT * kN / 2);
}

TEST_CASE("ngu: without its lifelong factor it has no distillation", "[rewards][unit]") {
  RolloutSlot slot = PointRollout(2, 20, 4);
  auto ngu = MakePointReward(std::string("{type: ngu, lifelong: false, ") + kNets + "}");
  Fresh(*ngu, slot);
  CHECK(ngu->Train(AsBatch(slot.view()), Noise(1, "train")).Find("loss") == nullptr);
  CHECK_THROWS_WITH(MakePointReward("{type: ngu, lifelong: false, max_lifelong: 3}"), Contains("max_lifelong"));
}

TEST_CASE("embedding bonuses: bad keys are refused with the place", "[rewards][unit]") {
  const auto refuses = [](const std::string& yaml, const std::string& what) {
    CAPTURE(yaml);
    CHECK_THROWS_WITH(MakePointReward(yaml), Contains(what));
  };
  refuses("{type: icm, error: square}", "error");
  refuses("{type: icm, featurs: 8}", "did you mean \"features\"");
  refuses("{type: ride, forward_coef: -1}", "forward_coef");
  refuses("{type: e3b, lambda: 0}", "lambda");
  refuses("{type: e3b, forward: [8]}", "forward");
  refuses("{type: ngu, rnd: {trunk: own}}", "rnd.trunk");
  refuses("{type: ngu, neighbours: 0}", "neighbours");
}

}  // namespace
}  // namespace rove::testing
