// rove bench envs: steps a second under uniformly random actions, observations written and resets included. Only live frames
// count: the dead row of each episode (its reset) costs time and adds nothing. Each thread steps rows of its own
// and waits for no other, as within a run's rollout.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <ostream>
#include <span>

#include "cli/command_line.h"
#include "cli/random_actions.h"
#include "cli/spread.h"
#include "core/cpu.h"
#include "core/parallel.h"
#include "core/rng.h"
#include "engine/checkpoint.h"
#include "envs/registry.h"

namespace rove {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

struct BenchEnvsArgs {
  std::vector<std::string> ids;
  int envs = 1024, threads = 1, repeats = 5;
  double seconds = 2;
  bool json = false;
};

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

  // Steps all rows for about `seconds`. Returns live frames a second.
  double Run(double seconds) {
    const auto begin = Clock::now();
    const auto until = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    std::vector<std::int64_t> frames(parts_.size());
    ParallelFor(static_cast<int>(parts_.size()), [&](int p) {
      const auto part = static_cast<std::size_t>(p);
      do frames[part] += StepPart(part);
      while (Clock::now() < until);
    });
    const double elapsed_s = std::chrono::duration<double>(Clock::now() - begin).count();
    return static_cast<double>(std::accumulate(frames.begin(), frames.end(), std::int64_t{0})) / elapsed_s;
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
  const auto ids = args.ids.empty() ? Envs().Names() : args.ids;
  if (args.threads > args.envs)
    throw UserError(
        fmt::format("rove bench envs: --threads: {} are more than {} environments; raise --envs", args.threads, args.envs));
  SetThreads(args.threads);
  for (const std::string& id : ids) Stepper(id, 1, 1);  // a wrong name is refused before minutes of measuring
  Json rows = Json::array();
  if (!args.json) {
    terminal.out << fmt::format(
        "{}; {} thread{}, {} environments, random actions, resets included; median of {} x {} s\n\n{:<40}{:>14}{:>26}{:>10}\n",
        CpuModel(), args.threads, args.threads > 1 ? "s" : "", args.envs, args.repeats, args.seconds, "environment", "steps/s",
        "[min, max]", "ns/step");
  }
  for (const std::string& id : ids) {
    Stepper stepper(id, args.envs, args.threads);
    stepper.Run(0.1 * args.seconds);  // warm caches, and episodes out of step with each other
    std::vector<double> rates;
    for (int r = 0; r < args.repeats; ++r) rates.push_back(stepper.Run(args.seconds));
    const Spread spread(rates);
    if (args.json) {
      rows.push_back({{"env", id}, {"steps_per_s", spread.json()}, {"ns_per_step", 1e9 / spread.median}});
    } else {
      terminal.out << fmt::format("{:<40}{:>14.0f}{:>26}{:>10.1f}", id, spread.median,
                                  fmt::format("[{:.0f}, {:.0f}]", spread.low, spread.high), 1e9 / spread.median)
                   << std::endl;
    }
  }
  if (args.json) {
    terminal.out << Json{{"cpu", CpuModel()},       {"build_id", BuildId()},   {"envs", args.envs}, {"threads", args.threads},
                         {"seconds", args.seconds}, {"repeats", args.repeats}, {"results", rows}}
                        .dump(1)
                 << "\n";
  }
}

}  // namespace

void AddBenchEnvs(CLI::App& bench, const Terminal& terminal) {
  auto args = std::make_shared<BenchEnvsArgs>();
  CLI::App* command = bench.add_subcommand("envs", "Steps a second, random actions, resets included");
  command->add_option("ids", args->ids, "names from `rove list envs` (default: all)");
  command->add_option("--envs", args->envs, "environments stepped together")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 22));
  command->add_option("--threads", args->threads, "threads, each with its share of the environments")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command->add_option("--seconds", args->seconds, "of one repeat")->capture_default_str()->check(CLI::Range(0.001, 3600.0));
  command->add_option("--repeats", args->repeats, "repeats; the median is reported")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command->add_flag("--json", args->json, "as JSON");
  command->callback([args, &terminal] { BenchEnvs(*args, terminal); });
}

}  // namespace rove
