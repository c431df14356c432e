#include "core/parallel.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/cpu.h"

namespace rove {
namespace {

// Runs f with 1, 2, 3 and 5 threads.
template <class F>
void ForThreads(F&& f) {
  for (const int threads : {1, 2, 3, 5}) {
    SetThreads(threads);
    INFO(threads << " threads");
    CHECK(Threads() == threads);
    f();
  }
  SetThreads(NumCores());
}

// How often each of 0..tasks-1 ran.
std::vector<int> Count(int tasks) {
  std::vector<std::atomic<int>> ran(static_cast<std::size_t>(tasks));
  ParallelFor(tasks, [&](int i) { ++ran[static_cast<std::size_t>(i)]; });
  return {ran.begin(), ran.end()};
}

TEST_CASE("parallel: each index runs once, for any number of tasks and threads", "[core][threads]") {
  ForThreads([] {
    for (const int tasks : {0, 1, 2, 3, 7, 64, 1000}) CHECK(Count(tasks) == std::vector<int>(static_cast<std::size_t>(tasks), 1));
  });
}

TEST_CASE("parallel: two threads are inside tasks at the same time", "[core][threads]") {
  SetThreads(2);
  std::latch both(2);
  ParallelInvoke([&] { both.arrive_and_wait(); }, [&] { both.arrive_and_wait(); });  // one thread alone would never return
  SetThreads(NumCores());
}

TEST_CASE("parallel: nested loops finish and cover every pair", "[core][threads]") {
  ForThreads([] {
    std::vector<std::atomic<int>> ran(7 * 11 * 3);
    ParallelFor(7, [&](int i) {
      ParallelFor(11, [&](int j) { ParallelFor(3, [&](int k) { ++ran[static_cast<std::size_t>((i * 11 + j) * 3 + k)]; }); });
    });
    CHECK(std::vector<int>(ran.begin(), ran.end()) == std::vector<int>(ran.size(), 1));
  });
}

TEST_CASE("parallel: the lowest throwing index is rethrown after all others have run", "[core][threads]") {
  ForThreads([] {
    for (int repeat = 0; repeat < 20; ++repeat) {
      std::atomic<int> ran = 0;
      std::string caught;
      try {
        ParallelFor(50, [&](int i) {
          ++ran;
          if (i % 10 == 7) throw std::runtime_error(std::to_string(i));
        });
      } catch (const std::runtime_error& error) {
        caught = error.what();
      }
      REQUIRE(caught == "7");
      REQUIRE(ran == 50);
    }
  });
}

TEST_CASE("parallel: of two failing halves, the first one's exception wins; the pool works on", "[core][threads]") {
  ForThreads([] {
    const auto fail = [](const char* what) { return [what] { throw std::runtime_error(what); }; };
    CHECK_THROWS_WITH(ParallelInvoke(fail("a"), fail("b")), "a");
    CHECK_THROWS_WITH(ParallelInvoke([] {}, fail("b")), "b");
    CHECK(Count(100) == std::vector<int>(100, 1));
  });
}

TEST_CASE("parallel: an exception in a nested loop reaches the outer caller", "[core][threads]") {
  ForThreads([] {
    const auto inner = [](int i) {
      ParallelFor(4, [i](int j) {
        if (i == 1 && j >= 2) throw std::runtime_error("inner " + std::to_string(j));
      });
    };
    CHECK_THROWS_WITH(ParallelFor(3, inner), "inner 2");
  });
}

TEST_CASE("parallel: two outside threads may use the pool at once", "[core][threads]") {
  ForThreads([] {
    std::vector<int> other;
    std::jthread thread([&] { other = Count(300); });
    const auto mine = Count(300);
    thread.join();
    CHECK(mine == std::vector<int>(300, 1));
    CHECK(other == std::vector<int>(300, 1));
  });
}

}  // namespace
}  // namespace rove
