// SIGINT and SIGTERM as a polite request.
#pragma once

#include <signal.h>

#include <stop_token>
#include <thread>

namespace rove {

// While it lives, the first SIGINT or SIGTERM requests a stop and says so on stderr; the second ends the process at once with
// status 128 + signal. Make it before the program has other threads: they inherit the blocked signals.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  std::stop_token token() const { return requested_.get_token(); }

 private:
  void Watch(const std::stop_token& destroyed);
  sigset_t signals_{}, before_{};
  std::stop_source requested_;
  std::jthread watcher_;
};

}  // namespace rove
