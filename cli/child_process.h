// This program again, as a child that does not outlive its parent.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace rove {

// Runs `rove ARGS...` of the very executable that is running, even if its file has been replaced since. The child has a process
// group of its own (a Ctrl-C at the terminal is the parent's to pass on), no blocked signals, standard output to nowhere and
// standard error to `errors` (truncated), and inherits `keep_open`. It is killed when the thread that started it ends: call from
// the main thread. Throws Error(kSystem).
pid_t StartChild(const std::vector<std::string>& args, const std::string& errors, int keep_open);

// How a child ended: its exit code, or minus the signal; none while it runs. Once.
std::optional<int> PollChild(pid_t pid);

}  // namespace rove
