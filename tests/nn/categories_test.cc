#include "nn/categories.h"

#include <catch2/catch.hpp>

namespace rove::nn {
namespace {

using Catch::Matchers::Contains;

std::vector<TensorSpec> Columns() {
  return {{.name = "image", .dtype = DType::kU8, .shape = {1, 1, 3}, .low = {0}, .high = {10}, .role = Role::kPolicy},
          {.name = "speed", .dtype = DType::kF32, .shape = {}, .low = {}, .high = {}, .role = Role::kPolicy},
          {.name = "place", .dtype = DType::kI32, .shape = {2}, .low = {-1}, .high = {1}, .role = Role::kPolicy}};
}
TensorSpec Action(DType dtype) { return {.name = "action", .dtype = dtype, .shape = {}, .low = {0}, .high = {1}, .role = {}}; }

TEST_CASE("categories: numbers less their lower bounds, then one-hot groups; a code out of range sets nothing", "[nn][unit]") {
  const Categories categories(Config::Parse("{}"), Columns(), Action(DType::kI32));
  const std::vector<std::int64_t> groups(categories.groups().begin(), categories.groups().end());
  CHECK(groups == std::vector<std::int64_t>{11, 6, 4, 3, 3, 2});  // `speed` is left out
  REQUIRE(categories.width() == 29);
  const std::uint8_t image[] = {0, 0, 0, 10, 6, 3};
  const std::int32_t place[] = {0, 0, -1, 1}, action[] = {0, 1};
  const std::vector<ConstTensorView> obs{{image, DType::kU8, {2, 1, 1, 3}}, {}, {place, DType::kI32, {2, 2}}};
  const std::vector<std::int32_t> rows{1};
  std::vector<float> numbers(6);
  categories.Fill(obs, {action, DType::kI32, {2}}, rows, numbers.data());
  CHECK(numbers == std::vector<float>{10, 6, 3, 0, 2, 1});
  std::vector<float> expected(29);
  for (const std::size_t at : {10, 11 + 6 + 3, 21 + 0, 24 + 2, 27 + 1}) expected[at] = 1;  // colour 6 is none
  CHECK(categories.OneHot(numbers) == expected);
}

TEST_CASE("categories: what has none is refused with the place", "[nn][unit]") {
  CHECK_THROWS_WITH(Categories(Config::Parse("{inputs: [speed]}"), Columns(), Action(DType::kI32)), Contains("speed"));
  CHECK_THROWS_WITH(Categories(Config::Parse("{}"), Columns(), Action(DType::kF32)), Contains("action"));
  const std::vector<TensorSpec> none{Columns()[1]};
  CHECK_THROWS_WITH(Categories(Config::Parse("{}"), none, Action(DType::kI32)), Contains("categorical needs"));
}

}  // namespace
}  // namespace rove::nn
