// rove bench train: frames a second of a whole training run, and where its time goes. No files, no evaluation.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <ostream>

#include "cli/command_line.h"
#include "cli/replay_import.h"
#include "cli/run_setup.h"
#include "cli/spread.h"
#include "core/cpu.h"
#include "core/parallel.h"
#include "engine/checkpoint.h"

namespace rove {
namespace {

using Json = nlohmann::ordered_json;

struct BenchTrainArgs {
  std::string config;
  std::vector<std::string> overrides;
  std::int64_t frames = 200'000;
  int repeats = 3;
  bool json = false;
};

constexpr std::array<const char*, 4> kParts = {"env", "act", "reward", "learn"};

// Shares of the wall time. env and act run on several threads at once, so their thread-seconds are divided by how many; in
// pipelined mode collecting and learning overlap and the shares may add up to more than 1. updates_per_s: an off-policy agent's
// batches a second of sampling, rescoring and learning; 0 on policy.
struct Measured {
  double frames_per_s = 0, updates_per_s = 0;
  std::array<double, 4> share{};
};

Measured RunOnce(const Config& config) {
  RunSetup setup = BuildRun(config);
  FillReplay(setup);
  setup.parts.hooks.clear();
  setup.engine.checkpoint_every = 0;
  const int threads = setup.run.threads > 0 ? setup.run.threads : NumCores();
  SetThreads(threads);
  const int blocks = (setup.run.num_envs + setup.engine.act_block - 1) / setup.engine.act_block;
  const double collectors = std::min(threads, blocks);
  Engine engine(std::move(setup.parts), setup.engine);
  Metrics timing;
  engine.progress = [&](const Progress& row) { timing = row.timing; };
  const auto begin = std::chrono::steady_clock::now();
  const RunResult result = engine.Run();
  const double wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  Measured measured{.frames_per_s = static_cast<double>(result.env_steps) / wall_s};
  double learn_s = 0;
  for (std::size_t p = 0; p < kParts.size(); ++p) {
    const double* part_s = timing.Find(fmt::format("time/{}_s", kParts[p]));
    if (p >= 2) learn_s += part_s != nullptr ? *part_s : 0;
    measured.share[p] = (part_s != nullptr ? *part_s : 0) / wall_s / (p < 2 ? collectors : 1);
  }
  if (result.batches > 0) measured.updates_per_s = static_cast<double>(result.batches) / learn_s;
  return measured;
}

void BenchTrain(const BenchTrainArgs& args, const Terminal& terminal) {
  std::vector<std::string> overrides = args.overrides;
  overrides.push_back(fmt::format("run.frames={}", args.frames));
  std::vector<Measured> runs;
  for (int r = 0; r < args.repeats; ++r) {
    runs.push_back(RunOnce(Config::Load(args.config, overrides)));
    if (!args.json) {
      terminal.out << fmt::format("repeat {} of {}: {:.0f} frames/s", r + 1, args.repeats, runs.back().frames_per_s) << std::endl;
    }
  }
  const auto spread = [&](auto value) {
    std::vector<double> values;
    for (const Measured& run : runs) values.push_back(value(run));
    return Spread(values);
  };
  const Spread rate = spread([](const Measured& m) { return m.frames_per_s; });
  const Spread updates = spread([](const Measured& m) { return m.updates_per_s; });
  Json shares;
  for (std::size_t p = 0; p < kParts.size(); ++p)
    shares[kParts[p]] = spread([p](const Measured& m) { return m.share[p]; }).median;
  if (args.json) {
    terminal.out << Json{{"cpu", CpuModel()},           {"build_id", BuildId()},
                         {"blas_kernel", BlasKernel()}, {"threads", Threads()},
                         {"config", args.config},       {"overrides", args.overrides},
                         {"frames", args.frames},       {"repeats", args.repeats},
                         {"frames_per_s", rate.json()}, {"updates_per_s", updates.json()},
                         {"share_of_wall", shares}}
                        .dump(1)
                 << "\n";
    return;
  }
  terminal.out << fmt::format("\n{}, {} frames on {} threads ({})\nframes/s    {:.0f} [{:.0f}, {:.0f}]\n", args.config,
                              args.frames, Threads(), CpuModel(), rate.median, rate.low, rate.high);
  if (updates.median > 0)
    terminal.out << fmt::format("updates/s   {:.0f} [{:.0f}, {:.0f}]\n", updates.median, updates.low, updates.high);
  terminal.out << "wall time   ";
  for (const auto& [name, share] : shares.items()) terminal.out << fmt::format("{} {:.1f}%  ", name, 100 * share.get<double>());
  terminal.out << "\n";
}

}  // namespace

void AddBenchTrain(CLI::App& bench, const Terminal& terminal) {
  auto args = std::make_shared<BenchTrainArgs>();
  CLI::App* command = bench.add_subcommand("train", "Frames a second of a training run, and its parts; writes nothing");
  command->add_option("config", args->config, "a YAML config")->required();
  command->add_option("overrides", args->overrides, "key.sub=value ...");
  command->add_option("--frames", args->frames, "live frames of one repeat")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
  command->add_option("--repeats", args->repeats, "repeats; the median is reported")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command->add_flag("--json", args->json, "as JSON");
  command->callback([args, &terminal] { BenchTrain(*args, terminal); });
}

}  // namespace rove
