// Inner loops of the episodic memories, in AVX2 or AVX-512 where the processor has it. Each element is one chain of the same
// operations in the same order, so every path gives the same bits.
#pragma once

#include <cstddef>

namespace rove {

inline constexpr std::size_t kLanes = 64;

// out[l] = sum over j of (lanes[j * kLanes + l] - x[j])^2, j ascending, l < kLanes. lanes: [size, kLanes]; x: [size].
void SquaredDistances(const float* lanes, const float* x, std::size_t size, float* out);

// y = M x for a symmetric matrix. m: [size, size]; x, y: [size], apart. Sums run over rows, ascending.
void SymmetricTimes(const double* m, const double* x, std::size_t size, double* y);

// M -= scale * u u^T. m: [size, size]; u: [size].
void SubtractOuter(double* m, const double* u, double scale, std::size_t size);

}  // namespace rove
