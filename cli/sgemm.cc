#include "cli/sgemm.h"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <sstream>
#include <vector>

namespace rove {
namespace {

constexpr int kSize = 256;

// C interfaces of the two libraries; both are looked up by name. Row-major and no transpose are 101 and 111 in CBLAS.
using CblasSgemm = void (*)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float* a, int lda,
                            const float* b, int ldb, float beta, float* c, int ldc);
using DnnlSgemm = int (*)(char trans_a, char trans_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const float* a,
                          std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c, std::int64_t ldc);
using Text = char* (*)();

template <class Function>
Function Find(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

// Best rate of about 0.1 s of calls: the best, because other processes only ever make it slower.
double Gflops(const std::function<void()>& multiply) {
  using Clock = std::chrono::steady_clock;
  multiply();
  double best_s = 1e9;
  for (const auto end = Clock::now() + std::chrono::milliseconds(100); Clock::now() < end;) {
    const auto begin = Clock::now();
    multiply();
    best_s = std::min(best_s, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return 2.0 * kSize * kSize * kSize / best_s * 1e-9;
}

}  // namespace

SgemmRates MeasureSgemm() {
  SgemmRates rates;
  const std::vector<float> a(kSize * kSize, 0.5f), b(kSize * kSize, 0.25f);
  std::vector<float> c(kSize * kSize);
  if (const auto config = Find<Text>("openblas_get_config")) {  // "OpenBLAS 0.3.21 NO_AFFINITY ..."
    std::istringstream words(config());
    words >> rates.openblas_version >> rates.openblas_version;
  }
  if (const auto sgemm = Find<CblasSgemm>("cblas_sgemm"); sgemm != nullptr && !rates.openblas_version.empty()) {
    rates.openblas_gflops =
        Gflops([&] { sgemm(101, 111, 111, kSize, kSize, kSize, 1, a.data(), kSize, b.data(), kSize, 0, c.data(), kSize); });
  }
  if (const auto sgemm = Find<DnnlSgemm>("dnnl_sgemm")) {
    rates.onednn_gflops =
        Gflops([&] { sgemm('N', 'N', kSize, kSize, kSize, 1, a.data(), kSize, b.data(), kSize, 0, c.data(), kSize); });
  }
  return rates;
}

}  // namespace rove
