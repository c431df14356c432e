// The loops below e3b, ngu and re3, which need no torch.
#include "rewards/vector_kernels.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/archive.h"
#include "core/rng.h"
#include "rewards/neighbour_memory.h"

namespace rove::testing {
namespace {

std::vector<float> Normals(std::size_t count, std::uint64_t number) {
  NoiseStream stream = Noise(1, "normals").At(number, 0);
  std::vector<float> x(count);
  for (float& v : x) v = stream.Normal();
  return x;
}

TEST_CASE("vector kernels: the bits of plain loops in the stated order", "[rewards][unit]") {
  for (const std::size_t size : {1, 7, 16, 33}) {
    const std::vector<float> lanes = Normals(size * kLanes, size), x = Normals(size, 100);
    std::vector<float> out(kLanes);
    SquaredDistances(lanes.data(), x.data(), size, out.data());
    for (std::size_t l = 0; l < kLanes; ++l) {
      volatile float sum = 0;  // one rounding an operation
      for (std::size_t j = 0; j < size; ++j) {
        volatile float d = lanes[j * kLanes + l] - x[j];
        volatile float square = d * d;
        sum = sum + square;
      }
      const float expected = sum;
      CHECK(out[l] == expected);
    }
    std::vector<double> m(size * size), u(size), y(size);
    for (std::size_t r = 0; r < size; ++r) {
      u[r] = static_cast<double>(x[r]);
      for (std::size_t c = 0; c < size; ++c) m[r * size + c] = static_cast<double>(lanes[r] + lanes[c]);
    }
    std::vector<double> after = m;
    SymmetricTimes(m.data(), u.data(), size, y.data());
    SubtractOuter(after.data(), u.data(), 0.7, size);
    for (std::size_t c = 0; c < size; ++c) {
      volatile double sum = 0;
      for (std::size_t r = 0; r < size; ++r) {
        volatile double product = m[r * size + c] * u[r], factor = 0.7 * u[r], step = factor * u[c];
        sum = sum + product;
        const double expected = m[r * size + c] - step;
        CHECK(after[r * size + c] == expected);
      }
      const double expected = sum;
      CHECK(y[c] == expected);
    }
  }
}

TEST_CASE("neighbour memory: the nearest of any window, through drops, clears and a restore", "[rewards][unit]") {
  constexpr std::size_t kWidth = 5, kRows = 300;
  const std::vector<float> rows = Normals(kWidth * kRows, 1), queries = Normals(kWidth * 20, 2);
  const auto row_at = [&](std::size_t k) { return std::span(rows).subspan(k * kWidth, kWidth); };
  NeighbourMemory memory(kWidth);
  memory.Add(row_at(7));
  memory.Clear();
  for (std::size_t k = 0; k < kRows; ++k) memory.Add(row_at(k));
  memory.DropBefore(130);
  Archive written;
  memory.Serialize(written);
  NeighbourMemory restored(kWidth);
  restored.Add(row_at(0));
  Archive read(written.bytes(), "test");
  restored.Serialize(read);
  read.ExpectEnd();
  const std::pair<std::size_t, std::size_t> windows[] = {{130, 300}, {128, 129}, {191, 193}, {200, 200}, {150, 260}};
  for (const auto& [first, last] : windows) {
    for (std::size_t q = 0; q < 20; ++q) {
      const auto query = std::span(queries).subspan(q * kWidth, kWidth);
      std::vector<float> all;
      for (std::size_t k = first; k < last; ++k) {
        float sum = 0;
        for (std::size_t j = 0; j < kWidth; ++j) sum += (row_at(k)[j] - query[j]) * (row_at(k)[j] - query[j]);
        all.push_back(sum);
      }
      std::ranges::sort(all);
      all.resize(std::min<std::size_t>(all.size(), 4));
      for (const NeighbourMemory* each : {&memory, &restored}) {
        std::vector<float> out(4);
        out.resize(each->Nearest(query, first, last, out));
        CHECK(out == all);
      }
    }
  }
}

}  // namespace
}  // namespace rove::testing
