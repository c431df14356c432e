#include "cli/study_runner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <thread>

#include "cli/child_process.h"
#include "cli/progress.h"
#include "cli/resume.h"
#include "cli/study_status.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/file.h"
#include "engine/checkpoint.h"
#include "eval/run_reader.h"

namespace rove {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

void MakeFolder(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) throw UserError(path.string() + ": cannot be made: " + failed.message() + "; choose another folder");
}

// flock on a file that stays. With `wait` until others let go of it. Returns the descriptor; it is closed on exec.
int LockFile(const std::string& path, bool wait, const std::string& taken) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) throw UserError(fmt::format("{}: cannot be opened: {}", path, std::strerror(errno)));
  while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) != 0) {
    if (errno == EINTR) continue;
    close(fd);
    throw UserError(taken);
  }
  return fd;
}

// Frames that a run's metrics have reached; 0 if it has none.
double FramesReached(const std::string& run_folder) {
  try {
    const Curve curve = ReadCurve(run_folder, "train/updates");
    return curve.x.empty() ? 0 : curve.x.back();
  } catch (const Error&) {
    return 0;
  }
}

std::string LastLine(const std::string& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

struct Child {
  StudyItem item;
  std::size_t setting = 0;
  std::string folder = {};
  pid_t pid = 0;
  double first_frames = 0;
  Clock::time_point begin = Clock::now();
};

class Runner {
 public:
  Runner(const StudyPlan& plan, const StudyRunOptions& options, const Terminal& terminal)
      : plan_(plan),
        design_(plan.design),
        options_(options),
        terminal_(terminal),
        only_(design_, options.only),
        build_(BuildId() + " " + BlasKernel()),
        speeds_(design_, options.runs + "/speed.csv") {}

  StudyOutcome Run(const std::stop_token& stop) {
    FindWork();
    MakeFolder(options_.out);
    MakeFolder(options_.runs);
    const int lock = LockFile(options_.runs + "/lock", false,
                              options_.runs + ": another process runs this study; wait for it or choose other folders");
    // Children hold this one too: those that a killed study left are gone when it is free.
    children_lock_ = LockFile(options_.runs + "/children.lock", true, "");
    terminal_.out << fmt::format("{}: {} of {} runs are finished; {} at a time\n", design_.name, done_, total_, options_.jobs)
                  << std::flush;
    while (!pending_.empty() || !running_.empty()) {
      if (stop.stop_requested() && !outcome_.stopped) Stop();
      while (!outcome_.stopped && static_cast<int>(running_.size()) < options_.jobs && LaunchNext()) continue;
      if (running_.empty()) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      Reap();
      if (Clock::now() - said_ > kQuiet) Say();
    }
    if (!outcome_.stopped && !pending_.empty() && failures_in_a_row_ < kMostFailures)
      outcome_.problems.push_back(fmt::format("{} runs were left out, since a tuning run of their arm failed", pending_.size()));
    close(children_lock_);
    close(lock);
    return std::move(outcome_);
  }

 private:
  static constexpr int kMostFailures = 3;
  static constexpr std::chrono::minutes kQuiet{10};  // then a line says what is running

  std::string CsvPath(const StudyItem& item) const { return options_.out + "/" + CsvName(design_, item); }
  std::string Name(const StudyItem& item, std::size_t setting) const {
    const StudyCell& cell = design_.cells[item.cell];
    const std::string& label = cell.settings[setting].label;
    return fmt::format("{}/{} seed {}{}", design_.task_name(cell), design_.arm_name(cell), item.seed,
                       item.tuning ? " (tuning " + label + ")" : "");
  }

  void FindWork() {
    std::vector<std::string> refused;
    outcome_.runs = ReadStudyRuns(design_, options_.out, &refused);
    // A run whose tuning is not known yet is judged when it is: in LaunchNext.
    std::erase_if(refused, [](const std::string& line) { return line.ends_with("tuning runs are missing"); });
    if (!refused.empty() && !options_.force) {
      throw UserError(fmt::format("{}{}; --force runs such again, -o writes to another folder", refused[0],
                                  refused.size() > 1 ? fmt::format(" (and {} more)", refused.size() - 1) : ""));
    }
    for (const StudyItem& item : WorkOrder(design_)) {
      if (!only_(item.cell)) continue;
      const StudyCell& cell = design_.cells[item.cell];
      if (cell.tuned_on && !only_(*cell.tuned_on) && !ChosenSetting(design_, outcome_.runs, item.cell)) {
        const std::string other = design_.task_name(design_.cells[*cell.tuned_on]) + "/" + design_.arm_name(cell);
        throw UserError(fmt::format("--only {}/{}: its setting is chosen on {}, whose tuning is not finished; add --only {}",
                                    design_.task_name(cell), design_.arm_name(cell), other, other));
      }
      ++total_;
      if (outcome_.runs.contains(item))
        ++done_;
      else
        pending_.push_back(item);
    }
  }

  // Starts the first pending run that can start. False if there is none.
  bool LaunchNext() {
    for (auto at = pending_.begin(); at != pending_.end();) {
      const StudyItem item = *at;
      const auto setting = item.tuning ? item.setting : ChosenSetting(design_, outcome_.runs, item.cell);
      if (!setting) {
        ++at;
        continue;
      }
      at = pending_.erase(at);
      if (FinishedBefore(item, *setting)) continue;
      try {
        Launch(item, *setting);
      } catch (const Error& error) {
        Failed(item, *setting, error.what());
      }
      return true;
    }
    return false;
  }

  // Only a run whose tuning was missing at the start can be.
  bool FinishedBefore(const StudyItem& item, std::size_t setting) {
    if (!fs::exists(CsvPath(item))) return false;
    try {
      outcome_.runs[item] = ReadStudyRun(design_, options_.out, item, setting);
      ++done_;
    } catch (const Error& error) {
      if (options_.force) return false;
      outcome_.problems.push_back(std::string(error.what()) + "; --force runs it again");
    }
    return true;
  }

  std::string ResolvedHash(const StudyItem& item, std::size_t setting) const {
    auto leaves = Leaves(plan_.resolved[item.cell][setting]);
    leaves["run.seed"] = std::to_string(item.seed);
    return ConfigHash(leaves);
  }

  void Launch(const StudyItem& item, std::size_t setting) {
    const StudyCell& cell = design_.cells[item.cell];
    const std::string stem = fmt::format("{}-{}", design_.arm_name(cell), setting + 1);
    const std::string config = fmt::format("{}/configs/{}/{}.yaml", options_.runs, design_.task_name(cell), stem);
    MakeFolder(fs::path(config).parent_path());
    MakeFolder(fs::path(options_.runs) / design_.task_name(cell));
    WriteFileAtomically(config, plan_.resolved[item.cell][setting]);
    std::string identity = build_ + ResolvedHash(item, setting);
    for (const auto& [key, value] : cell.settings[setting].config) identity += key + "=" + value + "\n";
    Child child{.item = item, .setting = setting};
    child.folder = fmt::format("{}/{}/{}-s{}-{:08x}", options_.runs, design_.task_name(cell), stem, item.seed, Crc32(identity));
    child.first_frames = static_cast<double>(FramesSaved(child.folder));
    child.pid = StartChild({"train", config, fmt::format("run.seed={}", item.seed), "--run", child.folder, "--resume"},
                           child.folder + ".err", children_lock_);
    running_.push_back(std::move(child));
  }

  void Stop() {
    outcome_.stopped = true;
    for (const Child& child : running_) kill(child.pid, SIGTERM);
  }

  void Reap() {
    for (std::size_t i = 0; i < running_.size();) {
      const auto code = PollChild(running_[i].pid);
      if (!code) {
        ++i;
        continue;
      }
      const Child child = running_[i];
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      Ended(child, *code);
    }
  }

  void Ended(const Child& child, int code) {
    const double frames = FramesReached(child.folder);
    const double seconds = std::chrono::duration<double>(Clock::now() - child.begin).count();
    if (code == 0 && frames >= static_cast<double>(design_.tasks[design_.cells[child.item.cell].task].frames)) {
      try {
        Finish(child, frames, seconds);
        failures_in_a_row_ = 0;
      } catch (const Error& error) {
        Failed(child.item, child.setting, error.what());
      }
      return;
    }
    // Stopped, by us or by somebody else, or killed: it goes on from its checkpoint, now or at the next call.
    const auto before = furthest_.find(child.folder);
    const std::int64_t saved = FramesSaved(child.folder);
    const bool further = before == furthest_.end() || saved > before->second;
    if (code == 0 || (code < 0 && (outcome_.stopped || further))) {
      furthest_[child.folder] = saved;
      pending_.push_front(child.item);
      if (!outcome_.stopped)
        terminal_.err << fmt::format("{}: ended ({}); goes on from its checkpoint of {} frames\n",
                                     Name(child.item, child.setting), code == 0 ? "stopped" : fmt::format("signal {}", -code),
                                     saved);
      return;
    }
    const std::string said = LastLine(child.folder + ".err");
    Failed(child.item, child.setting,
           code < 0       ? fmt::format("ended by signal {} again, without getting further", -code)
           : said.empty() ? fmt::format("exit code {}", code)
                          : said);
  }

  void Failed(const StudyItem& item, std::size_t setting, const std::string& why) {
    outcome_.problems.push_back(fmt::format("{}: {}", Name(item, setting), why));
    terminal_.err << outcome_.problems.back() << "\n";
    if (++failures_in_a_row_ >= kMostFailures && !outcome_.stopped) {
      outcome_.problems.push_back(fmt::format("{} runs in a row failed; the study stops here", kMostFailures));
      Stop();
    }
  }

  void Finish(const Child& child, double frames, double seconds) {
    const StudyCell& cell = design_.cells[child.item.cell];
    StudyRun run{.task = design_.task_name(cell),
                 .arm = design_.arm_name(cell),
                 .setting = cell.settings[child.setting].label,
                 .seed = child.item.seed,
                 .tuning = child.item.tuning,
                 .frames = design_.tasks[cell.task].frames,
                 .build = build_,
                 .resolved = ResolvedHash(child.item, child.setting),
                 .config = cell.settings[child.setting].config};
    ReadEvaluations(child.folder, design_.metrics, &run);
    const std::string path = CsvPath(child.item), text = FormatStudyRun(run);
    StudyRun kept = ParseStudyRun(text, path);  // with the digits that a later call will read
    MakeFolder(fs::path(path).parent_path());
    WriteFileAtomically(path, text);
    outcome_.runs[child.item] = std::move(kept);
    ++done_;
    speeds_.Add(cell, frames - child.first_frames, seconds);
    std::error_code ignored;
    fs::remove(child.folder + ".err", ignored);
    if (!options_.keep_checkpoints) fs::remove_all(child.folder + "/checkpoints", ignored);
    terminal_.out << fmt::format("{}/{}  {}: return {:.4g} at the end, {:.4g} on average; {}; {}\n", done_, total_,
                                 Name(child.item, child.setting), FinalReturn(run, design_.window), MeanReturn(run),
                                 ShowDuration(seconds), TimeLeft())
                  << std::flush;
    said_ = Clock::now();
  }

  void Say() {
    said_ = Clock::now();
    std::string text;
    for (const Child& child : running_) {
      const double frames = static_cast<double>(design_.tasks[design_.cells[child.item.cell].task].frames);
      text += fmt::format("{}{} at {:.0f} %", text.empty() ? "" : ", ", Name(child.item, child.setting),
                          100 * FramesReached(child.folder) / frames);
    }
    terminal_.out << fmt::format("{}/{}  {}; {}\n", done_, total_, text, TimeLeft()) << std::flush;
  }

  std::string TimeLeft() const {
    if (speeds_.empty()) return "time left is not known before a run has finished";
    double left = 0;
    const auto seconds = [&](const StudyItem& item, double from) {
      const StudyCell& cell = design_.cells[item.cell];
      return speeds_.SecondsFor(cell, std::max(0.0, static_cast<double>(design_.tasks[cell.task].frames) - from));
    };
    for (const StudyItem& item : pending_) left += seconds(item, 0);
    for (const Child& child : running_) left += seconds(child.item, FramesReached(child.folder));
    return ShowDuration(left / options_.jobs) + " left";
  }

  const StudyPlan& plan_;
  const StudyDesign& design_;
  const StudyRunOptions& options_;
  const Terminal& terminal_;
  const CellFilter only_;
  const std::string build_;
  StudySpeeds speeds_;
  std::deque<StudyItem> pending_;
  std::vector<Child> running_;
  std::map<std::string, std::int64_t> furthest_;  // frames saved, by folder, of runs that ended early
  Clock::time_point said_ = Clock::now();
  StudyOutcome outcome_;
  int done_ = 0, total_ = 0, failures_in_a_row_ = 0, children_lock_ = -1;
};

}  // namespace

StudyOutcome RunStudy(const StudyPlan& plan, const StudyRunOptions& options, const Terminal& terminal,
                      const std::stop_token& stop) {
  return Runner(plan, options, terminal).Run(stop);
}

}  // namespace rove
