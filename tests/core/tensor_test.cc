#include "core/tensor.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>

namespace rove {
namespace {

TEST_CASE("shape: counts, prints, and grows a leading dimension", "[core][unit]") {
  CHECK(Shape{}.count() == 1);
  CHECK(Shape{7, 0, 3}.count() == 0);
  CHECK(ToString(Shape{7, 7, 3}) == "[7, 7, 3]");
  CHECK(ToString(Shape{}) == "[]");
  CHECK(Shape{7, 3}.Prepend(5) == Shape{5, 7, 3});
  CHECK_FALSE(Shape{7} == Shape{7, 1});
}

TEST_CASE("tensor: starts at zero on a 64-byte line", "[core][unit]") {
  Tensor tensor(DType::kF64, {3, 5});
  CHECK(tensor.bytes() == 120);
  CHECK(reinterpret_cast<std::uintptr_t>(tensor.view().data) % 64 == 0);
  for (const double x : tensor.view().As<double>()) CHECK(x == 0);
  CHECK(Tensor().bytes() == 0);
  CHECK(Tensor(DType::kF32, {0, 4}).bytes() == 0);
}

TEST_CASE("tensor: a copy has the same numbers in memory of its own", "[core][unit]") {
  Tensor source(DType::kI32, {2, 2});
  source.view().As<std::int32_t>()[3] = 42;
  std::vector<Tensor> copies(64, source);  // at many addresses: none may shift the data
  source.view().As<std::int32_t>()[3] = 1;
  for (const Tensor& copy : copies) CHECK(copy.view().As<std::int32_t>()[3] == 42);
}

TEST_CASE("view: rows are a window on the same memory", "[core][unit]") {
  Tensor tensor(DType::kU8, {4, 2, 3});
  const TensorView rows = tensor.view().Rows(1, 2);
  CHECK(rows.shape == Shape{2, 2, 3});
  CHECK(rows.row_bytes() == 6);
  rows.As<std::uint8_t>()[7] = 9;  // row 2 of the whole, element 1
  CHECK(tensor.view().As<std::uint8_t>()[13] == 9);
  CHECK(ConstTensorView(tensor.view()).Rows(2, 1).As<std::uint8_t>()[1] == 9);
}

TEST_CASE("view: reading as another type throws and names both", "[core][unit]") {
  Tensor tensor(DType::kF32, {2});
  CHECK_THROWS_WITH(tensor.view().As<double>(), "tensor holds f32, read as f64");
  const Tensor& same = tensor;
  CHECK_THROWS_WITH(same.view().As<std::uint8_t>(), "tensor holds f32, read as u8");
}

TEST_CASE("spec: bounds for all elements or one each; choices only of a discrete scalar", "[core][unit]") {
  const TensorSpec all{.name = "a", .dtype = DType::kF32, .shape = {3}, .low = {-1}, .high = {2}};
  CHECK(all.low_of(2) == -1);
  CHECK(all.high_of(0) == 2);
  CHECK(all.row_bytes() == 12);
  CHECK(all.num_choices() == 0);
  const TensorSpec each{.name = "b", .dtype = DType::kF64, .shape = {2}, .low = {0, -3}, .high = {1, 4}};
  CHECK(each.low_of(1) == -3);
  CHECK(each.high_of(1) == 4);
  const TensorSpec discrete{.name = "c", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {6}};
  CHECK(discrete.num_choices() == 7);
  const std::vector<TensorSpec> specs{all, each};
  CHECK(FindColumn(specs, "b") == 1);
  CHECK(FindColumn(specs, "c") == -1);
}

}  // namespace
}  // namespace rove
