#include "nn/random_distillation.h"

#include <catch2/catch.hpp>

#include "core/archive.h"
#include "core/parallel.h"
#include "tests/nn/plain_net.h"

namespace rove::nn::testing {
namespace {

DistillationOptions Small() { return {.target = {4}, .predictor = {5, 4}, .features = 2, .learning_rate = 0.01f}; }

double PlainError(const Doubles& target, const Doubles& predictor, const Doubles& x) {
  const Doubles f = PlainStack{{3, 4, 2}}(target, x), g = PlainStack{{3, 5, 4, 2}}(predictor, x);
  return ((g[0] - f[0]) * (g[0] - f[0]) + (g[1] - f[1]) * (g[1] - f[1])) / 2;
}

std::vector<float> Errors(const RandomDistillation& net, const std::vector<float>& x, std::size_t width) {
  std::vector<float> error(x.size() / width);
  net.Errors(x, error);
  return error;
}

std::string Saved(RandomDistillation& net) {
  Archive ar;
  net.Serialize(ar);
  return ar.bytes();
}

// The reference's gradients are central differences in double, so this holds the closed-form backward pass, the cut into shards
// and tiles (130 rows: two shards of 65, each a tile and one row) and Adam's use against three independent formulas.
TEST_CASE("random distillation: errors, before and after three steps, are a plain network's with numeric gradients",
          "[nn][unit]") {
  constexpr Seed kSeed = 7;
  RandomDistillation net(Small(), {3, {}}, kSeed);
  const Doubles target = InitialParams({{3, 4}, {4, 2}}, DeriveSeed(kSeed, "rnd.target", 0));
  Doubles predictor = InitialParams({{3, 5}, {5, 4}, {4, 2}}, DeriveSeed(kSeed, "rnd.predictor", 0));
  PlainAdam adam(predictor.size(), 0.01);
  const std::vector<float> shown = NormalRows(3 * 70, 99);
  for (std::uint64_t step = 0; step <= 3; ++step) {
    const std::vector<float> errors = Errors(net, shown, 3);
    // 1e-5: float's 6e-8 through some 20 additions of order 1, and a gradient's sign is never in doubt
    for (std::size_t row = 0; row < 70; ++row) {
      CHECK(errors[row] == Approx(PlainError(target, predictor, Row(shown, row, 3))).margin(1e-5));
    }
    const std::vector<float> batch = NormalRows(3 * 130, step);
    const auto loss = [&](const Doubles& params) {
      double sum = 0;
      for (std::size_t row = 0; row < 130; ++row) sum += PlainError(target, params, Row(batch, row, 3));
      return sum / 130;
    };
    CHECK(net.Train(batch) == Approx(loss(predictor)).epsilon(1e-5));
    adam.Step(Gradient(loss, predictor), &predictor);
  }
}

NetInput ThroughMlp() {
  const std::vector<TensorSpec> obs{{.name = "x", .dtype = DType::kF32, .shape = {3}, .low = {}, .high = {}, .role = {}}};
  return {.width = 3, .encoder = [obs](ParamLayout* layout) {
            return Encoders().Create(Config::Parse("{type: mlp, hidden: [5], activation: relu}"), {.obs = obs, .layout = layout});
          }};
}

TEST_CASE("random distillation: trained on the norm behind a frozen encoder, as NovelD does, it is a plain one", "[nn][unit]") {
  constexpr Seed kSeed = 8;
  DistillationOptions options = Small();
  options.loss = DistillationOptions::Loss::kNorm;
  options.trunk = DistillationOptions::Trunk::kFrozen;
  RandomDistillation net(options, ThroughMlp(), kSeed);
  const Doubles trunk = InitialParams({{3, 5}}, DeriveSeed(kSeed, "rnd.trunk", 0));
  const Doubles target = InitialParams({{5, 4}, {4, 2}}, DeriveSeed(kSeed, "rnd.target", 0));
  Doubles predictor = InitialParams({{5, 5}, {5, 4}, {4, 2}}, DeriveSeed(kSeed, "rnd.predictor", 0));
  const auto norm = [&](const Doubles& params, const Doubles& x) {
    const Doubles e = PlainStack{{3, 5}}(trunk, x, /*last_relu=*/true);
    const Doubles f = PlainStack{{5, 4, 2}}(target, e), g = PlainStack{{5, 5, 4, 2}}(params, e);
    return std::hypot(g[0] - f[0], g[1] - f[1]);
  };
  PlainAdam adam(predictor.size(), 0.01);
  const std::vector<float> shown = NormalRows(3 * 70, 99);
  for (std::uint64_t step = 0; step <= 3; ++step) {
    std::vector<float> norms(70);
    net.Norms(shown, norms);
    for (std::size_t row = 0; row < 70; ++row) CHECK(norms[row] == Approx(norm(predictor, Row(shown, row, 3))).margin(1e-5));
    const std::vector<float> batch = NormalRows(3 * 130, step);
    const auto loss = [&](const Doubles& params) {
      double sum = 0;
      for (std::size_t row = 0; row < 130; ++row) sum += norm(params, Row(batch, row, 3));
      return sum / 130;
    };
    CHECK(net.Train(batch) == Approx(loss(predictor)).epsilon(1e-5));
    adam.Step(Gradient(loss, predictor), &predictor);
  }
}

TEST_CASE("random distillation: an encoder of its own is part of the target and learns in the predictor", "[nn][unit]") {
  constexpr Seed kSeed = 9;
  DistillationOptions options = Small();
  options.predictor = {4};
  RandomDistillation net(options, ThroughMlp(), kSeed);
  const Doubles target = InitialParams({{3, 5}, {5, 4}, {4, 2}}, DeriveSeed(kSeed, "rnd.target", 0));
  Doubles predictor = InitialParams({{3, 5}, {5, 4}, {4, 2}}, DeriveSeed(kSeed, "rnd.predictor", 0));
  const auto error = [&](const Doubles& params, const Doubles& x) {
    const Doubles f = PlainStack{{3, 5, 4, 2}}(target, x), g = PlainStack{{3, 5, 4, 2}}(params, x);
    return ((g[0] - f[0]) * (g[0] - f[0]) + (g[1] - f[1]) * (g[1] - f[1])) / 2;
  };
  const std::vector<float> batch = NormalRows(3 * 130, 1);
  const auto loss = [&](const Doubles& params) {
    double sum = 0;
    for (std::size_t row = 0; row < 130; ++row) sum += error(params, Row(batch, row, 3));
    return sum / 130;
  };
  PlainAdam adam(predictor.size(), 0.01);
  CHECK(net.Train(batch) == Approx(loss(predictor)).epsilon(1e-5));
  adam.Step(Gradient(loss, predictor), &predictor);
  const std::vector<float> errors = Errors(net, batch, 3);
  for (std::size_t row = 0; row < 70; ++row) CHECK(errors[row] == Approx(error(predictor, Row(batch, row, 3))).margin(1e-5));
}

TEST_CASE("random distillation: what it was trained on becomes known, what it was not stays new", "[nn][unit]") {
  RandomDistillation net({.target = {32}, .predictor = {32}, .features = 16, .learning_rate = 1e-3f}, {4, {}}, 1);
  const std::vector<float> known{1, 0, 0, 1}, other{0, 1, -1, 0};
  const float known_before = Errors(net, known, 4)[0], other_before = Errors(net, other, 4)[0];
  for (int step = 0; step < 300; ++step) net.Train(known);
  CHECK(Errors(net, known, 4)[0] < 0.01f * known_before);
  CHECK(Errors(net, other, 4)[0] > 0.2f * other_before);
}

TEST_CASE("random distillation: 1, 2 and 3 threads and a restore give the same bytes", "[nn][threads]") {
  const auto train = [](int threads, bool restore) {
    SetThreads(threads);
    RandomDistillation net(Small(), {3, {}}, 1), other(Small(), {3, {}}, 2);
    net.Train(NormalRows(3 * 200, 0));
    if (restore) {
      Archive ar(Saved(net), "test");
      other.Serialize(ar);
      ar.ExpectEnd();
    }
    RandomDistillation& rest = restore ? other : net;
    rest.Train(NormalRows(3 * 200, 1));
    const std::vector<float> errors = Errors(rest, NormalRows(3 * 200, 2), 3);
    SetThreads(2);
    return std::pair(Saved(rest), errors);
  };
  const auto one = train(1, false);
  CHECK(train(2, false) == one);
  CHECK(train(3, false) == one);
  CHECK(train(2, true) == one);
}

TEST_CASE("random distillation: no row, no step", "[nn][unit]") {
  RandomDistillation net(Small(), {3, {}}, 1);
  const std::string before = Saved(net);
  CHECK(net.Train({}) == 0);
  CHECK(Saved(net) == before);
}

}  // namespace
}  // namespace rove::nn::testing
