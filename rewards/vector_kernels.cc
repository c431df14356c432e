#include "rewards/vector_kernels.h"

#include <algorithm>

namespace rove {
namespace {

// Plain loops over lanes, which the compiler vectorises to the width of whoever they are inlined into.
[[gnu::always_inline]] inline void SquaredDistancesBody(const float* lanes, const float* x, std::size_t size, float* out) {
  float sum[kLanes] = {};
  for (std::size_t j = 0; j < size; ++j, lanes += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) {
      const float d = lanes[l] - x[j];
      sum[l] += d * d;
    }
  }
  std::copy_n(sum, kLanes, out);
}

[[gnu::always_inline]] inline void SymmetricTimesBody(const double* m, const double* x, std::size_t size, double* y) {
  std::fill_n(y, size, 0.0);
  for (std::size_t i = 0; i < size; ++i, m += size) {
    const double scale = x[i];
    for (std::size_t j = 0; j < size; ++j) y[j] += m[j] * scale;
  }
}

[[gnu::always_inline]] inline void SubtractOuterBody(double* m, const double* u, double scale, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i, m += size) {
    const double factor = scale * u[i];
    for (std::size_t j = 0; j < size; ++j) m[j] -= factor * u[j];
  }
}

struct Kernels {
  void (*squared_distances)(const float*, const float*, std::size_t, float*);
  void (*symmetric_times)(const double*, const double*, std::size_t, double*);
  void (*subtract_outer)(double*, const double*, double, std::size_t);
};

#define ROVE_KERNELS(name, target)                                                                                       \
  struct name {                                                                                                          \
    target static void A(const float* l, const float* x, std::size_t n, float* o) { SquaredDistancesBody(l, x, n, o); }  \
    target static void B(const double* m, const double* x, std::size_t n, double* y) { SymmetricTimesBody(m, x, n, y); } \
    target static void C(double* m, const double* u, double s, std::size_t n) { SubtractOuterBody(m, u, s, n); }         \
    static constexpr Kernels kAll{A, B, C};                                                                              \
  }

ROVE_KERNELS(Plain, );
#if defined(__x86_64__)
ROVE_KERNELS(Avx2, __attribute__((target("avx2"))));
ROVE_KERNELS(Avx512, __attribute__((target("avx512f,avx512vl,avx512dq,prefer-vector-width=512"))));
#endif
#undef ROVE_KERNELS

const Kernels& Best() {
#if defined(__x86_64__)
  static const Kernels& best = []() -> const Kernels& {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
      return Avx512::kAll;
    return __builtin_cpu_supports("avx2") ? Avx2::kAll : Plain::kAll;
  }();
  return best;
#else
  return Plain::kAll;
#endif
}

}  // namespace

void SquaredDistances(const float* lanes, const float* x, std::size_t size, float* out) {
  Best().squared_distances(lanes, x, size, out);
}
void SymmetricTimes(const double* m, const double* x, std::size_t size, double* y) { Best().symmetric_times(m, x, size, y); }
void SubtractOuter(double* m, const double* u, double scale, std::size_t size) { Best().subtract_outer(m, u, scale, size); }

}  // namespace rove
