// How fast this process multiplies matrices: shows a BLAS library that chose the wrong kernel.
#pragma once

#include <optional>
#include <string>

namespace rove {

struct SgemmRates {
  std::string openblas_version;           // "0.3.21"; empty if OpenBLAS is not loaded
  std::optional<double> openblas_gflops;  // none: the library is not loaded
  std::optional<double> onednn_gflops;
};

// 256 x 256 x 256 single-precision products on one thread, best of several; takes about 0.2 s. Looks the two libraries up in the
// running process, so it measures what LibTorch would call, and needs neither to build.
SgemmRates MeasureSgemm();

}  // namespace rove
