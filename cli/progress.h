// What a training run tells its terminal. Clock values decide only what is printed and when.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/command_line.h"
#include "cli/run_setup.h"
#include "core/metrics.h"
#include "engine/engine.h"

namespace rove {

std::string ShowDuration(double seconds);  // "4h05m", "1m03s", "12s"; "-" if it is not finite

class ProgressPrinter {
 public:
  // first_frame: where a resumed run goes on. json: one JSON object a line on terminal.out, nothing else.
  ProgressPrinter(const Terminal& terminal, const RunSetup& setup, const std::string& folder, std::int64_t first_frame,
                  bool json);

  // Build, processor, threads, config hash, seed, environment, agent, rewards.
  void Header(const std::string& config_hash, int threads);
  // At each metric row. On a tty one line that rewrites itself, else a plain line at most every 2 s.
  void Row(const Progress& row);
  // The closing table, where the run lies, and what to do next.
  void Close(const RunResult& result);

 private:
  double Value(const char* name) const;  // of the newest row, NaN if it has none
  std::string Line(std::int64_t frames, double frames_per_s, double eta_s) const;

  using Clock = std::chrono::steady_clock;
  const Terminal& terminal_;
  std::string folder_, env_, agent_, rewards_, eval_mode_;
  std::int64_t total_frames_, first_frame_;
  Seed seed_;
  int num_envs_;
  std::string import_file_, import_hash_;
  int lag_;
  bool json_;
  Clock::time_point begin_ = Clock::now(), printed_{};
  std::size_t width_ = 0;  // of the line on the tty
  Metrics metrics_;        // newest value of each name
};

}  // namespace rove
