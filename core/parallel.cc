#include "core/parallel.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/cpu.h"
#include "core/error.h"

#ifdef ROVE_TBB
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif

namespace rove {
namespace {

// Runs tasks, keeping the exception of the lowest index. Every task runs, so which one that is does not depend on timing.
class Guarded {
 public:
  explicit Guarded(const std::function<void(int)>& task) : task_(task) {}
  void Run(int i) noexcept {
    try {
      task_(i);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_ || i < index_) {
        error_ = std::current_exception();
        index_ = i;
      }
    }
  }
  void Rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const std::function<void(int)>& task_;
  std::mutex mutex_;
  std::exception_ptr error_;
  int index_ = 0;
};

#ifdef ROVE_TBB

class Pool {
 public:
  explicit Pool(int threads)
      : threads_(threads),
        limit_(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads)),
        arena_(threads) {}
  int threads() const { return threads_; }
  void Run(int tasks, Guarded& guarded) {
    arena_.execute([&] {
      const auto body = [&](const tbb::blocked_range<int>& range) {
        for (int i = range.begin(); i != range.end(); ++i) guarded.Run(i);
      };
      tbb::parallel_for(tbb::blocked_range<int>(0, tasks), body, tbb::simple_partitioner());
    });
  }

 private:
  int threads_;
  tbb::global_control limit_;
  tbb::task_arena arena_;
};

#else

// Callers claim indices of their own job only, workers of any job. A caller that finds none left waits for threads that are
// inside its tasks, each of which can finish alone: so nested calls cannot deadlock.
class Pool {
 public:
  explicit Pool(int threads) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this](std::stop_token stop) { Work(stop); });
  }
  int threads() const { return static_cast<int>(workers_.size()) + 1; }
  void Run(int tasks, Guarded& guarded) {
    Job job{tasks, guarded};
    std::unique_lock lock(mutex_);
    jobs_.push_back(&job);
    work_.notify_all();
    while (job.next < job.tasks) RunOne(job, lock);
    done_.wait(lock, [&] { return job.finished == job.tasks; });
  }

 private:
  struct Job {
    int tasks;
    Guarded& guarded;
    int next = 0, finished = 0;
  };

  // Claims an index of a job that has one left, runs it with the lock released.
  void RunOne(Job& job, std::unique_lock<std::mutex>& lock) {
    const int i = job.next++;
    if (job.next == job.tasks) std::erase(jobs_, &job);
    lock.unlock();
    job.guarded.Run(i);
    lock.lock();
    if (++job.finished == job.tasks) done_.notify_all();
  }
  void Work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (work_.wait(lock, stop, [&] { return !jobs_.empty(); })) RunOne(*jobs_.back(), lock);
  }

  std::mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable done_;
  std::deque<Job*> jobs_;              // those with indices left, the newest (most nested) last
  std::vector<std::jthread> workers_;  // last: joined before what they use goes
};

#endif

std::unique_ptr<Pool>& ThePool() {
  static auto pool = std::make_unique<Pool>(NumCores());
  return pool;
}

}  // namespace

void SetThreads(int threads) {
  ROVE_CHECK_GE(threads, 1);
  if (threads != Threads()) {
    ThePool().reset();  // the old limit goes before the new one comes
    ThePool() = std::make_unique<Pool>(threads);
  }
}

int Threads() { return ThePool()->threads(); }

void ParallelFor(int tasks, const std::function<void(int)>& task) {
  Guarded guarded(task);
  if (tasks == 1 || Threads() == 1) {
    for (int i = 0; i < tasks; ++i) guarded.Run(i);
  } else if (tasks > 0) {
    ThePool()->Run(tasks, guarded);
  }
  guarded.Rethrow();
}

void ParallelInvoke(const std::function<void()>& a, const std::function<void()>& b) {
  ParallelFor(2, [&](int i) { (i == 0 ? a : b)(); });
}

}  // namespace rove
