// The bonus around the networks; those are held against plain ones in tests/nn/random_distillation_test.cc.
#include <ATen/core/Tensor.h>  // before Catch: glog has a CHECK too

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <set>

#include "core/parallel.h"
#include "nn/random_distillation.h"
#include "rewards/minibatches.h"
#include "rewards/mix.h"
#include "tests/rewards/point_rollout.h"

namespace rove::testing {
namespace {

using Catch::Matchers::Contains;

constexpr const char* kSmall = "{type: rnd, target: [16], predictor: [16], features: 8, learning_rate: 1e-3}";

// Mean over live rows.
double Mean(const std::vector<float>& bonus, RolloutSlot& slot) {
  double sum = 0, live = 0;
  for (const std::int32_t row : LiveRows(slot.view())) {
    sum += static_cast<double>(bonus[static_cast<std::size_t>(row)]);
    ++live;
  }
  return sum / live;
}

TEST_CASE("rnd: pays the networks' error on the next state, whitened by the moments up to its step; norm its root of the sum",
          "[rewards][unit]") {
  constexpr std::size_t kSize = kPointSize;
  RolloutSlot slot = PointRollout(1, 10, 4);
  auto squares = MakePointReward(kSmall);
  auto norms = MakePointReward("{type: rnd, target: [16], predictor: [16], features: 8, error: norm}");
  const std::vector<float> fresh = Fresh(*squares, slot), norm = Fresh(*norms, slot), replayed = Replayed(*squares, slot);
  nn::RandomDistillation net({.target = {16}, .predictor = {16}, .features = 8}, {kPointSize, {}}, DeriveSeed(1, "rnd", 0));
  const RolloutView view = slot.view();
  const std::vector<std::int32_t> live = LiveRows(view);
  // Mean and variance of the first `count` live next states, two-pass.
  const auto whitened = [&](std::size_t row, std::size_t count) {
    std::vector<float> out;
    for (std::size_t e = 0; e < kSize; ++e) {
      const auto value = [&](std::size_t k) {
        return static_cast<double>(view.obs[0].As<float>()[(static_cast<std::size_t>(live[k]) + 4) * kSize + e]);
      };
      double mean = 0, variance = 0;
      for (std::size_t k = 0; k < count; ++k) mean += value(k) / static_cast<double>(count);
      for (std::size_t k = 0; k < count; ++k) variance += std::pow(value(k) - mean, 2) / static_cast<double>(count);
      out.push_back(static_cast<float>(std::clamp((value(row) - mean) / std::sqrt(variance + 1e-8), -5.0, 5.0)));
    }
    return out;
  };
  const auto error = [&](const std::vector<float>& x) {
    float out = 0;
    net.Errors(x, {&out, 1});
    return out;
  };
  for (std::size_t k = 0; k < live.size(); ++k) {
    const auto row = static_cast<std::size_t>(live[k]);
    const auto of_its_step = [&](std::int32_t other) { return other / view.n <= live[k] / view.n; };
    const float paid = error(whitened(k, static_cast<std::size_t>(std::ranges::count_if(live, of_its_step))));
    CHECK(fresh[row] == Approx(paid).epsilon(1e-4));  // float inputs that differ by rounding
    CHECK(norm[row] == Approx(std::sqrt(8 * paid)).epsilon(1e-4));
    CHECK(replayed[row] == Approx(error(whitened(k, live.size()))).epsilon(1e-4));
  }
}

TEST_CASE("rnd: a replayed row pays less once it was trained on, rows far from all shown much less so", "[rewards][unit]") {
  RolloutSlot shown = PointRollout(1, 16, 4), other = PointRollout(2, 16, 4);
  const auto states = other.view().obs[0].As<float>();
  for (std::size_t k = 0; k < states.size(); k += kPointSize) states[k] += 4;  // standard deviations
  auto rnd = MakePointReward(kSmall);
  Fresh(*rnd, shown);
  const std::vector<float> first = Relabel(*rnd, shown, 0);
  const double other_first = Mean(Replayed(*rnd, other), other);
  for (std::uint64_t update = 1; update < 300; ++update) Relabel(*rnd, shown, update);
  const std::vector<float> last = Replayed(*rnd, shown);
  for (const std::int32_t row : LiveRows(shown.view()))
    CHECK(last[static_cast<std::size_t>(row)] < first[static_cast<std::size_t>(row)]);
  const double known = Mean(last, shown) / Mean(first, shown), unknown = Mean(Replayed(*rnd, other), other) / other_first;
  CAPTURE(known, unknown);
  CHECK(known < 0.5 * unknown);
}

TEST_CASE("rnd: dead rows are neither scored, nor counted, nor learned from", "[rewards][unit]") {
  const auto run = [](bool scribble) {
    RolloutSlot slot = PointRollout(3, 20, 4);
    const RolloutView view = slot.view();
    for (int t = 0; t < view.T; ++t) {
      for (int i = 0; i < view.n; ++i) {
        if (scribble && view.dead(t, i))
          view.obs[0].As<float>()[view.index(t + 1, i) * kPointSize] = 1e6f;  // next episode's start
      }
    }
    auto rnd = MakePointReward(kSmall);
    Fresh(*rnd, slot);
    Relabel(*rnd, slot, 0);
    return Saved(*rnd);
  };
  CHECK(run(false) == run(true));
}

TEST_CASE("rnd: restored in mid-training it goes on bit for bit, with 1, 2 and 3 threads", "[rewards][threads]") {
  const auto run = [](int threads, bool restore) {
    SetThreads(threads);
    auto rnd = MakePointReward(kSmall);
    for (std::uint64_t update = 0; update < 6; ++update) {
      RolloutSlot slot = PointRollout(update, 30, 4);
      Fresh(*rnd, slot, update);
      Relabel(*rnd, slot, update);
      if (!restore || update != 2) continue;
      const std::string bytes = Saved(*rnd);
      rnd = MakePointReward(kSmall, 4, /*seed=*/9);  // every weight comes from the archive
      Restore(bytes, *rnd);
    }
    SetThreads(2);
    return Saved(*rnd);
  };
  const std::string one = run(1, false);
  CHECK(run(2, false) == one);
  CHECK(run(3, false) == one);
  CHECK(run(2, true) == one);
}

TEST_CASE("minibatches: every row once an epoch, in parts of nearly equal size, or the share that `proportion` keeps",
          "[rewards][unit]") {
  std::vector<std::int32_t> rows(1000), seen;
  std::iota(rows.begin(), rows.end(), 0);
  const auto parts = [&](const std::string& yaml) {
    std::vector<std::size_t> sizes;
    seen.clear();
    ForEachMinibatch(MinibatchOptions(Config::Parse(yaml)), Noise(1, "m"), rows, [&](std::span<const std::int32_t> part) {
      sizes.push_back(part.size());
      seen.insert(seen.end(), part.begin(), part.end());
    });
    return sizes;
  };
  CHECK_THAT(parts("{minibatch: 300}"), Catch::Matchers::Equals(std::vector<std::size_t>{250, 250, 250, 250}));
  CHECK(seen != rows);
  std::ranges::sort(seen);
  CHECK(seen == rows);
  CHECK(parts("{minibatch: 1000, epochs: 3}").size() == 3);
  parts("{proportion: 0.25}");
  CHECK(seen.size() > 180);  // binomial(1000, 0.25) leaves [180, 320] with probability 5e-7
  CHECK(seen.size() < 320);
  parts("{minibatch: 1000, epochs: 60, proportion: 0.25}");
  CHECK(std::set(seen.begin(), seen.end()).size() == 1000);  // drawn anew each epoch: 3e-5 that some row never turns up
}

TEST_CASE("rnd: two of them have networks of their own, and the first is the one it would be alone", "[rewards][unit]") {
  RolloutSlot slot = PointRollout(4, 10, 4);
  const auto most = [&](const std::string& more, const char* name) {
    const std::string keys = "type: rnd, target: [16], predictor: [16], features: 8, label: ";
    RewardMix mix(Config::Parse("rewards: [{" + keys + "a}" + more + "]"),
                  {.env = PointSpec(), .num_envs = 4, .slot_rows = 1, .seed = 1});
    return *mix.ScoreFresh(slot.view(), 0, 0).Find(name);
  };
  const std::string other = ", {type: rnd, target: [16], predictor: [16], features: 8, label: b}";
  CHECK(most(other, "reward/a_max") == most("", "reward/a_max"));
  CHECK(most(other, "reward/a_max") != most(other, "reward/b_max"));
}

TEST_CASE("rnd: weight, sign and the mix's normalisers apply to relabelled bonuses; they are frozen there", "[rewards][unit]") {
  RolloutSlot slot = PointRollout(4, 10, 4);
  const auto relabelled = [&](const std::string& more) {
    RewardMix mix(Config::Parse("rewards: [{type: rnd, target: [16], predictor: [16], features: 8, " + more + "}]"),
                  {.env = PointSpec(), .num_envs = 4, .slot_rows = 1, .seed = 1});
    mix.ScoreFresh(slot.view(), 0, 0);
    mix.ScoreReplayed(AsBatch(slot.view()), 40, 0);
    return std::vector<float>(slot.view().intrinsic.begin(), slot.view().intrinsic.end());
  };
  const std::vector<float> plain = relabelled("weight: 1"), minus = relabelled("weight: -2"), std1 = relabelled("normalize: std");
  auto module = MakePointReward(kSmall);
  RunningMoments moments;
  const std::vector<float> fresh = Fresh(*module, slot);
  for (const std::int32_t row : LiveRows(slot.view())) moments.Add(static_cast<double>(fresh[static_cast<std::size_t>(row)]));
  for (std::size_t row = 0; row < plain.size(); ++row) {
    CHECK(minus[row] == -2 * plain[row]);
    CHECK(std1[row] == Approx(static_cast<double>(plain[row]) / moments.std()));
  }
}

TEST_CASE("rnd: bad keys are refused with the place", "[rewards][unit]") {
  const auto refuses = [](const std::string& yaml, const std::string& what) {
    CAPTURE(yaml);
    CHECK_THROWS_WITH(MakePointReward(yaml), Contains(what));
  };
  refuses("{type: rnd, featurs: 8}", "did you mean \"features\"");
  refuses("{type: rnd, error: l2}", "error");
  refuses("{type: rnd, proportion: 0}", "proportion");
  refuses("{type: rnd, predictor: [0]}", "predictor");
  refuses("{type: rnd, inputs: [state_key]}", "64-bit key");
  refuses("{type: rnd, learning_rate: -1}", "learning_rate");
}

}  // namespace
}  // namespace rove::testing
