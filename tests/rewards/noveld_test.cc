// The bonus around the networks; those are held against plain ones in tests/nn/random_distillation_test.cc.
#include <ATen/core/Tensor.h>  // before Catch: glog has a CHECK too

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "nn/random_distillation.h"
#include "rewards/minibatches.h"
#include "tests/rewards/point_rollout.h"

namespace rove::testing {
namespace {

using Catch::Matchers::Contains;

constexpr const char* kNets = "target: [16], predictor: [16, 16], features: 8";

TEST_CASE("noveld: pays max(n(x') - alpha n(x), 0) where x' is new to its episode", "[rewards][unit]") {
  for (const std::string alpha : {"0.5", "1"}) {
    RolloutSlot slot = PointRollout(1, 21, 4);
    const RolloutView view = slot.view();
    auto noveld = MakePointReward(std::string("{type: noveld, ") + kNets + ", alpha: " + alpha + "}");
    const std::vector<float> bonus = Fresh(*noveld, slot);
    nn::RandomDistillation net({.target = {16}, .predictor = {16, 16}, .features = 8}, {kPointSize, {}},
                               DeriveSeed(1, "noveld", 0));
    const auto n = [&](int t, int i) {
      float out = 0;
      net.Norms(WhitenedPoint(view, t, i), {&out, 1});
      return static_cast<double>(out);
    };
    const auto keys = view.obs[1].As<std::int64_t>();
    std::vector<std::set<std::int64_t>> seen(4);
    int paid = 0, revisits = 0, cut = 0;
    for (int t = 0; t < view.T; ++t) {
      for (int i = 0; i < view.n; ++i) {
        const std::size_t row = view.index(t, i);
        if (view.dead(t, i)) {
          CHECK(bonus[row] == 0);
          continue;
        }
        auto& episode = seen[static_cast<std::size_t>(i)];
        if (view.step_type[row] == StepType::kFirst) episode = {keys[row]};
        const bool first = episode.insert(keys[view.index(t + 1, i)]).second;
        const double gain = n(t + 1, i) - std::stod(alpha) * n(t, i);
        CHECK(bonus[row] == Approx(first ? std::max(gain, 0.0) : 0).margin(1e-3));  // inputs rounded to float, slopes below 20
        paid += first && gain > 0.1;
        revisits += !first && gain > 0.1;
        cut += first && gain < -0.1;
      }
    }
    CHECK(paid > 5);
    CHECK(revisits > 5);
    CHECK((alpha == "0.5" || cut > 5));
  }
}

TEST_CASE("noveld: without the mask it is relabelled, by the same formula under the moments of now", "[rewards][unit]") {
  RolloutSlot slot = PointRollout(2, 1, 64);
  auto masked = MakePointReward("{type: noveld}", 64);
  CHECK(masked->traits().episodic);
  CHECK_FALSE(masked->traits().relabelable);
  auto plain = MakePointReward("{type: noveld, mask: none, alpha: 0}", 64);
  CHECK_FALSE(plain->traits().episodic);
  const std::vector<float> fresh = Fresh(*plain, slot);
  CHECK(Replayed(*plain, slot) == fresh);  // one step: the same moments, the same places in the call
}

TEST_CASE("noveld: what was trained on is no longer new; dead rows teach nothing", "[rewards][unit]") {
  const auto run = [](bool scribble) {
    RolloutSlot slot = PointRollout(3, 20, 4);
    const RolloutView view = slot.view();
    auto noveld = MakePointReward("{type: noveld, mask: none, alpha: 0, learning_rate: 1e-3, target: [16], predictor: [32]}");
    const std::vector<float> first = Fresh(*noveld, slot);
    for (int t = 0; t < view.T; ++t) {
      for (int i = 0; i < view.n; ++i) {
        if (scribble && view.dead(t, i)) view.obs[0].As<float>()[view.index(t + 1, i) * kPointSize] = 1e6f;
      }
    }
    for (std::uint64_t update = 0; update < 200; ++update) noveld->Train(AsBatch(view), Noise(1, "train").Sub(update));
    RolloutSlot same = PointRollout(3, 20, 4);
    const std::vector<float> last = Replayed(*noveld, same);
    double before = 0, after = 0;
    for (const std::int32_t row : LiveRows(view)) {
      before += static_cast<double>(first[static_cast<std::size_t>(row)]);
      after += static_cast<double>(last[static_cast<std::size_t>(row)]);
    }
    CHECK(after < 0.5 * before);
    return Saved(*noveld);
  };
  CHECK(run(false) == run(true));
}

TEST_CASE("noveld: bad keys are refused with the place", "[rewards][unit]") {
  CHECK_THROWS_WITH(MakePointReward("{type: noveld, alpha: -1}"), Contains("alpha"));
  CHECK_THROWS_WITH(MakePointReward("{type: noveld, mask: episodic}"), Contains("mask"));
  CHECK_THROWS_WITH(MakePointReward("{type: noveld, trunk: own}"), Contains("trunk"));
  CHECK_THROWS_WITH(MakePointReward("{type: noveld, encoder: {type: mpl}}"), Contains("encoder.type") && Contains("mpl"));
  CHECK_THROWS_WITH(MakePointReward("{type: noveld, encoder: {type: mlp}, inputs: [state]}"), Contains("inputs"));
}

}  // namespace
}  // namespace rove::testing
