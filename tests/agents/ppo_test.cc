// PPO as the engine sees it: needs torch.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "tests/agents/bandit.h"

namespace rove::testing {
namespace {

const std::string kSmall =
    "{type: ppo, encoder: {type: mlp, hidden: [16]}, head: 16, epochs: 4, minibatches: 3, shards: 3, tile: 16, learning_rate: "
    "0.01, "
    "entropy_coef: 0}";

TEST_CASE("ppo learns a contextual bandit, and unlearns it where the reward's sign is flipped", "[agents][learn]") {
  // Chance is 0.25. 80 live rows a rollout; seeds 1 to 5 were above 0.93 or below 0.02 after 6 rollouts.
  CHECK(Train(*MakeBanditAgent(kSmall), 15, 1) > 0.9);
  CHECK(Train(*MakeBanditAgent(kSmall), 15, -1) < 0.1);
}

TEST_CASE("ppo: any number of threads gives the same bytes", "[agents][threads]") {
  std::vector<std::string> saved;
  for (const int threads : {1, 2, 3, 5}) {
    SetThreads(threads);
    const auto agent = MakeBanditAgent(kSmall);
    Train(*agent, 3, 1);
    saved.push_back(Saved(*agent));
  }
  CHECK(std::ranges::count(saved, saved[0]) == 4);
}

TEST_CASE("ppo: the cut into shards and tiles changes the gradient by rounding only", "[agents][unit]") {
  const auto grad_norm = [](const std::string& cut) {
    const auto agent = MakeBanditAgent("{type: ppo, encoder: {type: mlp}, epochs: 1, minibatches: 1, " + cut + "}");
    RolloutSlot slot = Collect(*agent, 0);  // 80 live rows
    return *agent->Learn(AsBatch(slot.view()), 0).Find("agent/grad_norm");
  };
  const double whole = grad_norm("shards: 1, tile: 80");
  for (const char* cut : {"shards: 1, tile: 7", "shards: 3, tile: 100", "shards: 7, tile: 1", "shards: 100"}) {
    CHECK(grad_norm(cut) == Approx(whole).epsilon(1e-5));
  }
}

TEST_CASE("ppo restored in mid-training goes on bit for bit", "[agents][unit]") {
  const auto whole = MakeBanditAgent(kSmall), restored = MakeBanditAgent(kSmall, {}, /*seed=*/1);
  Train(*whole, 2, 1);
  Archive ar(Saved(*whole), "test");
  restored->Serialize(ar);
  ar.ExpectEnd();
  for (Agent* agent : {whole.get(), restored.get()}) {
    RolloutSlot slot = Collect(*agent, 2);
    agent->Learn(AsBatch(slot.view()), 0);
  }
  CHECK(Saved(*whole) == Saved(*restored));
}

TEST_CASE("ppo: start weights and minibatches are functions of the seed", "[agents][unit]") {
  const auto one = MakeBanditAgent(kSmall, {}, 1), same = MakeBanditAgent(kSmall, {}, 1), other = MakeBanditAgent(kSmall, {}, 2);
  CHECK(Saved(*one) == Saved(*same));
  CHECK(Saved(*one) != Saved(*other));
}

TEST_CASE("ppo: nothing on a dead row reaches the parameters", "[agents][unit]") {
  const auto plain = MakeBanditAgent(kSmall), poisoned = MakeBanditAgent(kSmall);
  RolloutSlot slot = Collect(*plain, 0);
  plain->Learn(AsBatch(slot.view()), 0);
  const RolloutView view = slot.view();
  for (std::size_t row = 0; row < view.rows(); ++row) {
    if (view.step_type[row] != StepType::kLast) continue;
    view.action.As<std::int32_t>()[row] = 3 - view.action.As<std::int32_t>()[row];
    view.obs[1].As<float>()[3 * row] = 1e9f;
    view.extra[0].As<float>()[row] = 1e9f;
  }
  poisoned->Learn(AsBatch(view), 0);
  CHECK(Saved(*plain) == Saved(*poisoned));
  view.obs[1].As<float>()[3 * view.index(0, 0)] += 1;  // a live row does
  const auto moved = MakeBanditAgent(kSmall);
  moved->Learn(AsBatch(view), 0);
  CHECK(Saved(*plain) != Saved(*moved));
}

// One environment, T = 5: first, mid (terminates), last (dead), first (truncated), last (dead). Hand-chosen values; the policy
// that learns is the one that acted, so that every ratio is 1 and the policy loss is minus the mean advantage of the live rows.
struct HandMade {
  BanditOptions options{.T = 5, .n = 1, .act_block = 1};
  std::string yaml =
      "type: ppo\nencoder: {type: mlp}\nepochs: 1\nminibatches: 1\nnormalize_advantage: false\ngamma: 0.5\ngae_lambda: 0.5\n";
  std::vector<float> value[2];  // of the network, by head
  Metrics Learn(const std::string& more = "") {
    const auto agent = MakeBanditAgent(yaml + more, options);
    RolloutSlot slot = Collect(*agent, 0, options);
    const RolloutView view = slot.view();
    for (std::size_t h = 0; h + 1 < view.extra.size(); ++h) {
      const auto column = view.extra[1 + h].As<float>();
      value[h].assign(column.begin(), column.end());
    }
    using enum StepType;
    std::ranges::copy(std::vector{kFirst, kMid, kLast, kFirst, kLast, kFirst}, view.step_type.begin());
    std::ranges::copy(std::vector{1.0f, 0.0f, 1.0f, 1.0f, 1.0f}, view.discount.begin());
    std::ranges::copy(std::vector<std::uint8_t>{0, kTerminated, 0, kTruncated, 0}, view.end.begin());
    std::ranges::copy(std::vector{1.0f, 2.0f, 0.0f, 3.0f, 0.0f}, view.total.begin());
    std::ranges::copy(std::vector{4.0f, 0.0f, 0.0f, 8.0f, 0.0f}, view.intrinsic.begin());
    std::ranges::copy(std::vector{1.0f, 2.0f, 100.0f, 1.0f, 4.0f, 100.0f}, view.extra[1].As<float>().begin());
    if (options.intrinsic_head) std::ranges::fill(view.extra[2].As<float>(), 2.0f);
    const Metrics metrics = agent->Learn(AsBatch(view), 0);
    CHECK(*metrics.Find("agent/approx_kl") == Approx(0).margin(1e-6));
    CHECK(*metrics.Find("agent/clip_fraction") == 0);
    return metrics;
  }
  double PolicyLoss(const std::string& more = "") { return *Learn(more).Find("agent/policy_loss"); }
};

TEST_CASE("ppo: advantages of a batch with a termination, a truncation and dead rows, worked by hand", "[agents][unit]") {
  // A1 = 2 - 2 = 0 (terminated); A0 = 1 + 0.5 * 2 - 1 + 0.25 * 0 = 1; A3 = 3 + 0.5 * 4 - 1 = 4 (bootstraps from V of the last
  // state). Mean 5/3. A timeout that is terminal: A3 = 3 - 1 = 2, mean 1.
  CHECK(HandMade().PolicyLoss() == Approx(-5.0 / 3));
  CHECK(HandMade().PolicyLoss("timeout: terminal") == Approx(-1.0));
}

TEST_CASE("ppo: a second value head has its own stream, and the advantages are added with their coefficients", "[agents][unit]") {
  // Intrinsic, gamma 1, lambda 0, non-episodic, V = 2: delta = r + 2 - 2 = r, so A = 4, 0, 8, mean 4.
  HandMade two;
  two.options.intrinsic_head = ReturnStream{.gamma = 1, .lambda = 0, .episodic = false};
  CHECK(two.PolicyLoss() == Approx(-5.0 / 3 - 4));
  CHECK(two.PolicyLoss("extrinsic_coef: 3\nintrinsic_coef: 0.5") == Approx(-5 - 2));
  // Targets A + V of rows 0, 1, 3; the loss is that before the one step.
  const double loss = *two.Learn().Find("agent/value_loss"), targets[2][3] = {{2, 2, 5}, {6, 2, 10}};
  double expected = 0;
  for (std::size_t h = 0; h < 2; ++h) {
    for (std::size_t k = 0; k < 3; ++k)
      expected += std::pow(static_cast<double>(two.value[h][k == 2 ? 3 : k]) - targets[h][k], 2);
  }
  CHECK(loss == Approx(expected / 2 / 3));
}

TEST_CASE("ppo: the learning rate falls linearly over the run if asked", "[agents][unit]") {
  const auto rate = [](const std::string& more, std::int64_t env_steps) {
    const auto agent = MakeBanditAgent("{type: ppo, encoder: {type: mlp}, learning_rate: 0.5" + more + "}");
    RolloutSlot slot = Collect(*agent, 0);
    return *agent->Learn(AsBatch(slot.view()), env_steps).Find("agent/learning_rate");
  };
  CHECK(rate("", 250) == 0.5);
  CHECK(rate(", anneal: true", 250) == 0.375);  // of 1000
  CHECK(rate(", anneal: true", 2000) == 0);
  const std::string ppo = "{type: ppo, encoder: {type: mlp}, anneal: ";
  CHECK(Moves(ppo + "false}", 1000));
  CHECK(Moves(ppo + "true}", 500));
  CHECK_FALSE(Moves(ppo + "true}", 1000));  // the rate is the step's, not only the metric's
}

TEST_CASE("ppo: a padded block gives bit for bit what a full block gives for its rows", "[agents][unit]") {
  const BanditOptions options{.T = 1, .n = 16, .act_block = 16};
  const auto agent = MakeBanditAgent(kSmall, options);
  RolloutSlot full = Collect(*agent, 0, options);
  const auto policy = agent->MakePolicy(ActMode::kExplore);
  policy->Sync(*agent->Snapshot(0));
  const Noise act(5, "act");
  Tensor action(DType::kI32, {16}), log_prob(DType::kF32, {16}), value(DType::kF32, {16});
  const auto act_on = [&](int m, int t) {
    const std::vector<ConstTensorView> obs{full.obs_at(t)[0].Rows(0, m), full.obs_at(t)[1].Rows(0, m)};
    const std::vector<TensorView> extra{log_prob.view().Rows(0, m), value.view().Rows(0, m)};
    const auto rows = static_cast<std::size_t>(m);
    policy->Act({obs, full.view().step_type.first(rows), {}, full.view().env_id.first(rows), t, &act},
                {action.view().Rows(0, m), extra, {}});
  };
  act_on(16, 1);  // leaves other rows behind
  act_on(5, 0);
  const auto first_five = [](const TensorView& a, const TensorView& b, auto zero) {
    using T = decltype(zero);
    return std::equal(a.As<T>().begin(), a.As<T>().begin() + 5, b.As<T>().begin());
  };
  CHECK(first_five(action.view(), full.action_at(0), std::int32_t{}));
  CHECK(first_five(log_prob.view(), full.extra_at(0)[0], 0.0f));
  CHECK(first_five(value.view(), full.extra_at(0)[1], 0.0f));
}

TEST_CASE("ppo: exploring samples what log_prob states, evaluating takes the mode, random is uniform", "[agents][unit]") {
  const BanditOptions options{.T = 1, .n = 4000, .act_block = 4000};
  const auto agent = MakeBanditAgent(kSmall), wide = MakeBanditAgent(kSmall, options);
  Train(*agent, 2, 1);  // half-way to the context as the mode
  Archive ar(Saved(*agent), "test");
  wide->Serialize(ar);
  RolloutSlot slot = Collect(*wide, 0, options);
  const auto context = slot.obs_at(0)[0].As<std::int32_t>();
  struct Shares {
    double hits = 0, weighted = 0;  // rows whose action is the context: their share, and the mean of 1{hit} / p(action)
  };
  const auto act = [&](ActMode mode) {
    const auto policy = wide->MakePolicy(mode);
    policy->Sync(*wide->Snapshot(0));
    const Noise noise(9, "act");
    const std::vector<ConstTensorView> obs{slot.obs_at(0)[0], slot.obs_at(0)[1]};
    const RolloutView view = slot.view();
    policy->Act({obs, view.step_type.first(4000), {}, view.env_id, 0, &noise}, {slot.action_at(0), slot.extra_at(0), {}});
    Shares shares;
    for (std::size_t i = 0; i < 4000; ++i) {
      if (slot.action_at(0).As<std::int32_t>()[i] != context[i]) continue;
      shares.hits += 1.0 / 4000;
      shares.weighted += std::exp(-static_cast<double>(slot.extra_at(0)[0].As<float>()[i])) / 4000;
    }
    return shares;
  };
  // Standard deviations at p = 1/4, the worst: hits 0.007, weighted 0.027. Margins are six of them: false alarms below 1e-8.
  const Shares explore = act(ActMode::kExplore), evaluate = act(ActMode::kEvaluate), random = act(ActMode::kRandom);
  CHECK(explore.weighted == Approx(1).margin(0.16));
  CHECK(evaluate.weighted > 1.3);
  CHECK(evaluate.hits > explore.hits + 0.1);
  CHECK(random.hits == Approx(0.25).margin(0.042));
  CHECK(random.weighted == Approx(1).margin(0.16));
}

TEST_CASE("ppo: bad config is one line with its place", "[agents][unit]") {
  const auto error_of = [](const std::string& yaml) -> std::string {
    try {
      MakeBanditAgent(yaml);
    } catch (const Error& error) {
      CHECK(error.exit_code() == 2);
      return error.what();
    }
    return "no error";
  };
  CHECK(error_of("{type: ppo, encoder: {type: mlp}, minibatches: 161}") ==
        "x.yaml:1: minibatches: a rollout has 160 rows (env.count x run.rollout), too few for 161 minibatches");
  CHECK_THAT(error_of("{type: pppo}"), Catch::Contains("unknown agent \"pppo\"; did you mean \"ppo\"?"));
  CHECK_THAT(error_of("{type: ppo, encoder: {type: mlp}, epoch: 3}"), Catch::Contains("did you mean \"epochs\"?"));
  CHECK_THAT(error_of("{type: ppo, encoder: {type: mlp}, intrinsic_coef: 1}"), Catch::Contains("intrinsic_coef"));
  CHECK_THAT(error_of("{type: ppo, encoder: {type: mlp}, gamma: 1.5}"), Catch::Contains("expected in [0, 1]"));
  CHECK_THAT(error_of("{type: ppo, encoder: {type: minigrid_cnn}}"), Catch::Contains("no observation \"image\""));
  const EnvSpec continuous{.obs = BanditSpec().obs,
                           .action = {.name = "a", .dtype = DType::kF32, .shape = {2}, .low = {-1}, .high = {1}, .role = {}},
                           .max_steps = 0,
                           .success_return = {}};
  CHECK_THROWS_WITH(Agents().Create(Config::Parse("{type: ppo}", "x.yaml"),
                                    AgentDeps{.env = continuous, .num_envs = 8, .rollout_length = 8, .intrinsic_head = {}}),
                    Catch::Contains("needs a discrete action (one i32 with bounds); this environment's is f32 [2]"));
}

}  // namespace
}  // namespace rove::testing
