#include "cli/progress.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/versions.h"
#include "core/cpu.h"
#include "engine/checkpoint.h"

namespace rove {
namespace {

using Json = nlohmann::ordered_json;

// "1.05M", "24.6k", "812"
std::string Short(double x) {
  if (std::abs(x) >= 1e6) return fmt::format("{:.2f}M", x / 1e6);
  if (std::abs(x) >= 1e4) return fmt::format("{:.1f}k", x / 1e3);
  return fmt::format("{:.0f}", x);
}

std::string Number(double x) { return std::isfinite(x) ? fmt::format("{:.3f}", x) : "-"; }
std::string Percent(double x) { return std::isfinite(x) ? fmt::format("{:.0f}%", 100 * x) : "-"; }
Json OrNull(double x) { return std::isfinite(x) ? Json(x) : Json(); }

}  // namespace

std::string ShowDuration(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  const auto s = static_cast<std::int64_t>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{}h{:02d}m", s / 3600, s / 60 % 60);
  if (s >= 60) return fmt::format("{}m{:02d}s", s / 60, s % 60);
  return fmt::format("{}s", s);
}

ProgressPrinter::ProgressPrinter(const Terminal& terminal, const RunSetup& setup, const std::string& folder,
                                 std::int64_t first_frame, bool json)
    : terminal_(terminal),
      folder_(folder),
      env_(setup.env_type),
      agent_(setup.agent_type),
      rewards_(setup.rewards),
      eval_mode_(setup.run.eval_mode == ActMode::kEvaluate ? "greedy" : "sampled"),
      total_frames_(setup.engine.frames),
      first_frame_(first_frame),
      seed_(setup.engine.seed),
      num_envs_(setup.run.num_envs),
      import_file_(setup.import_file),
      import_hash_(setup.import_hash),
      lag_(setup.engine.lag),
      json_(json) {}

double ProgressPrinter::Value(const char* name) const {
  const double* value = metrics_.Find(name);
  return value != nullptr ? *value : std::numeric_limits<double>::quiet_NaN();
}

void ProgressPrinter::Header(const std::string& config_hash, int threads) {
  if (json_) {
    Json libraries;
    for (const auto& [name, version] : LibraryVersions()) libraries[name] = version;
    const Json import = import_file_.empty() ? Json() : Json{{"file", import_file_}, {"hash", import_hash_}};
    terminal_.out << Json{{"event", "start"},
                          {"run", folder_},
                          {"version", kVersion},
                          {"build_id", BuildId()},
                          {"libraries", libraries},
                          {"blas_kernel", BlasKernel()},
                          {"cores", NumCores()},
                          {"threads", threads},
                          {"config_hash", config_hash},
                          {"seed", seed_},
                          {"env", env_},
                          {"envs", num_envs_},
                          {"agent", agent_},
                          {"rewards", rewards_},
                          {"import", import},
                          {"frames", total_frames_},
                          {"first_frame", first_frame_}}
                         .dump(-1, ' ', false, Json::error_handler_t::replace)
                  << std::endl;
    return;
  }
  std::string libraries;
  for (const auto& [name, version] : LibraryVersions()) libraries += " " + name + " " + version;
  terminal_.out << fmt::format(
      "rove   {} build {:.12} ({});{}\n"
      "cpu    {}; {} cores, {} threads; BLAS kernel {} ({})\n"
      "run    {}; config {}, seed {}\n"
      "task   {} x {}; agent {}; rewards {}; {} frames, {}\n",
      kVersion, BuildId(), CompilerVersion(), libraries, CpuModel(), NumCores(), threads, BlasKernel(), BlasKernelSource(),
      folder_, config_hash, seed_, env_, num_envs_, agent_, rewards_, Short(static_cast<double>(total_frames_)),
      lag_ == 0 ? "sync" : fmt::format("pipelined, lag {}", lag_));
  if (!import_file_.empty()) terminal_.out << fmt::format("replay begins with {}, XXH128 {}\n", import_file_, import_hash_);
  if (first_frame_ > 0) terminal_.out << fmt::format("resume at {} frames\n", first_frame_);
  terminal_.out << std::flush;
}

std::string ProgressPrinter::Line(std::int64_t frames, double frames_per_s, double eta_s) const {
  return fmt::format("{:>7} / {} frames  {:>6} frames/s  return {}  success {}  bonus share {}  ETA {}",
                     Short(static_cast<double>(frames)), Short(static_cast<double>(total_frames_)), Short(frames_per_s),
                     Number(Value("episode/return_100")), Percent(Value("episode/success_100")),
                     Percent(Value("reward/bonus_share")), ShowDuration(eta_s));
}

void ProgressPrinter::Row(const Progress& row) {
  metrics_.Merge(row.metrics);
  const auto now = Clock::now();
  const auto seconds = [](Clock::duration d) { return std::chrono::duration<double>(d).count(); };
  const double frames_per_s = static_cast<double>(row.env_steps - first_frame_) / std::max(1e-9, seconds(now - begin_));
  const double eta_s =
      static_cast<double>(std::max<std::int64_t>(0, total_frames_ - row.env_steps)) / std::max(1e-9, frames_per_s);
  if (json_) {
    terminal_.out << Json{{"event", "progress"},
                          {"frames", row.env_steps},
                          {"frames_per_s", frames_per_s},
                          {"return", OrNull(Value("episode/return_100"))},
                          {"success_rate", OrNull(Value("episode/success_100"))},
                          {"bonus_share", OrNull(Value("reward/bonus_share"))},
                          {"eval_return", OrNull(Value("eval/return_mean"))},
                          {"eta_s", eta_s}}
                         .dump(-1, ' ', false, Json::error_handler_t::replace)
                  << std::endl;
    return;
  }
  if (!terminal_.tty && seconds(now - printed_) < 2) return;
  printed_ = now;
  std::string line = Line(row.env_steps, frames_per_s, eta_s);
  if (terminal_.tty) {
    const std::size_t width = line.size();
    if (width < width_) line.append(width_ - width, ' ');
    width_ = width;
    terminal_.out << '\r' << line << std::flush;
  } else {
    terminal_.out << line << std::endl;
  }
}

void ProgressPrinter::Close(const RunResult& result) {
  const double wall_s = std::chrono::duration<double>(Clock::now() - begin_).count();
  const double frames_per_s = static_cast<double>(result.env_steps - first_frame_) / std::max(1e-9, wall_s);
  if (json_) {
    terminal_.out << Json{{"event", "end"},
                          {"run", folder_},
                          {"stopped", result.stopped},
                          {"frames", result.env_steps},
                          {"updates", result.updates},
                          {"wall_s", wall_s},
                          {"frames_per_s", frames_per_s},
                          {"return", OrNull(Value("episode/return_100"))},
                          {"success_rate", OrNull(Value("episode/success_100"))},
                          {"eval_return", OrNull(Value("eval/return_mean"))},
                          {"eval_success_rate", OrNull(Value("eval/success_rate"))}}
                         .dump(-1, ' ', false, Json::error_handler_t::replace)
                  << std::endl;
    return;
  }
  terminal_.out << (terminal_.tty && width_ > 0 ? "\n" : "") << "\n";
  const auto row = [&](const char* name, const std::string& value) { terminal_.out << fmt::format("{:<12}{}\n", name, value); };
  row("frames", fmt::format("{} of {} in {} updates", result.env_steps, total_frames_, result.updates));
  row("wall", fmt::format("{:.1f} s, {:.0f} frames/s", wall_s, frames_per_s));
  if (metrics_.Find("episode/return_100") != nullptr) {
    row("return", fmt::format("{} (mean of the last 100 training episodes)", Number(Value("episode/return_100"))));
    row("success", Percent(Value("episode/success_100")));
  }
  if (metrics_.Find("eval/return_mean") != nullptr) {
    row("evaluation",
        fmt::format("return {}, success {} ({:.0f} {} episodes on levels of their own)", Number(Value("eval/return_mean")),
                    Percent(Value("eval/success_rate")), Value("eval/episodes"), eval_mode_));
  }
  row("run", folder_);
  if (result.stopped) {
    row("continue", "rove train --resume " + folder_);
  } else {
    row("next", fmt::format("rove eval {} | rove plot {} -o {}/curve.svg", folder_, folder_, folder_));
  }
  terminal_.out << std::flush;
}

}  // namespace rove
