// rove doctor: what this program is made of, what machine it runs on, and what it set so that numbers come fast and repeatable.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command_line.h"
#include "cli/sgemm.h"
#include "cli/versions.h"
#include "core/cpu.h"
#include "core/parallel.h"
#include "engine/checkpoint.h"

namespace rove {
namespace {

using Json = nlohmann::ordered_json;

Json Limit(int resource) {
  rlimit limit{};
  getrlimit(static_cast<__rlimit_resource>(resource), &limit);
  return limit.rlim_cur == RLIM_INFINITY ? Json("unlimited") : Json(limit.rlim_cur);
}

Json OrNull(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

Json Examine() {
  const SgemmRates sgemm = MeasureSgemm();
  struct sysinfo memory {};
  sysinfo(&memory);
  Json libraries;
  for (const auto& [name, version] : LibraryVersions()) libraries[name] = version;
  Json warnings = Json::array();
  if (sgemm.openblas_gflops && sgemm.onednn_gflops && *sgemm.openblas_gflops < 0.5 * *sgemm.onednn_gflops) {
    warnings.push_back(
        fmt::format("OpenBLAS's {} kernel multiplies at {:.0f} GFLOP/s, oneDNN at {:.0f}: unset OPENBLAS_CORETYPE, so that rove "
                    "chooses, or set it to SkylakeX (AVX-512) or Haswell (AVX2)",
                    BlasKernel(), *sgemm.openblas_gflops, *sgemm.onednn_gflops));
  }
  if (Threads() > NumCores()) {
    warnings.push_back(fmt::format("{} threads on {} cores: more threads than cores only lose time", Threads(), NumCores()));
  }
  if (BuildId() == "unknown") warnings.push_back("this program has no ELF build id: checkpoints cannot tell builds apart");
  return {{"version", kVersion},
          {"build_id", BuildId()},
          {"compiler", CompilerVersion()},
          {"libraries", libraries},
          {"cpu", CpuModel()},
          {"cores", NumCores()},
          {"threads", Threads()},
          {"memory_bytes", static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit},
          {"locked_memory_limit", Limit(RLIMIT_MEMLOCK)},
          {"open_files_limit", Limit(RLIMIT_NOFILE)},
          {"blas_kernel", BlasKernel()},
          {"blas_kernel_source", BlasKernelSource()},
          {"openblas_version", sgemm.openblas_version},
          {"openblas_sgemm_gflops", OrNull(sgemm.openblas_gflops)},
          {"onednn_sgemm_gflops", OrNull(sgemm.onednn_gflops)},
          {"openblas_num_threads", Environment("OPENBLAS_NUM_THREADS")},
          {"omp_num_threads", Environment("OMP_NUM_THREADS")},
          {"warnings", warnings}};
}

void Print(const Json& found, std::ostream& out) {
  const auto row = [&](const char* name, const std::string& value) { out << fmt::format("{:<12}{}\n", name, value); };
  const auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
  const auto rate = [](const Json& value) {
    return value.is_null() ? std::string("not loaded") : fmt::format("{:.0f} GFLOP/s", value.get<double>());
  };
  row("rove", fmt::format("{} build {}", text(found["version"]), text(found["build_id"])));
  row("compiler", text(found["compiler"]));
  std::string libraries;
  for (const auto& [name, version] : found["libraries"].items())
    libraries += (libraries.empty() ? "" : ", ") + name + " " + text(version);
  row("libraries", libraries);
  row("cpu", text(found["cpu"]));
  row("threads", fmt::format("{} on {} cores", text(found["threads"]), text(found["cores"])));
  row("memory", fmt::format("{:.1f} GiB; limits: locked {} bytes, {} open files", found["memory_bytes"].get<double>() / (1 << 30),
                            text(found["locked_memory_limit"]), text(found["open_files_limit"])));
  row("blas", fmt::format("OpenBLAS {}, kernel {} ({})", text(found["openblas_version"]), text(found["blas_kernel"]),
                          text(found["blas_kernel_source"])));
  row("sgemm 256", fmt::format("OpenBLAS {}, oneDNN {}, one thread", rate(found["openblas_sgemm_gflops"]),
                               rate(found["onednn_sgemm_gflops"])));
  row("set", fmt::format("OPENBLAS_NUM_THREADS={} OMP_NUM_THREADS={}: parallelism is rove's own",
                         text(found["openblas_num_threads"]), text(found["omp_num_threads"])));
  for (const Json& warning : found["warnings"]) row("warning", text(warning));
  if (found["warnings"].empty()) row("verdict", "nothing to mend");
}

}  // namespace

void AddDoctor(CLI::App& app, const Terminal& terminal) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("doctor", "What this program and machine are, and what rove set");
  command->add_flag("--json", *json, "as one JSON object");
  command->callback([json, &terminal] {
    const Json found = Examine();
    if (*json) {
      terminal.out << found.dump(1) << "\n";
    } else {
      Print(found, terminal.out);
    }
  });
}

}  // namespace rove
