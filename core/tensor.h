// Tensor views and specs: how every part of rove passes arrays without owning them.
// All arrays are row-major and contiguous. Letters in comments: n = environments, m = rows of one call, T = time, B = sampled
// rows. The structs are plain pointers and sizes, so that a C ABI can carry them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/error.h"

namespace rove {

enum class DType : std::uint8_t { kU8, kI32, kI64, kF32, kF64 };

constexpr std::size_t SizeOf(DType dtype) {
  constexpr std::size_t kSizes[] = {1, 4, 8, 4, 8};
  return kSizes[static_cast<int>(dtype)];
}
const char* Name(DType dtype);  // "u8", "i32", "i64", "f32", "f64"

template <class T>
constexpr DType DTypeOf() {
  using V = std::remove_const_t<T>;
  if constexpr (std::is_same_v<V, std::uint8_t>)
    return DType::kU8;
  else if constexpr (std::is_same_v<V, std::int32_t>)
    return DType::kI32;
  else if constexpr (std::is_same_v<V, std::int64_t>)
    return DType::kI64;
  else if constexpr (std::is_same_v<V, float>)
    return DType::kF32;
  else {
    static_assert(std::is_same_v<V, double>, "no DType for this type");
    return DType::kF64;
  }
}

struct Shape {
  std::array<std::int64_t, 6> dim{};
  int rank = 0;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims) {
    ROVE_CHECK_LE(dims.size(), std::size_t{6});
    for (auto d : dims) dim[static_cast<std::size_t>(rank++)] = d;
  }
  std::int64_t count() const {  // number of elements; 1 for rank 0
    std::int64_t product = 1;
    for (int i = 0; i < rank; ++i) product *= dim[static_cast<std::size_t>(i)];
    return product;
  }
  Shape Prepend(std::int64_t rows) const {  // [rows, dims...]; rank must be below 6
    ROVE_CHECK_LT(rank, 6);
    Shape out;
    out.rank = rank + 1;
    out.dim[0] = rows;
    for (int i = 0; i < rank; ++i) out.dim[static_cast<std::size_t>(i) + 1] = dim[static_cast<std::size_t>(i)];
    return out;
  }
  bool operator==(const Shape& other) const = default;
};
std::string ToString(const Shape& shape);  // "[7, 7, 3]"

// Privileged columns are stored, and seen by rewards and metrics; a policy sees one only if its config names it.
enum class Role : std::uint8_t { kPolicy, kPrivileged };

// One column of an environment or of an agent, without the leading [n].
struct TensorSpec {
  std::string name;
  DType dtype{};
  Shape shape;
  std::vector<double> low, high;  // inclusive bounds: none, one for all elements, or one per element
  Role role{};

  std::size_t row_bytes() const { return static_cast<std::size_t>(shape.count()) * SizeOf(dtype); }
  double low_of(std::int64_t element) const { return low.size() == 1 ? low[0] : low.at(static_cast<std::size_t>(element)); }
  double high_of(std::int64_t element) const { return high.size() == 1 ? high[0] : high.at(static_cast<std::size_t>(element)); }
  // Number of choices of a discrete column (i32 scalar with bounds 0..k-1), else 0.
  std::int64_t num_choices() const {
    return dtype == DType::kI32 && shape.count() == 1 && high.size() == 1 && low.size() == 1
               ? static_cast<std::int64_t>(high[0] - low[0]) + 1
               : 0;
  }
};

// Borrowed, contiguous, writable. The caller keeps the memory alive.
struct TensorView {
  void* data = nullptr;
  DType dtype{};
  Shape shape;

  std::size_t bytes() const { return static_cast<std::size_t>(shape.count()) * SizeOf(dtype); }
  std::size_t row_bytes() const { return shape.dim[0] == 0 ? 0 : bytes() / static_cast<std::size_t>(shape.dim[0]); }
  // Rows [begin, begin + rows) of the leading dimension.
  TensorView Rows(std::int64_t begin, std::int64_t rows) const {
    ROVE_DCHECK(shape.rank > 0 && begin >= 0 && rows >= 0 && begin + rows <= shape.dim[0]);
    TensorView out = *this;
    out.data = static_cast<std::byte*>(data) + static_cast<std::size_t>(begin) * row_bytes();
    out.shape.dim[0] = rows;
    return out;
  }
  // Throws Error(kSystem) on a wrong dtype.
  template <class T>
  std::span<T> As() const;
};

// The same, read only: every input.
struct ConstTensorView {
  const void* data = nullptr;
  DType dtype{};
  Shape shape;

  ConstTensorView() = default;
  ConstTensorView(const void* d, DType t, const Shape& s) : data(d), dtype(t), shape(s) {}
  ConstTensorView(const TensorView& v) : data(v.data), dtype(v.dtype), shape(v.shape) {}  // NOLINT: a view widens to const
  std::size_t bytes() const { return static_cast<std::size_t>(shape.count()) * SizeOf(dtype); }
  std::size_t row_bytes() const { return shape.dim[0] == 0 ? 0 : bytes() / static_cast<std::size_t>(shape.dim[0]); }
  ConstTensorView Rows(std::int64_t begin, std::int64_t rows) const {
    ROVE_DCHECK(shape.rank > 0 && begin >= 0 && rows >= 0 && begin + rows <= shape.dim[0]);
    ConstTensorView out = *this;
    out.data = static_cast<const std::byte*>(data) + static_cast<std::size_t>(begin) * row_bytes();
    out.shape.dim[0] = rows;
    return out;
  }
  template <class T>
  std::span<const T> As() const;
};

namespace internal {
[[noreturn]] void WrongDType(DType have, DType want);
}

template <class T>
std::span<T> TensorView::As() const {
  if (dtype != DTypeOf<T>()) internal::WrongDType(dtype, DTypeOf<T>());
  return {static_cast<T*>(data), static_cast<std::size_t>(shape.count())};
}
template <class T>
std::span<const T> ConstTensorView::As() const {
  if (dtype != DTypeOf<T>()) internal::WrongDType(dtype, DTypeOf<T>());
  return {static_cast<const T*>(data), static_cast<std::size_t>(shape.count())};
}

// Owns one zero-initialised, 64-byte aligned tensor: what slots, caches and tests allocate. Copies are deep.
class Tensor {
 public:
  Tensor() = default;  // no memory: bytes() is 0
  Tensor(DType dtype, const Shape& shape);
  TensorView view() { return {data(), dtype_, shape_}; }
  ConstTensorView view() const { return {data(), dtype_, shape_}; }
  std::size_t bytes() const { return storage_.empty() ? 0 : static_cast<std::size_t>(shape_.count()) * SizeOf(dtype_); }
  const Shape& shape() const { return shape_; }

 private:
  struct alignas(64) CacheLine {
    std::byte bytes[64];
  };
  void* data() const;
  DType dtype_{};
  Shape shape_;
  std::vector<CacheLine> storage_;
};

// Index of the column called `name`, or -1.
int FindColumn(std::span<const TensorSpec> specs, std::string_view name);

}  // namespace rove
