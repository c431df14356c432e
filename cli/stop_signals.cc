#include "cli/stop_signals.h"

#include <unistd.h>

#include <cstdio>
#include <ctime>

namespace rove {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  watcher_ = std::jthread([this](const std::stop_token& destroyed) { Watch(destroyed); });
}

StopSignals::~StopSignals() {
  watcher_.request_stop();
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void StopSignals::Watch(const std::stop_token& destroyed) {
  constexpr timespec kPatience{.tv_sec = 0, .tv_nsec = 50'000'000};  // between two looks at `destroyed`
  while (!destroyed.stop_requested()) {
    const int signal = sigtimedwait(&signals_, nullptr, &kPatience);
    if (signal <= 0) continue;
    if (!requested_.request_stop()) _exit(128 + signal);
    std::fputs("\nstopping after this rollout; once more to stop at once\n", stderr);
  }
}

}  // namespace rove
