#include "nn/action_inputs.h"

#include <catch2/catch.hpp>
#include <vector>

namespace rove::nn {
namespace {

template <class T>
std::vector<float> Filled(DType dtype, std::vector<T> values) {
  const TensorSpec spec{.name = "action", .dtype = dtype, .shape = {2}, .low = {-1, 0}, .high = {1, 10}};
  const std::vector<std::int32_t> rows{1, 0};
  std::vector<float> out(4);
  ActionInputs(Config::Parse("{}"), spec).Fill({values.data(), dtype, {2, 2}}, rows, out.data(), 2);
  return out;
}

TEST_CASE("action inputs: bounded elements are scaled to [-1, 1], of either precision", "[nn][unit]") {
  const std::vector<float> expected{1, 0.5f, -0.25f, -1};  // row 1, then row 0
  CHECK(Filled<float>(DType::kF32, {-0.25f, 0, 1, 7.5f}) == expected);
  CHECK(Filled<double>(DType::kF64, {-0.25, 0, 1, 7.5}) == expected);
}

}  // namespace
}  // namespace rove::nn
