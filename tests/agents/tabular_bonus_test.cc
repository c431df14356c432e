// Bonuses of agents/tabular against numbers worked by hand, and the identities of MADE's tabular form.
#include <catch2/catch.hpp>
#include <cmath>
#include <deque>
#include <map>
#include <random>

#include "agents/tabular.h"
#include "core/archive.h"

namespace rove::tabular {
namespace {

using Pair = std::pair<int, int>;

std::unique_ptr<Bonus> Make(const std::string& yaml, const BonusDeps& deps = {.states = 5, .actions = 2, .value_max = 4}) {
  return Bonuses().Create(Config::Parse(yaml), deps);
}

std::vector<Pair> RandomVisits(int count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Pair> visits;
  for (int i = 0; i < count; ++i) visits.emplace_back(random() % 5, random() % 2);
  return visits;
}

TEST_CASE("the formulas, by hand", "[agents][unit]") {
  // Four visits of (1, 0) and one of (2, 1): T = 5, S A = 10, iota = log 50.
  const double iota = std::log(50.0);
  const std::map<std::string, std::array<double, 3>> expected = {
      // N = 4, N = 1, never visited (N = 1 in the formulas)
      {"{type: none}", {0, 0, 0}},
      {"{type: count, c: 3}", {1.5, 3, 3}},
      {"{type: hoeffding, c: 3}", {1.5 * std::sqrt(iota), 3 * std::sqrt(iota), 3 * std::sqrt(iota)}},
      // variance 9, value_max 4: 3 (sqrt(9 iota / 4) + 0.5 * 4 iota / 4)
      {"{type: bernstein, c: 3, lower_order: 0.5}",
       {3 * (1.5 * std::sqrt(iota) + 0.5 * iota), 3 * (3 * std::sqrt(iota) + 2 * iota), 3 * (3 * std::sqrt(iota) + 2 * iota)}},
      // buffer 2 holds (1, 0) and (2, 1) once: B = 1
      {"{type: made.tabular, c: 3, buffer: 2}", {1.5, 3, 3}},
      {"{type: made.tabular, c: 3, buffer: 4}", {3 / std::sqrt(4.0 * 3), 3, 3}},
      {"{type: made.tabular, c: 3, buffer: 4, factors: recency}", {3 / std::sqrt(3.0), 3, 3}},
      {"{type: made.tabular, c: 3, buffer: 4, factors: cover}", {1.5, 3, 3}},
  };
  for (const auto& [yaml, values] : expected) {
    CAPTURE(yaml);
    auto bonus = Make(yaml);
    for (int i = 0; i < 4; ++i) bonus->Visit(1, 0);
    bonus->Visit(2, 1);
    CHECK(bonus->At(1, 0, 9) == Approx(values[0]));
    CHECK(bonus->At(2, 1, 9) == Approx(values[1]));
    CHECK(bonus->At(4, 1, 9) == Approx(values[2]));
  }
}

TEST_CASE("made.tabular is (tau/2) sqrt(T |B|) / sqrt(N B) for tau = 2 c / sqrt(T |B|): the gradient at rho, d from counts",
          "[agents][property]") {
  // Section 1.3's exact identity: rho = N / T and d = B / |B| give (tau / 2) / sqrt(d rho).
  const auto visits = RandomVisits(200, 1);
  constexpr int kBuffer = 50;
  auto bonus = Make("{type: made.tabular, c: 0.7, buffer: 50}");
  std::map<Pair, double> all, recent;
  for (std::size_t i = 0; i < visits.size(); ++i) {
    bonus->Visit(visits[i].first, visits[i].second);
    ++all[visits[i]];
    if (i + kBuffer >= visits.size()) ++recent[visits[i]];
  }
  const double T = static_cast<double>(visits.size()), tau = 2 * 0.7 / std::sqrt(T * kBuffer);
  for (const auto& [pair, n] : all) {
    REQUIRE(recent[pair] > 0);
    const double rho = n / T, d = recent[pair] / kBuffer;
    CHECK(bonus->At(pair.first, pair.second, 0) == Approx(tau / 2 / std::sqrt(d * rho)));
  }
}

TEST_CASE("a buffer that holds all data makes it 1 / N; equal recent counts make it 1 / sqrt(N)", "[agents][property]") {
  auto made = Make("{type: made.tabular, c: 1, buffer: 1000}"), window = Make("{type: made.tabular, c: 1, buffer: 4}");
  auto count = Make("{type: count, c: 1}");
  const auto visits = RandomVisits(300, 2);
  std::map<Pair, int> n;
  for (const Pair& pair : visits) {
    made->Visit(pair.first, pair.second);
    ++n[pair];
  }
  for (const auto& [pair, visited] : n) CHECK(made->At(pair.first, pair.second, 0) == Approx(1.0 / visited));
  for (int i = 0; i < 40; ++i) {  // two pairs in turn: B = 2 each from the fourth visit on
    window->Visit(i % 2, 0);
    count->Visit(i % 2, 0);
    if (i >= 3) CHECK(window->At(0, 0, 0) == Approx(count->At(0, 0, 0) / std::sqrt(2)));
  }
}

TEST_CASE("made.tabular equals a plain queue of the last visits, saved and restored in between", "[agents][property]") {
  auto bonus = Make("{type: made.tabular, c: 1, buffer: 7}");
  std::map<Pair, int> n;
  std::deque<Pair> queue;
  int at = 0;
  for (const Pair& pair : RandomVisits(100, 3)) {
    bonus->Visit(pair.first, pair.second);
    ++n[pair];
    queue.push_back(pair);
    if (queue.size() > 7) queue.pop_front();
    if (++at % 11 == 0) {
      Archive written;
      bonus->Serialize(written);
      bonus = Make("{type: made.tabular, c: 1, buffer: 7}");
      Archive read(written.bytes(), "test");
      bonus->Serialize(read);
      read.ExpectEnd();
    }
    for (int s = 0; s < 5; ++s) {
      for (int a = 0; a < 2; ++a) {
        const double recent = std::max<double>(1, static_cast<double>(std::ranges::count(queue, Pair{s, a})));
        CHECK(bonus->At(s, a, 0) == Approx(1 / std::sqrt(std::max(1, n[{s, a}]) * recent)));
      }
    }
  }
}

}  // namespace
}  // namespace rove::tabular
