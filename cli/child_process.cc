#include "cli/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace rove {

pid_t StartChild(const std::vector<std::string>& args, const std::string& errors, int keep_open) {
  // All that allocates comes before fork: after it only async-signal-safe calls are allowed, for this process has threads.
  std::string self(4096, '\0');
  const ssize_t length = readlink("/proc/self/exe", self.data(), self.size() - 1);
  if (length <= 0) throw SystemError(std::string("/proc/self/exe: ") + std::strerror(errno));
  self.resize(static_cast<std::size_t>(length));  // shown by process lists; " (deleted)" if the file was replaced
  std::vector<std::string> words{self};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int err = open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (err < 0 || nowhere < 0) throw SystemError(fmt::format("{}: cannot be opened: {}", errors, std::strerror(errno)));
  const pid_t parent = getpid(), pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // it was gone before
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(nowhere, 0);
    dup2(nowhere, 1);
    dup2(err, 2);
    if (keep_open >= 0) fcntl(keep_open, F_SETFD, 0);
    execv("/proc/self/exe", argv.data());
    _exit(127);
  }
  const int failed = errno;
  close(err);
  close(nowhere);
  if (pid < 0) throw SystemError(fmt::format("cannot start a child process: {}", std::strerror(failed)));
  return pid;
}

std::optional<int> PollChild(pid_t pid) {
  int status = 0;
  const pid_t ended = waitpid(pid, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return std::nullopt;
  if (ended < 0) throw SystemError(fmt::format("process {}: {}", pid, std::strerror(errno)));
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace rove
