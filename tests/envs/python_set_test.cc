// PythonSet against orders recorded from CPython 3.11.7 (3.10.13, 3.12.1 and 3.13.0 give the same).
#include "envs/minigrid/python_set.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/file.h"

namespace rove::minigrid {
namespace {

using Pairs = std::vector<std::pair<int, int>>;

Spot Key(int i) {  // all different for i below 98 * 98
  const int k = i * 7919 % (98 * 98);
  return ToSpot({k / 98, k % 98});
}
Pairs Order(const PythonSet& set) {
  Pairs order;
  set.ForEach([&](Spot spot) { order.emplace_back(spot.x, spot.y); });
  return order;
}

TEST_CASE("a pair's hash is CPython's", "[envs][unit]") {
  CHECK(PythonHash({0, 0}) == 0x8a9ea73517b2b067);  // hash((0, 0)) & 0xffffffffffffffff
  CHECK(PythonHash({0, 1}) == 0xe4ee6fff010317c0);
  CHECK(PythonHash({1, 0}) == 0xb85393c9d3aa9b18);
  CHECK(PythonHash({22, 13}) == 0xe511f9032b059131);
}

TEST_CASE("a small set is iterated as CPython does, and holds each pair once", "[envs][unit]") {
  PythonSet set;
  for (const Spot spot : {Spot{0, 0}, {80, 79}, {63, 60}, {46, 41}, {29, 22}, {12, 3}}) CHECK(set.Add(spot));
  CHECK_FALSE(set.Add({46, 41}));
  CHECK(set.size() == 6);
  CHECK(Order(set) == Pairs{{0, 0}, {63, 60}, {12, 3}, {29, 22}, {46, 41}, {80, 79}});
  set.Clear();
  CHECK(set.size() == 0);
  CHECK(set.Add({46, 41}));
  CHECK(Order(set) == Pairs{{46, 41}});
}

TEST_CASE("a set that grows is iterated as CPython does, right before and after each time it grows", "[envs][unit]") {
  struct Recorded {
    int size;
    std::uint32_t crc;  // Python: zlib.crc32(bytes(c for pair in pairs for c in pair))
  };
  for (const Recorded& r : {Recorded{4, 0x80efe02e},
                            {5, 0xabe531d1},
                            {18, 0x31e6fad3},
                            {19, 0x8e5ef674},
                            {76, 0x132ff348},
                            {77, 0x7c56dac0},
                            {306, 0x287cea23},
                            {307, 0x83c4a0a5},
                            {1228, 0x22a9b214},
                            {1229, 0xbc7eb19f},
                            {4914, 0xa541740f}}) {
    INFO(r.size);
    PythonSet set;
    for (int i = 0; i < r.size; ++i) set.Add(Key(i));
    std::string bytes;
    for (const auto& [x, y] : Order(set)) bytes += {static_cast<char>(x), static_cast<char>(y)};
    CHECK(Crc32(bytes) == r.crc);
  }
}

}  // namespace
}  // namespace rove::minigrid
