// A data race planted on purpose: under ThreadSanitizer this program must be reported, else the sanitizer sees nothing of the
// pool.
#include <cstdio>
#include <latch>

#include "core/parallel.h"

int main() {
  rove::SetThreads(2);
  std::latch both(2);  // one task on each thread
  int counter = 0;
  rove::ParallelFor(2, [&](int) {
    both.arrive_and_wait();
    ++counter;
  });
  std::printf("%d\n", counter);
}
