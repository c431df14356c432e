// rove eval: how good the policy of a run's newest checkpoint is, greedy and sampled, on levels it was not trained on.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "cli/command_line.h"
#include "cli/run_setup.h"
#include "cli/stored_policy.h"
#include "cli/validators.h"
#include "core/error.h"
#include "engine/checkpoint.h"
#include "eval/evaluator.h"
#include "eval/statistics.h"

namespace rove {
namespace {

using Json = nlohmann::ordered_json;

struct EvalArgs {
  std::string run;
  int episodes = 100;
  std::optional<Seed> seed;
  bool json = false;
};

constexpr const char* kIntervalNote = "95 % bootstrap interval over episodes of one trained policy, not over training seeds";

Json Summary(const EvalResult& result, Seed seed) {
  const std::vector<double> lengths(result.lengths.begin(), result.lengths.end());
  const std::vector<double> success(result.success.begin(), result.success.end());
  const auto interval = [&](const std::vector<double>& xs, double (*statistic)(std::span<const double>)) {
    const Interval i = Bootstrap(xs, statistic, seed);
    return Json{i.low, i.high};
  };
  Json out = {{"episodes", result.returns.size()},
              {"return_mean", Mean(result.returns)},
              {"return_mean_interval", interval(result.returns, Mean)},
              {"return_iqm", Iqm(result.returns)},
              {"return_iqm_interval", interval(result.returns, Iqm)},
              {"success_rate", success.empty() ? Json() : Json(Mean(success))},
              {"success_rate_interval", success.empty() ? Json() : interval(success, Mean)},
              {"length_mean", Mean(lengths)},
              {"length_min", *std::min_element(lengths.begin(), lengths.end())},
              {"length_max", *std::max_element(lengths.begin(), lengths.end())}};
  out["returns"] = result.returns;
  out["lengths"] = result.lengths;
  return out;
}

std::string TableRow(const char* mode, const Json& s) {
  const auto interval = [](const Json& i) { return fmt::format("[{:.3f}, {:.3f}]", i[0].get<double>(), i[1].get<double>()); };
  const std::string success = s["success_rate"].is_null() ? "-"
                                                          : fmt::format("{:.3f} {}", s["success_rate"].get<double>(),
                                                                        interval(s["success_rate_interval"]));
  return fmt::format("{:<9}{:<24}{:<24}{:<24}{:.1f} ({:.0f} to {:.0f})\n", mode,
                     fmt::format("{:.3f} {}", s["return_mean"].get<double>(), interval(s["return_mean_interval"])),
                     fmt::format("{:.3f} {}", s["return_iqm"].get<double>(), interval(s["return_iqm_interval"])), success,
                     s["length_mean"].get<double>(), s["length_min"].get<double>(), s["length_max"].get<double>());
}

void RunEval(const EvalArgs& args, const Terminal& terminal) {
  const StoredPolicy policy = LoadStoredPolicy(args.run, terminal.err);
  const RunSetup& setup = policy.setup;
  const Checkpoint& checkpoint = policy.checkpoint;
  const EngineOptions& options = setup.engine;

  // Levels of its own: neither those of training nor those of the evaluations during it.
  const Seed seed = args.seed.value_or(DeriveSeed(options.seed, "rove eval", 0));
  const int block = options.act_block;
  const auto env = BuildEvaluationEnv(policy.config, std::min((args.episodes + block - 1) / block * block, 16 * block));
  Json modes;
  for (const auto& [name, mode] : {std::pair{"greedy", ActMode::kEvaluate}, std::pair{"sampled", ActMode::kExplore}}) {
    modes[name] = Summary(Evaluate(*env, *setup.agent, *policy.snapshot,
                                   {.episodes = args.episodes, .mode = mode, .seed = seed, .act_block = block}),
                          seed);
  }
  if (args.json) {
    terminal.out << Json{{"run", args.run},
                         {"env", setup.env_type},
                         {"agent", setup.agent_type},
                         {"rewards", setup.rewards},
                         {"frames", checkpoint.env_steps},
                         {"updates", checkpoint.updates},
                         {"config_hash", checkpoint.identity.config_hash},
                         {"build_id", BuildId()},
                         {"trained_by_build_id", checkpoint.identity.build_id},
                         {"seed", seed},
                         {"intervals", kIntervalNote},
                         {"modes", modes}}
                        .dump(1, ' ', false, Json::error_handler_t::replace)
                 << "\n";
    return;
  }
  terminal.out << fmt::format("{}: {} after {} frames of {}; {} episodes a mode\n\n{:<9}{:<24}{:<24}{:<24}{}\n", args.run,
                              setup.env_type, checkpoint.env_steps, setup.agent_type, args.episodes, "", "return, mean",
                              "return, IQM", "success rate", "length");
  for (const auto& [name, summary] : modes.items()) terminal.out << TableRow(name.c_str(), summary);
  terminal.out << "\n[low, high]: " << kIntervalNote << "\n";
}

}  // namespace

void AddEval(CLI::App& app, const Terminal& terminal) {
  auto args = std::make_shared<EvalArgs>();
  CLI::App* command = app.add_subcommand("eval", "Evaluate the newest checkpoint of a run, greedy and sampled");
  command->add_option("run", args->run, "run folder (may be in use)")->required();
  command->add_option("--episodes", args->episodes, "episodes a mode")->capture_default_str()->check(CLI::Range(1, 1'000'000));
  command->add_option("--seed", args->seed, "of the levels and the sampling (default: derived from the run's seed)")
      ->check(SeedText());
  command->add_flag("--json", args->json, "everything, each episode included, as JSON");
  command->callback([args, &terminal] { RunEval(*args, terminal); });
}

}  // namespace rove
