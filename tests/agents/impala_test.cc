// IMPALA as the engine sees it: needs torch.
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
    "{type: impala, encoder: {type: mlp, hidden: [16]}, head: 16, minibatches: 2, shards: 3, tile: 34, learning_rate: 0.01, "
    "entropy_coef: 0}";

TEST_CASE("impala learns a contextual bandit, and unlearns it where the reward's sign is flipped", "[agents][learn]") {
  // Chance is 0.25.
  CHECK(Train(*MakeBanditAgent(kSmall), 40, 1) > 0.9);
  CHECK(Train(*MakeBanditAgent(kSmall), 40, -1) < 0.1);
}

TEST_CASE("impala: any number of threads gives the same bytes", "[agents][threads]") {
  std::vector<std::string> saved;
  for (const int threads : {1, 2, 3, 5}) {
    SetThreads(threads);
    const auto agent = MakeBanditAgent(kSmall);
    Train(*agent, 3, 1);
    saved.push_back(Saved(*agent));
  }
  CHECK(std::ranges::count(saved, saved[0]) == 4);
}

TEST_CASE("impala restored in mid-training goes on bit for bit", "[agents][unit]") {
  const auto whole = MakeBanditAgent(kSmall), restored = MakeBanditAgent(kSmall, {}, /*seed=*/2);
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

Metrics LearnOnce(const std::string& more, const BanditOptions& options = {}, float log_prob_shift = 0) {
  const auto agent = MakeBanditAgent("{type: impala, encoder: {type: mlp}, " + more + "}", options);
  RolloutSlot slot = Collect(*agent, 0, options);
  for (float& log_prob : slot.view().extra[0].As<float>()) log_prob += log_prob_shift;
  return agent->Learn(AsBatch(slot.view()), 0);
}

TEST_CASE("impala: the cut into shards and calls changes the gradient by rounding only", "[agents][unit]") {
  const double whole = *LearnOnce("shards: 1, tile: 170").Find("agent/grad_norm");
  for (const char* cut : {"shards: 1, tile: 1", "shards: 3, tile: 68", "shards: 7, tile: 34", "shards: 100"}) {
    CHECK(*LearnOnce(cut).Find("agent/grad_norm") == Approx(whole).epsilon(1e-5));
  }
}

TEST_CASE("impala: the sum over time weighs a row by one over the environments, the mean by one over live rows",
          "[agents][unit]") {
  // 80 live rows of 10 environments.
  CHECK(*LearnOnce("loss: sum_over_time").Find("agent/grad_norm") ==
        Approx(8 * *LearnOnce("loss: mean").Find("agent/grad_norm")));
}

TEST_CASE("impala: ratios come from the stored log-probs, and are clipped from above", "[agents][unit]") {
  // One-step episodes: A = min(1, rho) (r - V).
  const Metrics same = LearnOnce(""), half = LearnOnce("", {}, std::log(2.0f)), twice = LearnOnce("", {}, -std::log(2.0f));
  CHECK(*half.Find("agent/policy_loss") == Approx(*same.Find("agent/policy_loss") / 2).epsilon(1e-4));
  CHECK(*twice.Find("agent/policy_loss") == Approx(*same.Find("agent/policy_loss")).epsilon(1e-4));
  CHECK(*half.Find("agent/clip_fraction") == 0);
  CHECK(*twice.Find("agent/clip_fraction") == 1);
  CHECK(*same.Find("agent/approx_kl") == Approx(0).margin(1e-6));
  CHECK(*twice.Find("agent/approx_kl") == Approx(1 - std::log(2.0)).epsilon(1e-4));
  CHECK(*LearnOnce("rho_clip: 3", {}, -std::log(2.0f)).Find("agent/policy_loss") ==
        Approx(2 * *same.Find("agent/policy_loss")).epsilon(1e-4));
}

// Three environments with episodes of their own, terminated, truncated and cut by the rollout's end.
struct Episodes {
  static constexpr int kT = 6;
  BanditOptions options{.T = kT, .n = 3, .act_block = 3, .intrinsic_head = {}};
  std::unique_ptr<Agent> agent;
  RolloutSlot slot;
  RolloutView view;

  explicit Episodes(const std::string& more, std::optional<ReturnStream> head = {})
      : options{.T = kT, .n = 3, .act_block = 3, .intrinsic_head = head},
        agent(MakeBanditAgent("{type: impala, encoder: {type: mlp}, gamma: 0.5" + more + "}", options)),
        slot(Collect(*agent, 0, options)),
        view(slot.view()) {
    using enum StepType;
    const StepType types[3][kT + 1] = {{kFirst, kMid, kLast, kFirst, kLast, kFirst, kMid},
                                       {kMid, kMid, kMid, kMid, kMid, kLast, kFirst},
                                       {kLast, kFirst, kMid, kMid, kMid, kMid, kLast}};
    const std::uint8_t ends[3][kT] = {
        {0, kTerminated, 0, kTruncated, 0, 0}, {0, 0, 0, 0, kTruncated, 0}, {0, 0, 0, 0, 0, kTerminated}};
    NoiseStream noise = Noise(6, "test").At(0, 0);
    for (int t = 0; t <= kT; ++t) {
      for (int i = 0; i < 3; ++i) {
        const std::size_t row = view.index(t, i);
        view.step_type[row] = types[i][t];
        if (t == kT) continue;
        view.end[row] = ends[i][t];
        view.discount[row] = ends[i][t] == kTerminated ? 0 : 1;
        view.total[row] = types[i][t] == kLast ? 0 : noise.Normal();
        view.intrinsic[row] = types[i][t] == kLast ? 0 : noise.Normal();
      }
    }
  }
  double value(int t, int i, std::size_t head = 0) const {
    return static_cast<double>(view.extra[1 + head].As<float>()[view.index(t, i)]);
  }
  // Reward until the episode or the rollout ends, then the value of where it ended unless that is terminal. With `c` below 1
  // V-trace where every ratio is at least `c` and rho_clip is 1: what comes later corrects the next value by that share.
  double NStep(int t, int i, double c = 1) const {
    const std::size_t row = view.index(t, i);
    const double reward = static_cast<double>(view.total[row]);
    if (view.end[row] == kTerminated) return reward;
    const bool stop = t + 1 == kT || view.end[row] != 0;
    const double next = value(t + 1, i), rest = stop ? 0 : NStep(t + 1, i, c) - next;
    return reward + 0.5 * (next + c * rest);
  }
  // fn(t, i) for each live row; returns how many there are.
  template <class Fn>
  int ForEachLive(const Fn& fn) const {
    int live = 0;
    for (int t = 0; t < kT; ++t) {
      for (int i = 0; i < 3; ++i) {
        if (view.dead(t, i)) continue;
        fn(t, i);
        ++live;
      }
    }
    return live;
  }
  // Of the intrinsic stream, over the ends of episodes, with discount gamma: dead rows are stepped over.
  double Endless(int t, int i, double gamma) const {
    const bool dead = view.step_type[view.index(t + 1, i)] == StepType::kLast && t + 2 <= kT;
    const int next = t + (dead ? 2 : 1);
    return static_cast<double>(view.intrinsic[view.index(t, i)]) +
           gamma * (next < kT ? Endless(next, i, gamma) : value(next, i, 1));
  }
};

TEST_CASE("impala: without lag its targets are the n-step returns of the rollout, worked by a plain loop", "[agents][unit]") {
  Episodes e("");
  double policy_loss = 0, value_loss = 0;
  const int live = e.ForEachLive([&](int t, int i) {
    const double advantage = e.NStep(t, i) - e.value(t, i);
    policy_loss -= advantage * static_cast<double>(e.view.extra[0].As<float>()[e.view.index(t, i)]);
    value_loss += advantage * advantage / 2;
  });
  REQUIRE(live == 14);
  const Metrics metrics = e.agent->Learn(AsBatch(e.view), 0);
  CHECK(*metrics.Find("agent/policy_loss") == Approx(policy_loss / live).epsilon(1e-4));
  CHECK(*metrics.Find("agent/value_loss") == Approx(value_loss / live).epsilon(1e-4));
}

TEST_CASE("impala: timeouts end the return if they are terminal, and lambda 0 looks one step ahead", "[agents][unit]") {
  const auto value_loss = [](const std::string& more) {
    return *Episodes(more).agent->Learn(AsBatch(Episodes(more).view), 0).Find("agent/value_loss");
  };
  CHECK(value_loss(", timeout: terminal") != Approx(value_loss("")).epsilon(1e-3));
  Episodes e(", lambda: 0");
  double sum = 0;
  const int live = e.ForEachLive([&](int t, int i) {
    const std::size_t row = e.view.index(t, i);
    const double error = static_cast<double>(e.view.total[row]) +
                         0.5 * static_cast<double>(e.view.discount[row]) * e.value(t + 1, i) - e.value(t, i);
    sum += error * error / 2;
  });
  CHECK(*e.agent->Learn(AsBatch(e.view), 0).Find("agent/value_loss") == Approx(sum / live).epsilon(1e-4));
}

TEST_CASE("impala: what later steps correct is clipped at c_clip, not at rho_clip", "[agents][unit]") {
  Episodes e(", c_clip: 0.5");
  for (float& log_prob : e.view.extra[0].As<float>()) log_prob -= std::log(2.0f);  // ratios of 2
  double sum = 0;
  const int live = e.ForEachLive([&](int t, int i) { sum += std::pow(e.NStep(t, i, 0.5) - e.value(t, i), 2) / 2; });
  CHECK(*e.agent->Learn(AsBatch(e.view), 0).Find("agent/value_loss") == Approx(sum / live).epsilon(1e-4));
}

TEST_CASE("impala: a second value head has its own stream, and the advantages are added with their coefficients",
          "[agents][unit]") {
  for (const float gamma : {0.0f, 0.5f}) {
    Episodes e(", extrinsic_coef: 3, intrinsic_coef: 0.5", ReturnStream{.gamma = gamma, .lambda = 1, .episodic = false});
    double policy_loss = 0, value_loss = 0;
    const int live = e.ForEachLive([&](int t, int i) {
      const double extrinsic = e.NStep(t, i) - e.value(t, i),
                   intrinsic = e.Endless(t, i, static_cast<double>(gamma)) - e.value(t, i, 1);
      policy_loss -= (3 * extrinsic + 0.5 * intrinsic) * static_cast<double>(e.view.extra[0].As<float>()[e.view.index(t, i)]);
      value_loss += (extrinsic * extrinsic + intrinsic * intrinsic) / 2;
    });
    const Metrics metrics = e.agent->Learn(AsBatch(e.view), 0);
    CHECK(*metrics.Find("agent/policy_loss") == Approx(policy_loss / live).epsilon(1e-4));
    CHECK(*metrics.Find("agent/value_loss") == Approx(value_loss / live).epsilon(1e-4));
  }
}

TEST_CASE("impala: the learning rate falls over the run if asked", "[agents][unit]") {
  const std::string impala = "{type: impala, encoder: {type: mlp}, anneal: ";
  CHECK(Moves(impala + "false}", 1000));
  CHECK(Moves(impala + "true}", 500));
  CHECK_FALSE(Moves(impala + "true}", 1000));
}

TEST_CASE("impala: nothing on a dead row reaches the parameters but the value a truncation bootstraps from", "[agents][unit]") {
  const auto learned = [](int dead_t, int dead_i) {
    Episodes e("");
    if (dead_t >= 0) {
      REQUIRE(e.view.dead(dead_t, dead_i));
      const std::size_t row = e.view.index(dead_t, dead_i);
      e.view.action.As<std::int32_t>()[row] = 1 << 20;
      e.view.obs[1].As<float>()[3 * row] = 1e3f;
      e.view.extra[0].As<float>()[row] = 1e9f;
    }
    e.agent->Learn(AsBatch(e.view), 0);
    return Saved(*e.agent);
  };
  CHECK(learned(2, 0) == learned(-1, 0));  // after a termination
  CHECK(learned(0, 2) == learned(-1, 0));  // its episode ended before the rollout
  CHECK(learned(4, 0) != learned(-1, 0));  // after a truncation
}

TEST_CASE("impala: bad config is one line with its place", "[agents][unit]") {
  const auto error_of = [](const std::string& yaml) -> std::string {
    try {
      MakeBanditAgent(yaml);
    } catch (const Error& error) {
      CHECK(error.exit_code() == 2);
      return error.what();
    }
    return "no error";
  };
  CHECK(error_of("{type: impala, encoder: {type: mlp}, minibatches: 11}") ==
        "x.yaml:1: minibatches: a minibatch is whole columns of environments; env.count is 10, too few for 11 minibatches");
  CHECK_THAT(error_of("{type: impala, encoder: {type: mlp}, rho_clips: 1}"), Catch::Contains("did you mean \"rho_clip\"?"));
  CHECK_THAT(error_of("{type: impala, encoder: {type: mlp}, loss: sum}"), Catch::Contains("sum_over_time"));
}

}  // namespace
}  // namespace rove::testing
