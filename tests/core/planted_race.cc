// A data race planted on purpose: under ThreadSanitizer this program must be reported, else the sanitizer sees nothing of the
// pool. Fifty rounds, because it misses one race in ten.
#include <cstdio>
#include <latch>

#include "core/parallel.h"

int main() {
  rove::SetThreads(2);
  int counters[50] = {};
  for (int& counter : counters) {
    std::latch both(2);  // one task on each thread
    rove::ParallelFor(2, [&](int) {
      both.arrive_and_wait();
      ++counter;
    });
  }
  std::printf("%d\n", counters[0]);
}
