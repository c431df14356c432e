// (needs torch: sac)
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "agents/agent.h"
#include "core/parallel.h"
#include "tests/nn/plain_net.h"
#include "tests/rewards/point_rollout.h"

namespace rove::testing {
namespace {

using nn::testing::Doubles, nn::testing::Gradient, nn::testing::InitialParams, nn::testing::PlainAdam, nn::testing::PlainStack;

constexpr std::size_t kBatch = 11, kActions = 2;
constexpr const char* kSmall =
    "{type: sac, hidden: [5, 4], batch: 11, learning_rate: 0.01, gamma: 0.9, tau: 0.1, temperature: 0.5}";

std::unique_ptr<Agent> MakeSac(const std::vector<std::string>& overrides = {}, Seed seed = 1, const EnvSpec& env = PointSpec()) {
  return Agents().Create(
      Config::Parse(kSmall, "x.yaml", overrides),
      AgentDeps{.env = env, .num_envs = 1, .rollout_length = 1, .act_block = 4, .seed = seed, .intrinsic_head = {}});
}

// Batch number k of transitions: states about 1 in size, some terminated, some truncated.
RolloutSlot Batch(std::uint64_t k) {
  RolloutSlot slot = PointRollout(100 + k, 1, kBatch, /*dead_every=*/1 << 20);
  const RolloutView view = slot.view();
  NoiseStream stream = Noise(7, "batch").At(k, 0);
  for (std::size_t i = 2; i < view.obs[0].As<float>().size(); i += 3) view.obs[0].As<float>()[i] /= 1000;
  for (std::size_t i = 0; i < kBatch; ++i) {
    view.step_type[i] = StepType::kMid;
    view.total[i] = stream.Normal();
    view.reward[i] = 100;  // not what is learned
    view.end[i] = i % 4 == 0 ? kTerminated : i % 4 == 1 ? kTruncated : 0;
    view.discount[i] = i % 4 == 0 ? 0.0f : 1.0f;
  }
  return slot;
}

Metrics Learn(Agent& agent, std::uint64_t k) {
  RolloutSlot slot = Batch(k);
  return agent.Learn(AsBatch(slot.view()), 0);
}

std::string Saved(Agent& agent) {
  Archive ar;
  agent.Serialize(ar);
  return ar.bytes();
}

// The whole algorithm in plain loops and double precision, its gradients by finite differences.
struct PlainSac {
  static constexpr double kGamma = 0.9, kTau = 0.1, kEntropy = -2;
  PlainStack actor_net{{3, 5, 4, 4}}, critic_net{{5, 5, 4, 1}};
  const float root2 = std::sqrt(2.0f);
  Doubles actor = InitialParams({{3, 5, root2}, {5, 4, root2}, {4, 4, 0.01f}}, DeriveSeed(1, "sac.actor", 0));
  Doubles critics = InitialParams({{5, 5, root2}, {5, 4, root2}, {4, 1, 1.0f}, {5, 5, root2}, {5, 4, root2}, {4, 1, 1.0f}},
                                  DeriveSeed(1, "sac.critics", 0));
  Doubles targets = critics, log_temperature{0};
  PlainAdam actor_adam{actor.size(), 0.01}, critic_adam{critics.size(), 0.01}, temperature_adam{1, 0.01};
  double critic_loss = 0, actor_loss = 0, q_mean = 0, entropy = 0, temperature = 0;

  double Q(const Doubles& params, int which, const Doubles& s, const Doubles& a) const {
    Doubles in = s;
    in.insert(in.end(), a.begin(), a.end());
    return critic_net(std::span(params).subspan(static_cast<std::size_t>(which) * critic_net.size(), critic_net.size()), in)[0];
  }
  double MinQ(const Doubles& params, const Doubles& s, const Doubles& a) const {
    return std::min(Q(params, 0, s, a), Q(params, 1, s, a));
  }
  double Act(const Doubles& params, const Doubles& s, std::uint64_t use, std::size_t row, std::uint64_t update,
             Doubles* a) const {
    const Doubles out = actor_net(params, s);
    NoiseStream stream = Noise(1, "sac").Sub(use).At(row, update);
    double log_prob = 0;
    a->resize(kActions);
    for (std::size_t j = 0; j < kActions; ++j) {
      const double eps = static_cast<double>(stream.Normal()), log_std = std::clamp(out[kActions + j], -20.0, 2.0);
      (*a)[j] = std::tanh(out[j] + std::exp(log_std) * eps);
      log_prob += -eps * eps / 2 - log_std - std::log(2 * M_PI) / 2 - std::log(1 - (*a)[j] * (*a)[j]);
    }
    return log_prob;
  }

  void Update(std::uint64_t k, bool timeout_terminal) {
    RolloutSlot slot = Batch(k);
    const RolloutView b = slot.view();
    std::vector<Doubles> s, a, next;
    const std::vector<float> obs(b.obs[0].As<float>().begin(), b.obs[0].As<float>().end());
    for (std::size_t i = 0; i < kBatch; ++i) {
      s.push_back(nn::testing::Row(obs, i, 3));
      next.push_back(nn::testing::Row(obs, kBatch + i, 3));
      const auto action = b.action.As<float>();  // bounds [-1, 1] and [0, 10]
      a.push_back({static_cast<double>(action[2 * i]), (static_cast<double>(action[2 * i + 1]) - 5) / 5});
    }
    temperature = 0.5 * std::exp(log_temperature[0]);
    Doubles y;
    for (std::size_t i = 0; i < kBatch; ++i) {
      Doubles next_action;
      const double log_prob = Act(actor, next[i], 0, i, k, &next_action);
      const double d = timeout_terminal && b.end[i] != 0 ? 0 : static_cast<double>(b.discount[i]);
      y.push_back(static_cast<double>(b.total[i]) + kGamma * d * (MinQ(targets, next[i], next_action) - temperature * log_prob));
    }
    const auto critic = [&](const Doubles& params) {
      double sum = 0;
      for (std::size_t i = 0; i < kBatch; ++i) {
        for (int c = 0; c < 2; ++c) sum += std::pow(Q(params, c, s[i], a[i]) - y[i], 2) / 2;
      }
      return sum / kBatch;
    };
    critic_loss = critic(critics);
    q_mean = 0;
    for (std::size_t i = 0; i < kBatch; ++i) q_mean += Q(critics, 0, s[i], a[i]) / kBatch;
    critic_adam.Step(Gradient(critic, critics), &critics);
    const auto policy = [&](const Doubles& params) {
      double sum = 0;
      for (std::size_t i = 0; i < kBatch; ++i) {
        Doubles action;
        const double log_prob = Act(params, s[i], 1, i, k, &action);
        sum += temperature * log_prob - MinQ(critics, s[i], action);
      }
      return sum / kBatch;
    };
    actor_loss = policy(actor);
    double log_prob = 0;
    for (std::size_t i = 0; i < kBatch; ++i) {
      Doubles action;
      log_prob += Act(actor, s[i], 1, i, k, &action) / kBatch;
    }
    entropy = -log_prob;
    actor_adam.Step(Gradient(policy, actor), &actor);
    temperature_adam.Step({-(log_prob + kEntropy)}, &log_temperature);
    for (std::size_t i = 0; i < targets.size(); ++i) targets[i] += kTau * (critics[i] - targets[i]);
  }
};

TEST_CASE("sac: six updates equal the algorithm in plain loops with numeric gradients", "[agents][unit]") {
  const bool terminal = GENERATE(false, true);
  const auto agent = MakeSac({terminal ? "timeout=terminal" : "timeout=bootstrap"});
  PlainSac plain;
  for (std::uint64_t k = 0; k < 6; ++k) {
    INFO("update " << k);
    const Metrics metrics = Learn(*agent, k);
    plain.Update(k, terminal);
    // Floats against doubles; differences grow with every update.
    const auto check = [&](const char* name, double expected) {
      CHECK(*metrics.Find(name) == Approx(expected).epsilon(2e-4).margin(2e-5));
    };
    check("agent/critic_loss", plain.critic_loss);
    check("agent/actor_loss", plain.actor_loss);
    check("agent/q_mean", plain.q_mean);
    check("agent/entropy", plain.entropy);
    check("agent/temperature", plain.temperature);
  }
  CHECK(plain.temperature < 0.499);  // it did move
}

TEST_CASE("sac: the number of threads changes no byte, the number of shards only the last bits", "[agents][threads]") {
  std::string one;
  for (const int threads : {1, 2, 3, 5}) {
    SetThreads(threads);
    const auto agent = MakeSac({"shards=3"});
    for (std::uint64_t k = 0; k < 4; ++k) Learn(*agent, k);
    if (one.empty()) one = Saved(*agent);
    CHECK(Saved(*agent) == one);
  }
  SetThreads(2);
  const auto whole = MakeSac({"shards=1"}), cut = MakeSac({"shards=4"});
  Metrics a, b;
  for (std::uint64_t k = 0; k < 4; ++k) {
    a = Learn(*whole, k);
    b = Learn(*cut, k);
  }
  CHECK(*a.Find("agent/critic_loss") == Approx(*b.Find("agent/critic_loss")).epsilon(1e-4));
}

TEST_CASE("sac restored in mid-training goes on bit for bit", "[agents][unit]") {
  const auto whole = MakeSac(), restored = MakeSac();
  for (std::uint64_t k = 0; k < 3; ++k) Learn(*whole, k);
  Archive ar(Saved(*whole), "test");
  restored->Serialize(ar);
  ar.ExpectEnd();
  Learn(*whole, 3);
  Learn(*restored, 3);
  CHECK(Saved(*whole) == Saved(*restored));
  CHECK(Saved(*MakeSac({}, 1)) != Saved(*MakeSac({}, 2)));
}

TEST_CASE("sac: a temperature that is not learned stays", "[agents][unit]") {
  const auto agent = MakeSac({"learn_temperature=false", "temperature=0.25"});
  for (std::uint64_t k = 0; k < 3; ++k) CHECK(*Learn(*agent, k).Find("agent/temperature") == 0.25);
}

// Actions of `rows` rows at one state, element j.
std::vector<double> Actions(const Agent& agent, ActMode mode, std::size_t j, std::size_t rows = 4000) {
  const auto policy = agent.MakePolicy(mode);
  policy->Sync(*agent.Snapshot(0));
  const Noise noise(3, "act");
  Tensor state(DType::kF32, {4, 3}), key(DType::kI64, {4}), action(DType::kF32, {4, 2});
  std::vector<StepType> types(4, StepType::kMid);
  std::vector<double> out;
  for (std::size_t row = 0; row < rows; row += 4) {
    std::vector<std::int32_t> ids;
    for (std::size_t i = 0; i < 4; ++i) ids.push_back(static_cast<std::int32_t>(row + i));
    const std::vector<ConstTensorView> obs{state.view(), key.view()};
    policy->Act({obs, types, {}, ids, 5, &noise}, {action.view(), {}, {}});
    for (std::size_t i = 0; i < 4; ++i) out.push_back(static_cast<double>(action.view().As<float>()[2 * i + j]));
  }
  return out;
}

TEST_CASE("sac: random actions fill the bounds evenly, greedy ones are one, sampled ones spread about it", "[agents][unit]") {
  const auto agent = MakeSac();
  const auto mean = [](const std::vector<double>& x) {
    double sum = 0;
    for (const double v : x) sum += v / static_cast<double>(x.size());
    return sum;
  };
  // Bounds [0, 10]. Standard deviation of the mean of 4000 uniform draws: 0.046; six of them: false alarms below 1e-8.
  const auto random = Actions(*agent, ActMode::kRandom, 1);
  CHECK(mean(random) == Approx(5).margin(0.28));
  CHECK(*std::ranges::min_element(random) < 0.1);
  CHECK(*std::ranges::max_element(random) > 9.9);
  const auto greedy = Actions(*agent, ActMode::kEvaluate, 1), sampled = Actions(*agent, ActMode::kExplore, 1);
  CHECK(*std::ranges::min_element(greedy) == *std::ranges::max_element(greedy));
  CHECK(greedy[0] == Approx(5).margin(0.2));  // output weights start near 0
  // tanh of a standard normal, times 5: standard deviation 3.14, of the mean 0.05.
  CHECK(mean(sampled) == Approx(greedy[0]).margin(0.3));
  CHECK(*std::ranges::max_element(sampled) > 9);
}

TEST_CASE("sac: a padded block gives bit for bit what a full block gives for its rows", "[agents][unit]") {
  const auto agent = MakeSac();
  const auto policy = agent->MakePolicy(ActMode::kExplore);
  policy->Sync(*agent->Snapshot(0));
  const Noise noise(3, "act");
  const std::vector<float> states = nn::testing::NormalRows(8 * 3, 5);
  Tensor state(DType::kF32, {8, 3}), key(DType::kI64, {8}), full(DType::kF32, {4, 2}), part(DType::kF32, {4, 2});
  std::ranges::copy(states, state.view().As<float>().begin());
  const std::vector<StepType> types(4, StepType::kMid);
  const std::vector<std::int32_t> ids{0, 1, 2, 3};
  const auto act = [&](std::int64_t first, std::int64_t m, Tensor& action) {
    const std::vector<ConstTensorView> obs{state.view().Rows(first, m), key.view().Rows(first, m)};
    const auto rows = static_cast<std::size_t>(m);
    policy->Act({obs, std::span(types).first(rows), {}, std::span(ids).first(rows), 0, &noise},
                {action.view().Rows(0, m), {}, {}});
  };
  act(0, 4, full);
  act(4, 4, part);  // leaves other rows behind
  act(0, 3, part);
  CHECK(std::equal(full.view().As<float>().begin(), full.view().As<float>().begin() + 6, part.view().As<float>().begin()));
}

TEST_CASE("sac: bad config is one line with its place", "[agents][unit]") {
  const auto error_of = [](const std::vector<std::string>& overrides, const EnvSpec& env = PointSpec()) -> std::string {
    try {
      MakeSac(overrides, 1, env);
    } catch (const Error& error) {
      CHECK(error.exit_code() == 2);
      return error.what();
    }
    return "no error";
  };
  CHECK_THAT(error_of({"shards=12"}), Catch::Contains("shards: expected at most agent.batch"));
  CHECK_THAT(error_of({"gama=1"}), Catch::Contains("did you mean \"gamma\"?"));
  CHECK_THAT(error_of({"tau=2"}), Catch::Contains("expected in [0, 1]"));
  CHECK_THAT(error_of({"temperature=0"}), Catch::Contains("expected > 0"));
  CHECK_THAT(error_of({"log_std_min=3"}), Catch::Contains("log_std_min: expected below log_std_max"));
  CHECK_THAT(error_of({"inputs=[stat]"}), Catch::Contains("no observation \"stat\"; did you mean \"state\"?"));
  EnvSpec discrete = PointSpec(), unbounded = PointSpec();
  discrete.action = {.name = "a", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {3}};
  unbounded.action.high.clear();
  CHECK_THAT(error_of({}, discrete), Catch::Contains("the agent needs a continuous action (f32 or f64) with finite bounds"));
  CHECK_THAT(error_of({}, unbounded), Catch::Contains("f32 [2] without bounds"));
}

}  // namespace
}  // namespace rove::testing
