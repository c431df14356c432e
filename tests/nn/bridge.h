// The bridge between rove's views and LibTorch tensors: memory is shared, never copied, and stays the caller's.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>

#include <vector>

#include "core/tensor.h"

namespace rove::nn {

inline at::ScalarType ToScalarType(DType dtype) {
  constexpr at::ScalarType kTypes[] = {at::kByte, at::kInt, at::kLong, at::kFloat, at::kDouble};
  return kTypes[static_cast<int>(dtype)];
}

inline at::Tensor AsTensor(const TensorView& view) {
  return at::from_blob(view.data, at::IntArrayRef(view.shape.dim.data(), static_cast<std::size_t>(view.shape.rank)),
                       ToScalarType(view.dtype));
}

// tensor: contiguous, on the CPU, of a dtype that rove has, rank at most 6; else aborts.
inline TensorView AsView(const at::Tensor& tensor) {
  ROVE_CHECK(tensor.is_contiguous() && tensor.device().is_cpu());
  for (const DType dtype : {DType::kU8, DType::kI32, DType::kI64, DType::kF32, DType::kF64}) {
    if (ToScalarType(dtype) != tensor.scalar_type()) continue;
    TensorView view{tensor.data_ptr(), dtype, {}};
    view.shape.rank = static_cast<int>(tensor.dim());
    ROVE_CHECK_LE(view.shape.rank, 6);
    for (int i = 0; i < view.shape.rank; ++i) view.shape.dim[static_cast<std::size_t>(i)] = tensor.size(i);
    return view;
  }
  ROVE_CHECK(false);
}

}  // namespace rove::nn
