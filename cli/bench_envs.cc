// rove bench envs: steps a second under uniformly random actions, observations written and resets included. Only live frames
// count: the dead row of each episode (its reset) costs time and adds nothing. Each thread steps rows of its own
// and waits for no other, as within a run's rollout. Rates a core-second divide by the processor time of the whole process, so
// other programs on the machine disturb them less.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>
#include <ostream>
#include <span>

#include "cli/command_line.h"
#include "cli/random_actions.h"
#include "cli/spread.h"
#include "cli/validators.h"
#include "core/cpu.h"
#include "core/parallel.h"
#include "core/rng.h"
#include "engine/checkpoint.h"
#include "envs/inspectable.h"
#include "envs/registry.h"

namespace rove {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

struct BenchEnvsArgs {
  std::vector<std::string> ids;
  int envs = 1024, threads = 1, repeats = 5;
  std::optional<double> seconds;
  bool all = false, json = false;
};

// What `./dev bench` shows: one of each kind, from no occlusion to levels that are hard to draw.
const std::vector<std::string> kShown = {"MiniGrid-Empty-8x8-v0",           "MiniGrid-DoorKey-8x8-v0",
                                         "MiniGrid-KeyCorridorS3R3-v0",     "MiniGrid-Dynamic-Obstacles-8x8-v0",
                                         "MiniGrid-ObstructedMaze-Full-v1", "MiniGrid-MultiRoom-N6-v0",
                                         "MiniGrid-MultiRoom-N7-S4-v0",     "MiniGrid-MultiRoom-N10-S10-v0",
                                         "MiniGrid-MultiRoom-N12-S10-v0"};

std::vector<std::string> AllIds() {
  std::vector<std::string> ids = Envs().Names();
  std::erase_if(ids, [](const std::string& id) { return !id.starts_with("MiniGrid-") && !id.starts_with("BabyAI-"); });
  return ids;
}

constexpr double kLeastCpu_s = 1e-6;  // the clock's tick
constexpr int kActionTables =
    61;  // drawn ahead, so that drawing is not measured; prime, so that no short cycle meets an episode's

// n environments of one id with their columns and actions, cut into as many row ranges as there are threads.
class Stepper {
 public:
  Stepper(const std::string& id, int n, int threads)
      : env_(Envs().Create(Config::Parse("type: \"" + id + "\"", "bench envs"), {.num_envs = n})),
        n_(static_cast<std::size_t>(n)),
        reward_(n_),
        discount_(n_),
        end_(n_),
        step_type_(n_) {
    const auto parts = static_cast<std::size_t>(threads);
    for (std::size_t p = 0; p < parts; ++p) parts_.push_back({n_ * p / parts, n_ * (p + 1) / parts});
    const EnvSpec& spec = env_->spec();
    for (const TensorSpec& column : spec.obs) obs_.emplace_back(column.dtype, column.shape.Prepend(n));
    for (Tensor& column : obs_) views_.push_back(column.view());
    const Noise noise(0, "bench");
    for (int k = 0; k < kActionTables; ++k) {
      actions_.emplace_back(spec.action.dtype, spec.action.shape.Prepend(n));
      FillRandomActions(spec.action, noise.At(0, static_cast<std::uint64_t>(k)), actions_.back().view());
    }
    std::vector<int> rows(n_);
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<std::optional<Seed>> seeds;
    for (std::size_t i = 0; i < n_; ++i) seeds.emplace_back(DeriveSeed(0, "bench", i));
    env_->Reset(rows, seeds, columns());
  }

  struct Rate {
    double per_s, per_core_s;  // live frames
  };
  // Steps all rows for about `seconds`.
  Rate Run(double seconds) {
    const double cpu_s = CpuSeconds();
    const auto begin = Clock::now();
    const auto until = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    std::vector<std::int64_t> frames(parts_.size());
    ParallelFor(static_cast<int>(parts_.size()), [&](int p) {
      const auto part = static_cast<std::size_t>(p);
      do frames[part] += StepPart(part);
      while (Clock::now() < until);
    });
    const double elapsed_s = std::chrono::duration<double>(Clock::now() - begin).count();
    const auto all = static_cast<double>(std::accumulate(frames.begin(), frames.end(), std::int64_t{0}));
    return {all / elapsed_s, all / std::max(CpuSeconds() - cpu_s, kLeastCpu_s)};
  }

  // Resets rows one after the other while all step, for as long as an episode may last, or for `seconds`: rows that began
  // together would run into their time limits together, and one repeat would have all the resets of several.
  void Scatter(double seconds) {
    const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    const auto steps = static_cast<std::size_t>(env_->spec().max_steps);
    for (std::size_t t = 0; t < steps && Clock::now() < until; ++t) {
      env_->Step(actions_[t % kActionTables].view(), 0, static_cast<int>(n_), columns());
      std::vector<int> rows;
      for (std::size_t row = n_ * t / steps; row < n_ * (t + 1) / steps; ++row) rows.push_back(static_cast<int>(row));
      env_->Reset(rows, std::vector<std::optional<Seed>>(rows.size()), columns());
    }
  }

  // Resets rows in mid-episode for about `seconds`, on this thread. Returns ns of processor time for one.
  double ResetNs(double seconds) {
    const double begin = CpuSeconds();
    double cpu_s = 0;
    std::size_t resets = 0;
    do {
      const std::size_t count = std::min<std::size_t>(n_, 64), first = resets % (n_ - count + 1);
      std::vector<int> rows(count);
      std::iota(rows.begin(), rows.end(), static_cast<int>(first));
      env_->Reset(rows, std::vector<std::optional<Seed>>(count), columns());
      resets += count;
      cpu_s = CpuSeconds() - begin;
    } while (cpu_s < seconds);
    return cpu_s / static_cast<double>(resets) * 1e9;
  }

  // Bytes an environment holds, if it tells.
  std::optional<std::size_t> bytes_per_env() const {
    const auto* footprint = dynamic_cast<const FootprintInspectable*>(env_.get());
    return footprint ? std::optional(footprint->bytes_per_env()) : std::nullopt;
  }

 private:
  struct Part {
    std::size_t begin = 0, end = 0, next = 0;  // its rows; the table of its next actions
  };

  // At least one step of a part's rows. Returns its live frames.
  std::int64_t StepPart(std::size_t p) {
    Part& part = parts_[p];
    const auto types = std::span(step_type_).subspan(part.begin, part.end - part.begin);
    std::int64_t frames = 0;
    for (std::size_t rows = 0; rows < 8192; rows += types.size()) {
      frames += std::ssize(types) - std::ranges::count(types, StepType::kLast);
      env_->Step(actions_[part.next++ % kActionTables].view(), static_cast<int>(part.begin), static_cast<int>(part.end),
                 columns());
    }
    return frames;
  }
  StepColumns columns() { return {views_, reward_, discount_, end_, step_type_}; }

  std::unique_ptr<VectorEnv> env_;
  std::size_t n_;
  std::vector<Part> parts_;
  std::vector<Tensor> obs_, actions_;
  std::vector<TensorView> views_;
  std::vector<double> reward_;
  std::vector<float> discount_;
  std::vector<std::uint8_t> end_;
  std::vector<StepType> step_type_;
};

void BenchEnvs(const BenchEnvsArgs& args, const Terminal& terminal) {
  if (args.all && !args.ids.empty()) throw UserError("rove bench envs: --all measures every id; name none beside it");
  const auto ids = args.all ? AllIds() : args.ids.empty() ? kShown : args.ids;
  const double seconds = args.seconds.value_or(args.all ? 0.2 : 2);
  if (args.threads > args.envs)
    throw UserError(
        fmt::format("rove bench envs: --threads: {} are more than {} environments; raise --envs", args.threads, args.envs));
  SetThreads(args.threads);
  for (const std::string& id : ids) Stepper(id, 1, 1);  // a wrong name is refused before minutes of measuring
  Json rows = Json::array();
  if (!args.json) {
    terminal.out << fmt::format(
        "{}; {} thread{}, {} environments, random actions, resets included; median of {} x {} s\n\n"
        "{:<44}{:>10}{:>18}{:>14}{:>9}{:>11}{:>10}\n",
        CpuModel(), args.threads, args.threads > 1 ? "s" : "", args.envs, args.repeats, seconds, "environment", "M steps/s",
        "[min, max]", "M/core-second", "ns/step", "us/reset", "bytes/env");
  }
  std::pair<double, std::string> slowest;
  for (const std::string& id : ids) {
    if (args.json) terminal.err << fmt::format("{}/{} {}", rows.size() + 1, ids.size(), id) << std::endl;
    Stepper stepper(id, args.envs, args.threads);
    stepper.Scatter(seconds);
    stepper.Run(0.1 * seconds);
    std::vector<double> rates, core_rates;
    for (int r = 0; r < args.repeats; ++r) {
      const Stepper::Rate rate = stepper.Run(seconds);
      rates.push_back(rate.per_s);
      core_rates.push_back(rate.per_core_s);
    }
    const Spread spread(rates), core(core_rates);
    const double reset_ns = stepper.ResetNs(0.1 * seconds);
    const auto bytes = stepper.bytes_per_env();
    if (slowest.second.empty() || core.median < slowest.first) slowest = {core.median, id};
    if (args.json) {
      rows.push_back({{"env", id},
                      {"steps_per_s", spread.json()},
                      {"steps_per_core_s", core.json()},
                      {"ns_per_step", 1e9 / core.median},
                      {"ns_per_reset", reset_ns},
                      {"bytes_per_env", bytes ? Json(*bytes) : Json()}});
    } else {
      terminal.out << fmt::format("{:<44}{:>10.2f}{:>18}{:>14.2f}{:>9.1f}{:>11.2f}{:>10}", id, spread.median / 1e6,
                                  fmt::format("[{:.2f}, {:.2f}]", spread.low / 1e6, spread.high / 1e6), core.median / 1e6,
                                  1e9 / core.median, reset_ns / 1e3, bytes ? std::to_string(*bytes) : "-")
                   << std::endl;
    }
  }
  if (args.json) {
    terminal.out << Json{{"cpu", CpuModel()},  {"build_id", BuildId()},   {"envs", args.envs}, {"threads", args.threads},
                         {"seconds", seconds}, {"repeats", args.repeats}, {"results", rows}}
                        .dump(1)
                 << "\n";
  } else {
    terminal.out << fmt::format("\n{} environment{}; slowest: {}, {:.2f} M steps a core-second\n", ids.size(),
                                ids.size() == 1 ? "" : "s", slowest.second, slowest.first / 1e6);
  }
}

}  // namespace

void AddBenchEnvs(CLI::App& bench, const Terminal& terminal) {
  auto args = std::make_shared<BenchEnvsArgs>();
  CLI::App* command = bench.add_subcommand("envs", "Steps a second, random actions, resets included");
  command->add_option("ids", args->ids, "names from `rove list envs` (default: a choice of MiniGrid ids)");
  command->add_flag("--all", args->all, "every MiniGrid and BabyAI id");
  command->add_option("--envs", args->envs, "environments stepped together")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 22));
  command->add_option("--threads", args->threads, "threads, each with its share of the environments")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command->add_option("--seconds", args->seconds, "of one repeat (default: 2; with --all 0.2)")->check(FiniteRange(0.001, 3600));
  command->add_option("--repeats", args->repeats, "repeats; the median is reported")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command->add_flag("--json", args->json, "as JSON");
  command->callback([args, &terminal] { BenchEnvs(*args, terminal); });
}

}  // namespace rove
