// rove plot: learning curves of runs. Runs whose configs differ in nothing but seed and place are one arm.
#include "eval/plot.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
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
  Curve curve;
};

PlottedRun ReadRun(const std::string& folder, const PlotArgs& args) {
  if (!HoldsRun(folder))
    throw UserError(folder + ": is no run (no config.yaml in it); name the folder that `rove train` printed");
  auto leaves = Leaves(ReadFile(ConfigPath(folder)));
  PlottedRun run{.group = "", .label = leaves["run.label"], .env = leaves["env.type"], .curve = ReadCurve(folder, args.metric)};
  if (args.group_by == "label") {
    run.group = run.label;
  } else {
    leaves.erase("run.seed");
    run.group = ConfigHash(leaves);
  }
  return run;
}

std::string YLabel(const std::string& metric) {
  static const std::map<std::string, std::string> kNames = {{"eval/return_mean", "mean return, evaluation"},
                                                            {"eval/success_rate", "success rate, evaluation"},
                                                            {"episode/return_100", "mean return, last 100 training episodes"},
                                                            {"episode/success_100", "success rate, last 100 training episodes"}};
  const auto found = kNames.find(metric);
  return found != kNames.end() ? found->second : metric;
}

void Plot(const PlotArgs& args, const Terminal& terminal) {
  std::vector<Arm> arms;
  std::vector<std::string> groups;
  std::set<std::string> envs;
  for (const std::string& folder : args.runs) {
    PlottedRun run = ReadRun(folder, args);
    envs.insert(run.env);
    auto group = std::find(groups.begin(), groups.end(), run.group);
    if (group == groups.end()) {
      groups.push_back(run.group);
      arms.push_back({run.label, {}});
      group = groups.end() - 1;
    }
    arms[static_cast<std::size_t>(group - groups.begin())].seeds.push_back(std::move(run.curve));
  }
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
