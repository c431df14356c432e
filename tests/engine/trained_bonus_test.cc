// Bonuses that train, through the engine: relabelled when sampled from a replay, learned slot by slot on policy.
// (needs torch: the rewards under test)
#include <algorithm>
#include <catch2/catch.hpp>

#include "core/parallel.h"
#include "rewards/reward_module.h"
#include "tests/engine/engine_runs.h"

namespace rove::testing {
namespace {

// Both bonuses at once; the probe agent folds every sampled byte, `intrinsic` and `total` included, into a digest.
constexpr const char* kReplay = R"(
env: {type: probe/point, count: 7}
agent: {type: probe/random_replay}
replay: {capacity: 2000}
rewards:
  - {type: rnd, weight: 0.5, normalize: return_std, target: [16], predictor: [16], features: 8, learning_rate: 1e-3}
  - {type: made.rnd_vae, weight: 0.1, buffer: 300, target: [16], predictor: [16], features: 8, vae: {hidden: [16], latent: 2, batch: 16}}
run: {frames: 1500, seed: 5, rollout: 10, act_block: 3}
log: {every: 2}
)";
constexpr const char* kOnPolicy = R"(
env: {type: probe/corridor, count: 6}
agent: {type: ppo, epochs: 1, minibatches: 2, encoder: {type: mlp, hidden: [8]}}
rewards:
  - {type: rnd, weight: 0.5, normalize: std, target: [16], predictor: [16], features: 8, minibatch: 32}
  - {type: made.rnd_vae, weight: 0.1, buffer: 300, target: [16], predictor: [16], features: 8, minibatch: 32, vae: {hidden: [16], latent: 2, batch: 16}}
run: {frames: 1500, seed: 5, rollout: 16, mode: pipelined, lag: 1, act_block: 2}
log: {every: 2}
)";

// All bonuses that have an episodic memory or learn an embedding, and one that has neither.
constexpr const char* kEpisodic = R"(
env: {type: probe/corridor, count: 6}
agent: {type: ppo, epochs: 1, minibatches: 2, encoder: {type: mlp, hidden: [8]}}
rewards:
  - {type: noveld, weight: 0.1, target: [16], predictor: [16], features: 8, minibatch: 32}
  - {type: ride, weight: 0.1, hidden: [8], inverse: [8], forward: [8], features: 4, minibatch: 32}
  - {type: e3b, weight: 0.1, normalize: std, hidden: [8], inverse: [8], features: 4, minibatch: 32}
  - {type: ngu, weight: 0.1, hidden: [8], inverse: [8], features: 4, minibatch: 32, rnd: {target: [8], predictor: [8], features: 4}}
  - {type: re3, weight: 0.1, hidden: [8], features: 4, memory: 100}
  - {type: made.rnd_vae, weight: 0.1, buffer: 100, normalizer: none, mask: episodic_first_visit, target: [8], predictor: [8],
     features: 4, minibatch: 32, vae: {likelihood: categorical, inputs: [position], hidden: [8], latent: 2, batch: 16}}
run: {frames: 1500, seed: 5, rollout: 16, mode: pipelined, lag: 1, act_block: 2}
log: {every: 2}
)";
// RND as its paper has it, on IMPALA: a value head of its own, whose stream does not end with the episode.
constexpr const char* kSecondHead = R"(
env: {type: probe/corridor, count: 6}
agent: {type: impala, minibatches: 2, encoder: {type: mlp, hidden: [8]}, extrinsic_coef: 2}
rewards: [{type: rnd, normalize: return_std, target: [8], predictor: [8], features: 4, minibatch: 32}]
mix: {combine: head}
run: {frames: 1500, seed: 5, rollout: 16, mode: pipelined, lag: 1, act_block: 2}
log: {every: 2}
)";
// Those that a replay relabels.
constexpr const char* kRelabelled = R"(
env: {type: probe/point, count: 7}
agent: {type: probe/random_replay}
replay: {capacity: 2000}
rewards:
  - {type: icm, weight: 0.1, hidden: [8], inverse: [8], forward: [8], features: 4, encoder: {type: mlp, hidden: [8]}}
  - {type: noveld, weight: 0.1, mask: none, target: [16], predictor: [16], features: 8}
  - {type: re3, weight: 0.1, hidden: [8], features: 4, memory: 100}
  - {type: disagreement, weight: 0.1, normalize: std, hidden: [8], features: 4, forward: [8]}
run: {frames: 1500, seed: 5, rollout: 10, act_block: 3}
log: {every: 2}
)";
constexpr const char* kAll[] = {kReplay, kOnPolicy, kEpisodic, kSecondHead, kRelabelled};

TEST_CASE("trained bonuses: 1, 2, 3 and 5 threads end with the same bytes", "[engine][threads]") {
  for (const char* yaml : kAll) {
    SetThreads(1);
    const Outcome one = RunToEnd(yaml);
    REQUIRE(one.rows.size() > 5);
    for (const int threads : {2, 3, 5}) {
      SetThreads(threads);
      CHECK(RunToEnd(yaml) == one);
    }
  }
  SetThreads(2);
}

TEST_CASE("trained bonuses: a run resumed from any barrier ends with the same bytes", "[engine][unit]") {
  for (const char* yaml : kAll) {
    std::vector<std::map<std::string, std::string>> barriers;
    const std::string every[] = {"checkpoint.every=5"};
    Run run = Make(yaml, every);
    run.engine->save = [&](Engine& engine) { barriers.push_back(State(engine)); };
    const Outcome whole = Finish(run);
    REQUIRE(barriers.size() > 3);
    for (const auto& barrier : barriers) {
      Run resumed = Make(yaml, every);
      Restore(barrier, *resumed.engine);
      CHECK(State(*resumed.engine) == barrier);
      CHECK(Finish(resumed).state == whole.state);
    }
  }
}

struct Call {
  char what;            // fresh, Observe, Score replayed, Train
  std::uint64_t noise;  // first draw
  float first_reward, highest_reward;
};
std::vector<Call> calls;

// A bonus of 100 that writes down who called it with what.
class Recorder final : public RewardModule {
 public:
  RewardTraits traits() const override { return {.trains = true}; }
  void ScoreFresh(const RolloutView& r, const Noise& noise, std::span<float> out) override {
    Record('f', r, noise);
    ScoreRows(r, out, [](int, int) { return 100; });
  }
  void Observe(const BatchView& b, const Noise& noise) override { Record('O', b, noise); }
  void ScoreReplayed(const BatchView& b, const Noise& noise, std::span<float> out) const override {
    Record('S', b, noise);
    ScoreRows(b, out, [](int, int) { return 100; });
  }
  Metrics Train(const BatchView& b, const Noise& noise) override {
    Record('T', b, noise);
    for (std::size_t row = 0; row < b.rows(); ++row) {
      if (b.step_type[row] != StepType::kLast) CHECK(b.total[row] == b.reward[row] + 100);
    }
    return {};
  }
  void Serialize(Archive&) override {}

 private:
  static void Record(char what, const SequenceView& rows, const Noise& noise) {
    calls.push_back({what, noise.At(0, 0).Bits64(), rows.reward[0], *std::ranges::max_element(rows.reward)});
  }
};
const RewardRegistrar kRecorder("probe/recorder", "test only: writes down its calls",
                                [](const Config&, const RewardDeps&) { return std::make_unique<Recorder>(); });

TEST_CASE("replay: each batch is observed, scored with the same noise, then trained on; stored rewards stay raw",
          "[engine][unit]") {
  calls.clear();
  Run run = Make(kReplay, std::vector<std::string>{"rewards=[{type: probe/recorder}]"});
  const auto frames = static_cast<double>(run.engine->Run().env_steps);
  int batches = 0;
  float highest = 0;
  for (std::size_t k = 0; k < calls.size(); ++k) {
    highest = std::max(highest, calls[k].highest_reward);
    if (calls[k].what != 'O') continue;
    REQUIRE(k + 2 < calls.size());
    const Call &observed = calls[k], &scored = calls[k + 1], &trained = calls[k + 2];
    CHECK(scored.what == 'S');
    CHECK(trained.what == 'T');
    CHECK(scored.noise == observed.noise);
    CHECK(trained.noise != observed.noise);
    CHECK((scored.first_reward == observed.first_reward && trained.first_reward == observed.first_reward));
    ++batches;
  }
  CHECK(batches == static_cast<int>(0.3 * (frames - 50)));  // the probe agent learns so often, after 50 random frames
  CHECK(highest == 1);                                      // what probe/point pays: no bonus was written into the replay
}

TEST_CASE("on policy: each slot is scored once, then trained on once", "[engine][unit]") {
  calls.clear();
  RunToEnd(kOnPolicy, {"rewards=[{type: probe/recorder}]"});
  REQUIRE(calls.size() > 20);
  for (std::size_t k = 0; k < calls.size(); ++k) CHECK(calls[k].what == (k % 2 == 0 ? 'f' : 'T'));
}

TEST_CASE("replay: a row has the newest batch's metrics, also where its rollout had no batch due", "[engine][unit]") {
  Run run = Make(kReplay, std::vector<std::string>{"log.every=1", "run.rollout=1", "env.count=1", "run.frames=120"});
  Finish(run);
  bool learned = false;
  double batches = 0;
  int waited = 0;
  for (const auto& row : run.sink->rows) {
    learned = learned || row.metrics.Find("reward/rnd_loss") != nullptr;
    CHECK((row.metrics.Find("reward/rnd_loss") != nullptr) == learned);
    waited += learned && *row.metrics.Find("train/batches") == batches;
    batches = *row.metrics.Find("train/batches");
  }
  CHECK(waited > 20);
}

TEST_CASE("replay: rows after a resume are those of an undisturbed run, also before the next batch is due", "[engine][unit]") {
  const std::vector<std::string> slow{"log.every=1", "run.rollout=1", "env.count=1", "run.frames=120", "checkpoint.every=1"};
  std::vector<std::map<std::string, std::string>> barriers;
  Run run = Make(kReplay, slow);
  run.engine->save = [&](Engine& engine) { barriers.push_back(State(engine)); };
  const Outcome whole = Finish(run);
  REQUIRE(barriers.size() == whole.rows.size());
  for (std::size_t at = 60; at < barriers.size(); ++at) {
    Run resumed = Make(kReplay, slow);
    Restore(barriers[at], *resumed.engine);
    const auto rows = Finish(resumed).rows;
    CHECK(rows == decltype(rows)(whole.rows.begin() + static_cast<std::ptrdiff_t>(at) + 1, whole.rows.end()));
  }
}

TEST_CASE("trained bonuses log their losses", "[engine][unit]") {
  Run run = Make(kReplay, {});
  Finish(run);
  const Metrics& last = run.sink->rows.back().metrics;
  for (const char* name : {"reward/rnd_loss", "reward/made.rnd_vae_loss", "reward/made.rnd_vae_kl", "reward/made.rnd_vae_mse",
                           "reward/made.rnd_vae_g_mean", "reward/made.rnd_vae_g_std", "reward/made.rnd_vae_g_divisor"}) {
    REQUIRE(last.Find(name) != nullptr);
    CHECK(*last.Find(name) > 0);
  }
}

TEST_CASE("episodic bonuses: every one pays, none all of it, and their losses are logged", "[engine][unit]") {
  Run run = Make(kEpisodic, {});
  Finish(run);
  const Metrics& last = run.sink->rows.back().metrics;
  for (const char* name :
       {"reward/noveld_mean", "reward/ride_mean", "reward/e3b_mean", "reward/ngu_mean", "reward/re3_mean",
        "reward/made.rnd_vae_mean", "reward/noveld_loss", "reward/ride_inverse_loss", "reward/ride_inverse_accuracy",
        "reward/ride_forward_loss", "reward/e3b_inverse_loss", "reward/ngu_loss", "reward/bonus_share"}) {
    INFO(name);
    REQUIRE(last.Find(name) != nullptr);
    CHECK(*last.Find(name) > 0);
    CHECK(*last.Find(name) < 100);
  }
}

}  // namespace
}  // namespace rove::testing
