#include "core/tensor.h"

#include <string_view>

namespace rove {

const char* Name(DType dtype) {
  constexpr const char* kNames[] = {"u8", "i32", "i64", "f32", "f64"};
  return kNames[static_cast<int>(dtype)];
}

std::string ToString(const Shape& shape) {
  std::string out = "[";
  for (int i = 0; i < shape.rank; ++i) out += (i ? ", " : "") + std::to_string(shape.dim[static_cast<std::size_t>(i)]);
  return out + "]";
}

void internal::WrongDType(DType have, DType want) {
  throw SystemError(std::string("tensor holds ") + Name(have) + ", read as " + Name(want));
}

Tensor::Tensor(DType dtype, const Shape& shape)
    : dtype_(dtype),
      shape_(shape),
      storage_((static_cast<std::size_t>(shape.count()) * SizeOf(dtype) + sizeof(CacheLine) - 1) / sizeof(CacheLine)) {}

void* Tensor::data() const {
  return const_cast<CacheLine*>(storage_.data());  // constness is restored by the view's type
}

int FindColumn(std::span<const TensorSpec> specs, std::string_view name) {
  for (std::size_t i = 0; i < specs.size(); ++i)
    if (specs[i].name == name) return static_cast<int>(i);
  return -1;
}

}  // namespace rove
