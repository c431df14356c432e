#include "nn/train_step.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "core/archive.h"
#include "core/error.h"
#include "core/parallel.h"

namespace rove::nn {
namespace {

ParamLayout OneVector(std::int64_t size) {
  ParamLayout layout;
  layout.AddBias("b", size);
  return layout;
}

// Adds `gradient` to the first parameter's .grad on shard 0.
auto OnShardZero(std::vector<float> gradient) {
  return [gradient](int shard, const Params& params) {
    if (shard != 0) return;
    float* grad = params[0].grad().data_ptr<float>();
    for (std::size_t i = 0; i < gradient.size(); ++i) grad[i] += gradient[i];
  };
}

TEST_CASE("Adam: two steps from zero, worked by hand", "[nn][unit]") {
  // g = 3, 1; lr 0.1, beta 0.9 and 0.99, epsilon 0.5.
  // Step 1: m = 0.3, v = 0.09, corrected 3 and 9: x = -0.1 * 3 / (3 + 0.5) = -0.0857142857
  // Step 2: m = 0.37, v = 0.0991; corrected 0.37 / 0.19 = 1.9473684, 0.0991 / 0.0199 = 4.9798995, root 2.2315688:
  //         x -= 0.1 * 1.9473684 / 2.7315688 = 0.0712912
  TrainStep step(OneVector(1), 1, 2, {.epsilon = 0.5f, .beta1 = 0.9f, .beta2 = 0.99f, .max_grad_norm = 0});
  CHECK(step.Step(0.1f, OnShardZero({3})) == 3.0f);
  CHECK(step.values()[0] == Approx(-0.0857142857).epsilon(1e-5));
  step.Step(0.1f, OnShardZero({1}));
  CHECK(step.values()[0] == Approx(-0.0857142857 - 0.0712912).epsilon(1e-5));
}

TEST_CASE("RMSProp: one step from zero, worked by hand", "[nn][unit]") {
  // g = 2, decay 0.9, epsilon 0.1: v = 0.4, root 0.6324555, x = -0.1 * 2 / 0.7324555 = -0.2730541
  TrainStep step(OneVector(1), 1, 1,
                 {.type = OptimizerOptions::Type::kRmsProp, .epsilon = 0.1f, .decay = 0.9f, .max_grad_norm = 0});
  step.Step(0.1f, OnShardZero({2}));
  CHECK(step.values()[0] == Approx(-0.2730541).epsilon(1e-5));
}

TEST_CASE("Clipping scales the whole gradient to the norm and reports the norm before", "[nn][unit]") {
  // (3, 4) clipped to 0.5 is (0.3, 0.4). RMSProp with decay 0 and a huge epsilon is plain descent times lr / epsilon.
  const OptimizerOptions options{.type = OptimizerOptions::Type::kRmsProp, .epsilon = 1e6f, .decay = 0, .max_grad_norm = 0.5f};
  TrainStep step(OneVector(2), 1, 1, options);
  CHECK(step.Step(1e6f, OnShardZero({3, 4})) == 5.0f);
  CHECK(step.values()[0] == Approx(-0.3).epsilon(1e-5));
  CHECK(step.values()[1] == Approx(-0.4).epsilon(1e-5));
  CHECK(step.Step(1e6f, OnShardZero({0.1f, 0})) == Approx(0.1));  // below the limit: as it is
  CHECK(step.values()[0] == Approx(-0.4).epsilon(1e-5));
}

TEST_CASE("Shards are summed in order, whatever the number of threads", "[nn][unit][threads]") {
  // 1e8 + 1 - 1e8 is 0 in this order and 1 in another; the norm of the sum tells which.
  constexpr float kParts[] = {1e8f, 1.0f, -1e8f, 3.0f};
  for (const int threads : {1, 2, 3, 5}) {
    SetThreads(threads);
    TrainStep step(OneVector(1), 1, 4, {});
    const float norm =
        step.Step(0.1f, [&](int shard, const Params& params) { params[0].grad().data_ptr<float>()[0] += kParts[shard]; });
    CHECK(norm == 3.0f);
  }
}

TEST_CASE("A gradient that is not finite stops the run and leaves the parameters", "[nn][unit]") {
  TrainStep step(OneVector(1), 1, 1, {});
  CHECK_THROWS_WITH(step.Step(0.1f, OnShardZero({std::numeric_limits<float>::quiet_NaN()})),
                    Catch::Contains("gradient of step 1 is not finite; lower learning_rate"));
  CHECK(step.values()[0] == 0);
}

TEST_CASE("A restored TrainStep goes on bit for bit", "[nn][unit]") {
  const auto run = [](TrainStep& step) { step.Step(0.01f, OnShardZero({0.3f, -0.7f})); };
  TrainStep whole(OneVector(2), 1, 1, {}), again(OneVector(2), 1, 1, {});
  run(whole);
  Archive saved;
  whole.Serialize(saved);
  Archive loaded(saved.bytes(), "test");
  again.Serialize(loaded);
  loaded.ExpectEnd();
  run(whole);
  run(again);
  CHECK(std::ranges::equal(whole.values(), again.values()));
}

TEST_CASE("Start weights are orthogonal, scaled by the gain, and a function of the seed", "[nn][unit]") {
  for (const auto& [rows, cols] : {std::pair{12, 5}, std::pair{5, 12}}) {
    ParamLayout layout;
    layout.AddWeight("w", rows, cols, 2.0f);
    layout.AddBias("b", 3);
    const std::vector<float> w = layout.Initial(7);
    CHECK(std::all_of(w.end() - 3, w.end(), [](float x) { return x == 0; }));
    const int k = std::min(rows, cols), n = std::max(rows, cols);
    const auto at = [&](int i, int j) { return w[static_cast<std::size_t>(rows > cols ? j * cols + i : i * cols + j)]; };
    for (int a = 0; a < k; ++a) {
      for (int b = 0; b < k; ++b) {
        float dot = 0;
        for (int j = 0; j < n; ++j) dot += at(a, j) * at(b, j);
        CHECK(dot == Approx(a == b ? 4.0 : 0.0).margin(1e-5));
      }
    }
    CHECK(w == layout.Initial(7));
    CHECK(w != layout.Initial(8));
  }
}

}  // namespace
}  // namespace rove::nn
