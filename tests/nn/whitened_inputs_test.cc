#include "nn/whitened_inputs.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/archive.h"
#include "core/rng.h"

namespace rove::nn {
namespace {

std::vector<TensorSpec> Columns() {
  return {{.name = "a", .dtype = DType::kF32, .shape = {2}, .low = {}, .high = {}, .role = Role::kPolicy},
          {.name = "b", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {1}, .role = Role::kPolicy},
          {.name = "c", .dtype = DType::kF32, .shape = {}, .low = {}, .high = {}, .role = Role::kPrivileged}};
}

WhitenedInputs Make(const std::string& yaml = "{}") { return {Config::Parse(yaml), Columns()}; }

// Rows of width 4: small numbers, large ones, and a one-hot pair.
std::vector<float> Rows(int rows) {
  NoiseStream stream = Noise(1, "test").At(0, 0);
  std::vector<float> x;
  for (int row = 0; row < rows; ++row) {
    const bool one = stream.Below(4) == 0;
    x.insert(x.end(), {0.01f * stream.Normal(), 1e4f + 100 * stream.Normal(), one ? 0.0f : 1.0f, one ? 1.0f : 0.0f});
  }
  return x;
}

TEST_CASE("whitened inputs: each row by the mean and variance of all rows up to it", "[nn][unit]") {
  constexpr std::size_t kRows = 200, kWidth = 4;
  const std::vector<float> raw = Rows(kRows);
  std::vector<float> white = raw;
  WhitenedInputs inputs = Make();
  REQUIRE(inputs.size() == kWidth);
  for (std::size_t row = 0; row < kRows; ++row) inputs.Observe(white.data() + row * kWidth);
  CHECK(inputs.count() == kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t e = 0; e < kWidth; ++e) {
      double mean = 0, variance = 0;
      const auto n = static_cast<double>(row + 1);
      for (std::size_t k = 0; k <= row; ++k) mean += static_cast<double>(raw[k * kWidth + e]) / n;
      for (std::size_t k = 0; k <= row; ++k) variance += std::pow(static_cast<double>(raw[k * kWidth + e]) - mean, 2) / n;
      const double z = (static_cast<double>(raw[row * kWidth + e]) - mean) / std::sqrt(variance + 1e-8);
      CHECK(white[row * kWidth + e] == Approx(std::clamp(z, -5.0, 5.0)).margin(1e-5));  // 1e-5: rounding to float
    }
  }
}

TEST_CASE("whitened inputs: clip cuts both tails, and an element that never varied is 0", "[nn][unit]") {
  // 0 and 2 alternate in the first element: mean 1, std 1. The others are constant.
  WhitenedInputs inputs = Make("{clip: 1.5}");
  for (int k = 0; k < 100; ++k) {
    std::vector<float> row{k % 2 == 0 ? 0.0f : 2.0f, 3, 1, 0};
    inputs.Observe(row.data());
  }
  std::vector<float> rows{2.5f, 3, 1, 0, /**/ 100, 3, 1, 0, /**/ -100, 3, 1, 0};
  inputs.Whiten(rows.data(), 3, 4);
  CHECK(rows == std::vector<float>{1.5f, 0, 0, 0, 1.5f, 0, 0, 0, -1.5f, 0, 0, 0});
}

TEST_CASE("whitened inputs: restored moments go on bit for bit", "[nn][unit]") {
  std::vector<float> first = Rows(30), second = Rows(30);
  WhitenedInputs inputs = Make(), other = Make();
  for (std::size_t row = 0; row < 30; ++row) inputs.Observe(first.data() + 4 * row);
  Archive written;
  inputs.Serialize(written);
  Archive read(written.bytes(), "test");
  other.Serialize(read);
  read.ExpectEnd();
  std::vector<float> a = second, b = second;
  inputs.Whiten(a.data(), 30, 4);
  other.Whiten(b.data(), 30, 4);
  CHECK(a == b);
  inputs.Observe(a.data());
  other.Observe(b.data());
  CHECK(a == b);
}

TEST_CASE("whitened inputs: privileged columns only if they are named", "[nn][unit]") {
  CHECK(Make("{inputs: [c]}").size() == 1);
  CHECK_THROWS_WITH(Make("{inputs: [bb]}"), Catch::Contains("inputs") && Catch::Contains("\"bb\""));
  CHECK_THROWS_WITH(Make("{clip: 0}"), Catch::Contains("clip"));
}

TEST_CASE("whitened inputs: with an encoder rows are what it reads, whitened only if asked", "[nn][unit]") {
  const std::vector<TensorSpec> columns = Columns();
  const float a[] = {0.5f, 7, -1, 3};
  const std::int32_t b[] = {1, 0};
  const std::vector<ConstTensorView> obs{{a, DType::kF32, {2, 2}}, {b, DType::kI32, {2}}, {a, DType::kF32, {2}}};
  const std::vector<std::int32_t> rows{1, 0};
  const std::vector<float> raw{-1, 3, 1, 0, /**/ 0.5f, 7, 0, 1};
  for (const bool whiten : {false, true}) {
    WhitenedInputs inputs =
        Make(whiten ? "{encoder: {type: mlp, hidden: [5]}, whiten: true}" : "{encoder: {type: mlp, hidden: [5]}}");
    REQUIRE(inputs.size() == 4);
    std::vector<float> x(8);
    inputs.FillRaw(obs, rows, x.data(), 4);
    CHECK(x == raw);
    inputs.Add(x.data());
    inputs.Add(x.data() + 4);
    inputs.Rescale();
    CHECK(inputs.count() == 2);
    inputs.Whiten(x.data(), 2, 4);
    CHECK((x == raw) == !whiten);
    if (whiten) CHECK(x[0] == Approx(-1));  // of two values each is one std from the mean
    ParamLayout layout;
    CHECK(inputs.net_input().encoder(&layout)->features() == 5);
    CHECK(layout.size() == 4 * 5 + 5);
  }
  CHECK_FALSE(Make().net_input().encoder);
}

}  // namespace
}  // namespace rove::nn
