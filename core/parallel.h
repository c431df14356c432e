// The one thread pool. Nothing else in rove starts compute threads: never more runnable threads than cores.
//
// Work is cut into tasks whose number and content never depend on the number of threads; so results cannot either.
// Implementation: a TBB arena (build option ROVE_TBB, default), or a small jthread pool with the same contract for
// ThreadSanitizer.
#pragma once

#include <functional>

namespace rove {

// Sets the pool's size: 1 <= threads. Before the first use the size is NumCores(). Not while work is running.
void SetThreads(int threads);
int Threads();

// Runs task(i) for every i in [0, tasks), each once, on the pool's threads and the caller's; returns when all are done.
// May be called from inside a task (nested). The first exception thrown by a task (lowest i among those that ran and threw) is
// rethrown here after the others have finished.
void ParallelFor(int tasks, const std::function<void(int)>& task);

// Runs a and b, possibly at the same time; returns when both are done. Exceptions as above, a's first.
void ParallelInvoke(const std::function<void()>& a, const std::function<void()>& b);

}  // namespace rove
