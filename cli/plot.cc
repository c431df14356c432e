// rove plot: learning curves of runs. Runs whose configs differ in nothing but the seed (and threads, folder, log, checkpoint,
// which no number depends on) are one arm.
#include "eval/plot.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <set>

#include "cli/command_line.h"
#include "cli/resume.h"
#include "cli/stored_run.h"
#include "core/error.h"
#include "core/file.h"
#include "eval/run_reader.h"

namespace rove {
namespace {

struct PlotArgs {
  std::vector<std::string> runs;
  std::string out = "curves.svg", metric = "eval/return_mean", group_by = "config";
};

struct PlottedRun {
  std::string group, label, env;
  std::map<std::string, std::string> leaves;  // of its config, without the seed
  Curve curve;
};

PlottedRun ReadRun(const std::string& folder, const PlotArgs& args) {
  if (!HoldsRun(folder))
    throw UserError(folder + ": is no run (no config.yaml in it); name the folder that `rove train` printed");
  auto leaves = Leaves(ReadFile(ConfigPath(folder)), ConfigPath(folder));
  std::erase_if(leaves, [](const auto& leaf) { return IsSeedOrPlace(leaf.first); });
  const std::string label = leaves["run.label"], env = leaves["env.type"];
  std::string group = label;
  if (args.group_by == "config") {
    group.clear();
    for (const auto& [key, value] : leaves) group += key + "=" + value + "\n";
  }
  return {.group = std::move(group), .label = label, .env = env, .leaves = leaves, .curve = ReadCurve(folder, args.metric)};
}

std::string YLabel(const std::string& metric) {
  static const std::map<std::string, std::string> kNames = {{"eval/return_mean", "mean return, evaluation"},
                                                            {"eval/success_rate", "success rate, evaluation"},
                                                            {"episode/return_100", "mean return, last 100 training episodes"},
                                                            {"episode/success_100", "success rate, last 100 training episodes"}};
  const auto found = kNames.find(metric);
  return found != kNames.end() ? found->second : metric;
}

// Arms of one label are told apart by the keys in which their configs differ: "made.count, gamma 0.99, weight 0.01".
std::string ArmLabel(const PlottedRun& run, const std::vector<PlottedRun>& firsts) {
  std::string label = run.label;
  for (const auto& leaf : run.leaves) {
    const bool differs = std::ranges::any_of(firsts, [&](const PlottedRun& other) {
      const auto found = other.leaves.find(leaf.first);
      return other.label == run.label && (found == other.leaves.end() || found->second != leaf.second);
    });
    if (differs) label += ", " + leaf.first.substr(leaf.first.rfind('.') + 1) + " " + leaf.second;
  }
  return label;
}

void Plot(const PlotArgs& args, const Terminal& terminal) {
  std::vector<PlottedRun> firsts;  // of each arm
  std::vector<Arm> arms;
  std::set<std::string> envs;
  std::set<std::filesystem::path> seen;
  for (const std::string& folder : args.runs) {
    PlottedRun run = ReadRun(folder, args);
    if (!seen.insert(std::filesystem::canonical(ConfigPath(folder))).second)
      throw UserError(folder + ": is given twice; a run counts once");
    envs.insert(run.env);
    auto arm = std::find_if(firsts.begin(), firsts.end(), [&](const PlottedRun& first) { return first.group == run.group; });
    if (arm == firsts.end()) {
      firsts.push_back(run);
      arms.emplace_back();
      arm = firsts.end() - 1;
    }
    arms[static_cast<std::size_t>(arm - firsts.begin())].seeds.push_back(std::move(run.curve));
  }
  for (std::size_t a = 0; a < arms.size(); ++a) arms[a].label = ArmLabel(firsts[a], firsts);
  std::string title;
  for (const std::string& env : envs) title += (title.empty() ? "" : ", ") + env;
  WriteFileAtomically(args.out, PlotSvg({title, YLabel(args.metric)}, arms));
  terminal.out << fmt::format("{}: {} of {} runs in {} arms\n", args.out, args.metric, args.runs.size(), arms.size());
}

}  // namespace

void AddPlot(CLI::App& app, const Terminal& terminal) {
  auto args = std::make_shared<PlotArgs>();
  CLI::App* command = app.add_subcommand("plot", "Learning curves as SVG: every seed, the IQM and the interquartile band");
  command->add_option("runs", args->runs, "run folders")->required();
  command->add_option("-o,--out", args->out, "SVG file")->capture_default_str();
  command->add_option("--metric", args->metric, "a name from docs/metrics.md")->capture_default_str();
  command
      ->add_option("--group-by", args->group_by, "config: one arm for configs equal but for the seed; label: for equal run.label")
      ->capture_default_str()
      ->check(CLI::IsMember({"config", "label"}));
  command->callback([args, &terminal] { Plot(*args, terminal); });
}

}  // namespace rove
