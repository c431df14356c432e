#include "core/cpu.h"

#include <dlfcn.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace rove {
namespace {

const char* WantedCoreType() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return nullptr;
}

// Marks, in the environment, that rove itself chose the kernel.
constexpr const char* kPinned = "ROVE_BLAS_PINNED";

}  // namespace

void PinBlas(char* argv[]) {
  bool changed = false;
  const auto set_default = [&changed](const char* name, const char* value) {
    if (std::getenv(name) != nullptr) return false;
    setenv(name, value, 1);
    changed = true;
    return true;
  };
  if (const char* type = WantedCoreType(); type != nullptr && set_default("OPENBLAS_CORETYPE", type)) setenv(kPinned, "1", 1);
  set_default("OPENBLAS_NUM_THREADS", "1");
  set_default("OMP_NUM_THREADS", "1");
  if (!changed) return;
  // By its real path, so that process lists show the program's name. On failure the run goes on with the library's own choice,
  // which `doctor` shows.
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) execv(self.c_str(), argv);
  execv("/proc/self/exe", argv);
}

std::string BlasKernel() {
  using CoreName = char* (*)();
  const auto name = reinterpret_cast<CoreName>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  return name == nullptr ? "none" : name();
}

std::string BlasKernelSource() {
  if (std::getenv("OPENBLAS_CORETYPE") == nullptr) return "OpenBLAS's own choice";
  return std::getenv(kPinned) != nullptr ? "chosen by rove" : "set by OPENBLAS_CORETYPE";
}

std::string CpuModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

int NumCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace rove
