// LegacyRandom against numpy 2.4.6 (values printed by numpy.random.RandomState; 1.24.2 gives the same).
#include "core/legacy_random.h"

#include <catch2/catch.hpp>
#include <numbers>
#include <vector>

#include "core/archive.h"

namespace rove {
namespace {

LegacyRandom Seeded(std::uint64_t seed) {
  LegacyRandom random;
  random.Reseed(seed);
  return random;
}

std::vector<std::uint32_t> Words(LegacyRandom random, int count) {
  std::vector<std::uint32_t> words;
  for (int i = 0; i < count; ++i) words.push_back(random.Next32());
  return words;
}

TEST_CASE("words are RandomState's, with number seeds and, above 32 bits, with the seed's two words", "[core][golden]") {
  CHECK(Words(Seeded(42), 4) == std::vector<std::uint32_t>{1608637542, 3421126067, 4083286876, 787846414});
  CHECK(Words(Seeded(42), 1000).back() == 1946654618);  // beyond the first 624
  CHECK(Words(Seeded(0xffffffff), 2) == std::vector<std::uint32_t>{419326371, 479346978});
  CHECK(Words(Seeded(0x100000000), 3) == std::vector<std::uint32_t>{485306839, 1508871100, 1794561286});
  CHECK(Words(Seeded(0x0123456789abcdef), 3) == std::vector<std::uint32_t>{3851240871, 1496727489, 1688815724});
}

TEST_CASE("rand, uniform and randn are RandomState's", "[core][golden]") {
  LegacyRandom random = Seeded(42);
  for (const double want : {.3745401188473625, .9507143064099162, .7319939418114051}) CHECK(random.Uniform() == want);
  random.Reseed(42);
  CHECK(random.Uniform(-std::numbers::pi, std::numbers::pi) == -.788287681898749);
  random.Reseed(42);
  for (const double want : {.4967141530112327, -.13826430117118466, .6476885381006925}) CHECK(random.Normal() == want);
}

TEST_CASE("the second of a pair of normals waits through other draws, and a seed drops it", "[core][golden]") {
  LegacyRandom random = Seeded(42);
  for (int i = 0; i < 1000; ++i) random.Next32();
  CHECK(random.Normal() == .34175597577715944);
  CHECK(random.Uniform() == .30952761628632774);
  CHECK(random.Normal() == 1.8761708392158862);  // of the pair before
  CHECK(random.Normal() == .571347510326788);
  random.Reseed(42);
  CHECK(random.Normal() == .4967141530112327);
}

TEST_CASE("100,001 normals stay in step", "[core][golden]") {
  LegacyRandom random = Seeded(7);
  for (int i = 0; i < 99999; ++i) random.Normal();
  CHECK(random.Normal() == .492573295122291);
  CHECK(random.Normal() == -.040355389114829734);
  CHECK(random.Uniform(-3, 5) == -1.4876778927983052);
}

TEST_CASE("a stored stream goes on with the kept normal", "[core][unit]") {
  LegacyRandom random = Seeded(42), copy;
  random.Normal();
  Archive stored;
  random.Serialize(stored);
  Archive read(stored.bytes(), "test");
  copy.Serialize(read);
  CHECK(copy.Normal() == -.13826430117118466);
  CHECK(copy.Normal() == .6476885381006925);
}

}  // namespace
}  // namespace rove
