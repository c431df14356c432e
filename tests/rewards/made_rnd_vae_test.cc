// The bonus around the networks; those are held against plain ones in tests/nn.
#include <ATen/core/Tensor.h>  // before Catch: glog has a CHECK too

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "core/parallel.h"
#include "core/running_stats.h"
#include "nn/random_distillation.h"
#include "nn/vae.h"
#include "rewards/minibatches.h"
#include "rewards/mix.h"
#include "rewards/recency_buffer.h"
#include "tests/rewards/point_rollout.h"

namespace rove::testing {
namespace {

using Catch::Matchers::Contains;

std::string Made(const std::string& more, const std::string& vae = "latent: 2") {
  return "{type: made.rnd_vae, buffer: 500, target: [16], predictor: [16], features: 8, " + more + ", vae: {hidden: [16], " +
         vae + "}}";
}

// After a fresh rollout and a few steps of the autoencoder (none of the predictor: it would move n), the batch's bonuses as a
// replay relabels them.
std::vector<float> Relabelled(const std::string& more, RolloutSlot& batch) {
  RolloutSlot fresh = PointRollout(1, 20, 4);
  auto made = MakePointReward(Made(more + ", learning_rate: 1e-30"));
  Fresh(*made, fresh);
  for (std::uint64_t update = 0; update < 5; ++update) made->Train(AsBatch(fresh.view()), Noise(1, "train").Sub(update));
  made->Observe(AsBatch(batch.view()), Noise(1, "test").Sub(5));
  return Replayed(*made, batch, 5);
}

TEST_CASE("made.rnd_vae: product = cover x recency, recency = g / std(g), matched = cover x mean(g) / std(g)",
          "[rewards][unit]") {
  RolloutSlot batch = PointRollout(2, 1, 64);
  const auto score = [&](const std::string& more) { return Relabelled(more, batch); };
  const std::vector<float> n = score("factors: cover"), g = score("factors: recency, normalizer: none");
  const std::vector<float> product = score("factors: product"), recency = score("factors: recency");
  const std::vector<float> matched = score("factors: cover_matched"), released = score("normalizer: as_released");
  const std::vector<float> bare = score("normalizer: none");
  RunningMoments moments;
  const std::vector<std::int32_t> live = LiveRows(batch.view());
  for (const std::int32_t row : live) moments.Add(static_cast<double>(g[static_cast<std::size_t>(row)]));
  REQUIRE(live.size() > 40);
  REQUIRE(moments.std() > 0.05);
  const double count = moments.count(), unbiased = moments.std() * std::sqrt(count / (count - 1));
  for (const std::int32_t number : live) {
    const auto row = static_cast<std::size_t>(number);
    const double n_row = static_cast<double>(n[row]), g_row = static_cast<double>(g[row]);
    // 1e-5: float rounding. as_released: one batch; its start value shifts the scale by up to 1e-4 / 55 rows.
    CHECK(bare[row] == Approx(n_row * g_row).epsilon(1e-5));
    CHECK(recency[row] == Approx(g_row / moments.std()).epsilon(1e-5));
    CHECK(product[row] == Approx(n_row * g_row / moments.std()).epsilon(1e-5));
    CHECK(matched[row] == Approx(n_row * moments.mean() / moments.std()).epsilon(1e-5));
    CHECK(released[row] == Approx(n_row * g_row / unbiased).epsilon(1e-4));
  }
}

TEST_CASE("made.rnd_vae: what was scored before the autoencoder's first step is not in g's moments", "[rewards][unit]") {
  RolloutSlot first = PointRollout(1, 20, 4), second = PointRollout(2, 20, 4);
  second.first_step = 20;
  const auto second_slot = [&](const std::string& normalizer) {
    auto made = MakePointReward(Made("factors: recency, normalizer: " + normalizer));
    Fresh(*made, first);
    made->Train(AsBatch(first.view()), Noise(1, "train"));
    return Fresh(*made, second, 1);
  };
  // Until then all factors but n are 1.
  const auto first_slot = [&](const std::string& factors) { return Fresh(*MakePointReward(Made("factors: " + factors)), first); };
  CHECK(first_slot("cover_matched") == first_slot("cover"));
  CHECK(first_slot("product") == first_slot("cover"));
  const std::vector<float> g = second_slot("none"), paid = second_slot("fixed");
  RunningMoments moments;
  for (const std::int32_t number : LiveRows(second.view())) {
    const auto row = static_cast<std::size_t>(number);
    moments.Add(static_cast<double>(g[row]));
    const double divisor = moments.std() > 1e-8 ? moments.std() : 1;
    CHECK(paid[row] == Approx(static_cast<double>(g[row]) / divisor).epsilon(1e-5));
  }
}

TEST_CASE("made.rnd_vae: scoring sees the sample that Observe saw, another update another one", "[rewards][unit]") {
  RolloutSlot batch = PointRollout(2, 1, 64);
  auto made = MakePointReward(Made("factors: recency, normalizer: none"));
  Fresh(*made, batch);
  made->Train(AsBatch(batch.view()), Noise(1, "train"));
  const std::vector<float> first = Replayed(*made, batch, 5);
  made->Observe(AsBatch(batch.view()), Noise(1, "test").Sub(5));
  CHECK(Replayed(*made, batch, 5) == first);
  CHECK(Replayed(*made, batch, 6) != first);
}

TEST_CASE("recency buffer: first in, first out", "[rewards][unit]") {
  RecencyBuffer buffer(3, 2);
  std::multiset<float> kept;
  for (int k = 0; k < 8; ++k) {
    const std::vector<float> row{static_cast<float>(k), static_cast<float>(-k)};
    buffer.Push(row);
    CHECK(buffer.size() == std::min<std::size_t>(3, static_cast<std::size_t>(k) + 1));
  }
  for (std::size_t k = 0; k < buffer.size(); ++k) {
    kept.insert(buffer[k][0]);
    CHECK(buffer[k][1] == -buffer[k][0]);
  }
  CHECK(kept == std::multiset<float>{5, 6, 7});
}

TEST_CASE("made.rnd_vae: what left the buffer is new again to g, though it was seen as often", "[rewards][unit]") {
  // Two clusters, 30 std apart from one another; 80 rows each, less the dead ones; the buffer holds one cluster.
  RolloutSlot left = PointRollout(1, 20, 4), right = PointRollout(2, 20, 4);
  const auto states = left.view().obs[0].As<float>();
  for (std::size_t k = 0; k < states.size(); k += kPointSize) states[k] -= 30;
  auto made = MakePointReward(
      "{type: made.rnd_vae, buffer: 65, factors: recency, normalizer: none, vae: {steps: 4, hidden: [32], latent: 2}}");
  REQUIRE(LiveRows(left.view()).size() >= 65);
  const auto mean_log = [&](RolloutSlot& slot) {
    const std::vector<float> g = Replayed(*made, slot);
    double sum = 0;
    for (const std::int32_t row : LiveRows(slot.view())) sum += std::log(static_cast<double>(g[static_cast<std::size_t>(row)]));
    return sum / static_cast<double>(LiveRows(slot.view()).size());
  };
  const auto live_through = [&](RolloutSlot& slot, std::uint64_t first) {
    Fresh(*made, slot);
    for (std::uint64_t update = first; update < first + 150; ++update) {
      made->Train(AsBatch(right.view()), Noise(1, "train").Sub(update));  // the batch itself does not matter to g
    }
  };
  live_through(left, 0);
  live_through(right, 1000);
  const double lately_right = mean_log(left) - mean_log(right);
  live_through(left, 2000);
  const double lately_left = mean_log(left) - mean_log(right);
  CHECK(lately_right > 0.3);
  CHECK(lately_left < -0.3);
}

TEST_CASE("made.rnd_vae: with the released likelihood the latents die, with the Gaussian one they do not", "[rewards][unit]") {
  const auto kl = [](const std::string& likelihood) {
    auto made = MakePointReward(Made("factors: product", "latent: 2, learning_rate: 1e-2, likelihood: " + likelihood));
    Metrics metrics;
    for (std::uint64_t update = 0; update < 400; ++update) {
      RolloutSlot slot = PointRollout(update, 2, 16);
      Fresh(*made, slot, update);
      Relabel(*made, slot, update);
      metrics = made->Train(AsBatch(slot.view()), Noise(1, "more").Sub(update));
    }
    CHECK(*metrics.Find("mse") > 0);
    CHECK(*metrics.Find("loss") > 0);
    return *metrics.Find("kl");
  };
  CHECK(kl("mean_square") < 0.05);
  CHECK(kl("gaussian") > 0.5);
}

TEST_CASE("made.rnd_vae: a Gaussian g counts from the recent mean of l: about 1 for the recent, cut at most_nats, 1 untrained",
          "[rewards][unit]") {
  RolloutSlot slot = PointRollout(1, 16, 4), far = PointRollout(2, 16, 4);
  for (float& x : far.view().obs[0].As<float>()) x *= 30;
  auto made = MakePointReward(Made("factors: recency, normalizer: none", "latent: 2, decoder_std: 0.05, most_nats: 3"));
  Fresh(*made, slot);
  const std::vector<std::int32_t> live = LiveRows(slot.view());
  for (const std::int32_t row : live) CHECK(Replayed(*made, slot)[static_cast<std::size_t>(row)] == 1);
  for (std::uint64_t update = 0; update < 100; ++update) made->Train(AsBatch(slot.view()), Noise(1, "train").Sub(update));
  const std::vector<float> g = Replayed(*made, slot), g_far = Replayed(*made, far);
  int above = 0, below = 0, cut = 0;
  for (const std::int32_t row : live) {
    above += g[static_cast<std::size_t>(row)] > 1;
    below += g[static_cast<std::size_t>(row)] < 1;
    cut += g_far[static_cast<std::size_t>(row)] == Approx(std::exp(1.5));
  }
  CHECK(above > 5);
  CHECK(below > 5);
  CHECK(cut == std::ssize(live));
}

TEST_CASE("made.rnd_vae: n is the distillation's norm on x', and the released g exp of half KL + MSE of (x, a)",
          "[rewards][unit]") {
  RolloutSlot slot = PointRollout(1, 16, 4);
  const RolloutView view = slot.view();
  auto cover = MakePointReward(Made("factors: cover"));
  auto recency = MakePointReward(Made("factors: recency, normalizer: none", "latent: 2, likelihood: mean_square"));
  Fresh(*cover, slot);
  Fresh(*recency, slot);
  const std::vector<float> n = Replayed(*cover, slot, 5), g = Replayed(*recency, slot, 5);
  nn::RandomDistillation distillation({.target = {16}, .predictor = {16}, .features = 8}, {kPointSize, {}},
                                      DeriveSeed(1, "made.rnd_vae", 0));
  nn::Vae vae({.hidden = {16}, .latent = 2}, 1, {kPointSize + 2, {}}, DeriveSeed(1, "made.rnd_vae", 1));
  double smallest = 1e9, largest = 0;
  for (const std::int32_t row : LiveRows(view)) {
    const auto k = static_cast<std::size_t>(row);
    const int t = row / 4, i = row % 4;
    float norm = 0, kl = 0, mse = 0;
    distillation.Norms(WhitenedPoint(view, t + 1, i, 16), {&norm, 1});
    CHECK(n[k] == Approx(norm).epsilon(1e-4));
    std::vector<float> x = WhitenedPoint(view, t, i, 16), noise(2);
    x.push_back(view.action.As<float>()[2 * k]);  // in [-1, 1] as it is
    x.push_back(view.action.As<float>()[2 * k + 1] / 5 - 1);
    NoiseStream stream = Noise(1, "test").Sub(5).At(k, 0);
    for (float& z : noise) z = stream.Normal();
    vae.Score(x, noise, {&kl, 1}, {&mse, 1});
    CHECK(g[k] == Approx(std::exp((kl + mse) / 2)).epsilon(1e-4));
    smallest = std::min(smallest, static_cast<double>(g[k]));
    largest = std::max(largest, static_cast<double>(g[k]));
  }
  CHECK(largest > 1.2 * smallest);  // rows differ, so that a wrong one would show
}

TEST_CASE("made.rnd_vae: bounded actions are scaled to [-1, 1] before the autoencoder", "[rewards][unit]") {
  EnvSpec scaled = PointSpec();
  scaled.action.low = {-1};
  scaled.action.high = {1};
  RolloutSlot plain = PointRollout(2, 1, 64), by_hand = PointRollout(2, 1, 64);
  const auto actions = by_hand.view().action.As<float>();
  for (std::size_t k = 1; k < actions.size(); k += 2)
    actions[k] = actions[k] / 5 - 1;  // [0, 10]; the first is in [-1, 1] already
  const Config config = Config::Parse(Made("factors: recency, normalizer: none", "latent: 2, likelihood: mean_square"));
  const auto one = Rewards().Create(config, {.env = PointSpec(), .num_envs = 64, .slot_rows = 1, .seed = 1});
  const auto other = Rewards().Create(config, {.env = scaled, .num_envs = 64, .slot_rows = 1, .seed = 1});
  const std::vector<float> g = Fresh(*one, plain), g_by_hand = Fresh(*other, by_hand), unscaled = Fresh(*other, plain);
  for (std::size_t row = 0; row < g.size(); ++row) CHECK(g[row] == Approx(g_by_hand[row]).epsilon(1e-4));
  CHECK(unscaled != g);
}

// An image of codes and a direction, all i.i.d.; a code 9 is none that a colour or state has.
const EnvSpec& GridViewSpec() {
  static const EnvSpec spec{
      .obs = {{.name = "image", .dtype = DType::kU8, .shape = {2, 1, 3}, .low = {0}, .high = {10}, .role = Role::kPolicy},
              {.name = "direction", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {3}, .role = Role::kPolicy}},
      .action = {.name = "action", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {6}, .role = Role::kPolicy},
      .max_steps = 0,
      .success_return = {}};
  return spec;
}
RolloutSlot GridViews(Seed seed, int n) {
  RolloutSlot slot({.T = 1, .n = n}, GridViewSpec().obs, GridViewSpec().action, {}, {});
  NoiseStream stream = Noise(seed, "views").At(0, 0);
  std::ranges::fill(slot.view().step_type, StepType::kMid);
  for (auto& code : slot.view().obs[0].As<std::uint8_t>()) code = static_cast<std::uint8_t>(stream.Below(10));
  for (auto& direction : slot.view().obs[1].As<std::int32_t>()) direction = static_cast<std::int32_t>(stream.Below(4));
  for (auto& action : slot.view().action.As<std::int32_t>()) action = static_cast<std::int32_t>(stream.Below(7));
  return slot;
}

TEST_CASE("made.rnd_vae: the categorical g is exp of half the pair's nats, KL + cross-entropy of its one-hot codes",
          "[rewards][unit]") {
  RolloutSlot slot = GridViews(1, 64);
  const auto make = [](const std::string& yaml) {
    return Rewards().Create(Config::Parse(yaml), {.env = GridViewSpec(), .num_envs = 64, .slot_rows = 1, .seed = 1});
  };
  const std::string yaml =
      "{type: made.rnd_vae, factors: recency, normalizer: none, vae: {likelihood: categorical, hidden: [8], latent: 2, "
      "most_nats: 80, learning_rate: 1e-30, most_spread: ";
  auto made = make(yaml + "80}}"), scaled = make(yaml + "0.01}}");
  Fresh(*made, slot);
  Fresh(*scaled, slot);
  const Metrics metrics = made->Train(AsBatch(slot.view()), Noise(1, "train"));  // sets the recent moments, moves nothing
  scaled->Train(AsBatch(slot.view()), Noise(1, "train"));
  const double recent = *metrics.Find("kl") + *metrics.Find("nll"), spread = *metrics.Find("nats_std");
  CHECK(metrics.Find("mse") == nullptr);
  const std::vector<float> g = Replayed(*made, slot, 5), g_scaled = Replayed(*scaled, slot, 5);
  double sum = 0, square = 0;

  nn::Vae vae({.hidden = {8}, .latent = 2}, 1, {2 * 21 + 4 + 7, {11, 6, 4, 11, 6, 4, 4, 7}}, DeriveSeed(1, "made.rnd_vae", 1));
  const auto codes = slot.view().obs[0].As<std::uint8_t>();
  for (std::size_t row = 0; row < 64; ++row) {
    std::vector<float> x(53), noise(2);
    const int counts[] = {11, 6, 4};
    std::size_t at = 0;
    for (std::size_t e = 0; e < 6; ++e) {
      if (codes[row * 6 + e] < counts[e % 3]) x[at + codes[row * 6 + e]] = 1;
      at += static_cast<std::size_t>(counts[e % 3]);
    }
    x[42 + static_cast<std::size_t>(slot.view().obs[1].As<std::int32_t>()[row])] = 1;
    x[46 + static_cast<std::size_t>(slot.view().action.As<std::int32_t>()[row])] = 1;
    NoiseStream stream = Noise(1, "test").Sub(5).At(row, 0);
    for (float& z : noise) z = stream.Normal();
    float kl = 0, nll = 0;
    vae.Score(x, noise, {&kl, 1}, {&nll, 1});
    const double nats = static_cast<double>(kl + nll) - recent;
    CHECK(g[row] == Approx(std::exp(nats / 2)).epsilon(1e-4));
    CHECK(g_scaled[row] == Approx(std::exp(0.01 / spread * nats / 2)).epsilon(1e-4));
    sum += nats;
    square += nats * nats;
  }
  CHECK(spread > 0.1);
  CHECK(spread == Approx(std::sqrt(square / 64 - sum / 64 * sum / 64)).epsilon(0.25));  // of 128 draws from these 64
  CHECK_THROWS_WITH(make("{type: made.rnd_vae, encoder: {type: mlp}}"), Contains("vae.likelihood"));
  CHECK_THROWS_WITH(MakePointReward(Made("factors: product", "likelihood: categorical")), Contains("categorical needs"));
}

TEST_CASE("made.rnd_vae: behind an encoder with a categorical autoencoder any threads train the same, and a restore too",
          "[rewards][threads]") {
  const std::string yaml =
      "{type: made.rnd_vae, buffer: 200, normalizer: none, loss: norm, encoder: {type: minigrid_cnn, kernel: 1, channels: [4], "
      "pool: false}, vae: {likelihood: categorical, hidden: [8], latent: 2, batch: 16}}";
  const auto make = [&] {
    return Rewards().Create(Config::Parse(yaml), {.env = GridViewSpec(), .num_envs = 64, .slot_rows = 1, .seed = 1});
  };
  const auto run = [&](int threads, bool restore) {
    SetThreads(threads);
    auto made = make();
    std::vector<float> paid;
    for (std::uint64_t update = 0; update < 5; ++update) {
      RolloutSlot slot = GridViews(update, 64);
      paid = Fresh(*made, slot, update);
      Relabel(*made, slot, update);
      if (!restore || update != 2) continue;
      const std::string bytes = Saved(*made);
      made = make();
      Restore(bytes, *made);
    }
    SetThreads(2);
    return std::pair(paid, Saved(*made));
  };
  const auto one = run(1, false);
  CHECK(std::ranges::count(one.first, 0.0f) == 0);
  for (const int threads : {2, 3, 5}) CHECK(run(threads, false) == one);
  CHECK(run(2, true) == one);
}

TEST_CASE("made.rnd_vae: restored in mid-training it goes on bit for bit, with 1, 2 and 3 threads", "[rewards][threads]") {
  for (const std::string normalizer : {"fixed", "as_released"}) {
    const std::string yaml = Made("minibatch: 16, normalizer: " + normalizer);
    const auto run = [&](int threads, bool restore) {
      SetThreads(threads);
      auto made = MakePointReward(yaml);
      for (std::uint64_t update = 0; update < 6; ++update) {
        RolloutSlot slot = PointRollout(update, 60, 4);  // the FIFO of 500 wraps
        Fresh(*made, slot, update);
        Relabel(*made, slot, update);
        if (!restore || update != 3) continue;
        const std::string bytes = Saved(*made);
        made = MakePointReward(yaml, 4, /*seed=*/9);
        Restore(bytes, *made);
      }
      SetThreads(2);
      return Saved(*made);
    };
    const std::string one = run(1, false);
    CHECK(run(2, false) == one);
    CHECK(run(3, false) == one);
    CHECK(run(2, true) == one);
  }
}

TEST_CASE("made.rnd_vae: the mask pays a state once an episode, and forbids relabelling", "[rewards][unit]") {
  RolloutSlot slot = PointRollout(3, 30, 4, /*dead_every=*/1000);  // five states, episodes that start at t = 0 or before
  auto masked = MakePointReward(Made("mask: episodic_first_visit")), plain = MakePointReward(Made("mask: none"));
  CHECK(masked->traits().episodic);
  CHECK_FALSE(masked->traits().relabelable);
  CHECK(plain->traits().relabelable);
  const std::vector<float> bonus = Fresh(*masked, slot), all = Fresh(*plain, slot);
  const RolloutView view = slot.view();
  const auto keys = view.obs[1].As<std::int64_t>();
  std::vector<std::set<std::int64_t>> seen(4);
  int paid = 0;
  for (int t = 0; t < view.T; ++t) {
    for (int i = 0; i < view.n; ++i) {
      auto& episode = seen[static_cast<std::size_t>(i)];
      if (view.step_type[view.index(t, i)] == StepType::kFirst) episode = {keys[view.index(t, i)]};
      const bool first = episode.insert(keys[view.index(t + 1, i)]).second;
      CHECK(bonus[view.index(t, i)] == (first ? all[view.index(t, i)] : 0));
      paid += first;
    }
  }
  CHECK(paid >= 16);
}

TEST_CASE("made.rnd_vae: masked and restored in mid-episode it remembers what the episode has seen", "[rewards][unit]") {
  const std::string yaml = Made("mask: episodic_first_visit");
  const auto pays = [&](bool begun, bool restore) {
    auto made = MakePointReward(yaml);
    RolloutSlot before = PointRollout(1, 4, 4, /*dead_every=*/1000), after = PointRollout(2, 8, 4, /*dead_every=*/1000);
    std::ranges::fill(after.view().step_type, StepType::kMid);  // the same episodes go on
    if (begun) Fresh(*made, before);
    if (restore) {
      const std::string bytes = Saved(*made);
      made = MakePointReward(yaml, 4, /*seed=*/9);
      Restore(bytes, *made);
    }
    return Fresh(*made, after, 1);
  };
  const std::vector<float> whole = pays(true, false);
  CHECK(pays(true, true) == whole);
  CHECK(std::ranges::count(whole, 0.0f) > std::ranges::count(pays(false, false), 0.0f));
}

TEST_CASE("made.rnd_vae: a second normaliser, bad keys and a short buffer are refused with the place", "[rewards][unit]") {
  const auto mix = [](const std::string& entry) {
    return RewardMix(Config::Parse("rewards: [" + entry + "]"), {.env = PointSpec(), .num_envs = 4, .slot_rows = 1, .seed = 1});
  };
  CHECK_THROWS_WITH(mix(Made("normalize: std")), Contains("rewards[0].normalize") && Contains("normalises itself"));
  CHECK_THROWS_WITH(mix(Made("normalize: std, normalizer: as_released")), Contains("normalises itself"));
  CHECK_NOTHROW(mix(Made("normalize: std, normalizer: none")));
  CHECK_NOTHROW(mix(Made("normalize: std, factors: cover")));
  const auto refuses = [](const std::string& yaml, const std::string& what) {
    CAPTURE(yaml);
    CHECK_THROWS_WITH(MakePointReward(yaml), Contains(what));
  };
  refuses("{type: made.rnd_vae, factors: both}", "factors");
  refuses("{type: made.rnd_vae, vae: {laten: 3}}", "vae.laten");
  refuses("{type: made.rnd_vae, vae: {likelihood: mean_square, decoder_std: 1}}", "vae.decoder_std");
  refuses("{type: made.rnd_vae, buffer: 1}", "expected more than the 1 rows of a rollout slot");
  refuses("{type: made.rnd_vae, normalizer: std}", "normalizer");
}

}  // namespace
}  // namespace rove::testing
