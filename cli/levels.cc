// rove levels: which levels of an environment can be solved.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "cli/command_line.h"
#include "cli/single_env.h"
#include "cli/validators.h"
#include "core/error.h"
#include "envs/registry.h"
#include "envs/solvable.h"

namespace rove {
namespace {

using Json = nlohmann::ordered_json;

struct LevelsArgs {
  std::string id;
  std::vector<std::string> overrides;
  Seed first = 0, count = 1000;
  bool json = false;
};

constexpr std::array<const char*, 3> kVerdicts = {"solvable", "unsolvable", "unknown"};  // by Solvability

void CheckLevels(const LevelsArgs& args, const Terminal& terminal) {
  SingleEnv env(Envs().Create(Config::Parse("type: \"" + args.id + "\"", "rove levels", args.overrides), {.num_envs = 1}));
  const auto* const grids = dynamic_cast<const GridInspectable*>(&env.env());
  const auto* const tasks = dynamic_cast<const GridTask*>(&env.env());
  if (grids == nullptr || tasks == nullptr) throw UserError("rove levels: " + args.id + " has no grids to search");

  if (args.first > std::numeric_limits<Seed>::max() - args.count)
    throw UserError("rove levels: --first: seeds end at 18446744073709551615; lower it or --count");

  std::array<std::vector<Seed>, kVerdicts.size()> seeds;
  for (Seed seed = args.first; seed < args.first + args.count; ++seed) {
    env.Reset(seed);
    seeds[static_cast<std::size_t>(Solve(grids->Inspect(0), tasks->Goal(0)))].push_back(seed);
  }
  if (args.json) {
    Json out = {{"env", args.id}, {"first", args.first}, {"count", args.count}};
    for (std::size_t v = 0; v < seeds.size(); ++v) out[kVerdicts[v]] = seeds[v].size();
    for (std::size_t v = 1; v < seeds.size(); ++v) out[std::string(kVerdicts[v]) + "_seeds"] = seeds[v];
    terminal.out << out.dump(1) << "\n";
    return;
  }
  terminal.out << fmt::format("{}, levels of seeds {} to {}\n", args.id, args.first, args.first + args.count - 1);
  for (std::size_t v = 0; v < seeds.size(); ++v) {
    terminal.out << fmt::format("{:<12}{:>8}", kVerdicts[v], seeds[v].size());
    constexpr std::size_t kShown = 10;
    for (std::size_t k = 0; v > 0 && k < std::min(seeds[v].size(), kShown); ++k)
      terminal.out << (k == 0 ? "   seeds " : ", ") << seeds[v][k];
    terminal.out << (v > 0 && seeds[v].size() > kShown ? ", ... (all with --json)\n" : "\n");
  }
}

}  // namespace

void AddLevels(CLI::App& app, const Terminal& terminal) {
  auto args = std::make_shared<LevelsArgs>();
  CLI::App* command =
      app.add_subcommand("levels", "Count the levels of an environment that can be solved, and those that cannot");
  command->add_option("env", args->id, "a MiniGrid name from `rove list envs`")->required();
  command->add_option("overrides", args->overrides, "KEY=VALUE of the environment's config, as size=7");
  command->add_option("--first", args->first, "first seed")->capture_default_str()->check(SeedText());
  command->add_option("--count", args->count, "number of seeds")->capture_default_str()->check(CLI::Range(1, 100'000'000));
  command->add_flag("--json", args->json, "as JSON, with the seeds of all that are not solvable");
  command->callback([args, &terminal] { CheckLevels(*args, terminal); });
}

}  // namespace rove
