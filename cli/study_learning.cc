// rove study dmc, minigrid, run, report: learning studies, from files in configs/studies.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <ostream>

#include "cli/command_line.h"
#include "cli/stop_signals.h"
#include "cli/study_plan.h"
#include "cli/study_runner.h"
#include "cli/study_status.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/file.h"
#include "eval/learning_report.h"

namespace rove {
namespace {

struct StudyArgs {
  std::string study;  // a name, or a path
  StudyRunOptions options{.jobs = 0};
  bool quick = false, dry_run = false;
};

// docs/results/NAME holds the results that are kept; a quick look stays out of it.
void FillFolders(const StudyDesign& design, bool quick, StudyRunOptions* options) {
  const std::string runs = "runs/study-" + design.name + (quick ? "-quick" : "");
  if (options->runs.empty()) options->runs = runs;
  if (options->out.empty()) options->out = quick ? runs + "/results" : "docs/results/" + design.name;
}

void WriteReport(const StudyDesign& design, const std::string& out, bool quick, const Terminal& terminal) {
  std::vector<std::string> refused;
  const StudyRuns runs = ReadStudyRuns(design, out, &refused);
  for (std::string& line : UnnamedRuns(design, out)) refused.push_back(std::move(line));
  // Its file's name without a folder, so that the page does not depend on where it was made.
  const bool shipped = design.file == "configs/studies/" + design.name + ".yaml";
  const std::string command =
      fmt::format("rove study report {}{}{}", design.name, shipped ? "" : ".yaml", quick ? " --quick" : "");
  for (std::string& line : refused) {  // no path of this machine in the page
    if (line.starts_with(out + "/")) line.erase(0, out.size() + 1);
    terminal.err << "left out: " << line << "\n";
  }
  const LearningReport report = MakeLearningReport(design, runs, refused, command);
  std::error_code failed;
  std::filesystem::create_directories(out, failed);
  if (failed) throw UserError(out + ": cannot be made: " + failed.message() + "; choose another folder with -o");
  WriteFileAtomically(out + "/report.html", report.html);
  WriteFileAtomically(out + "/summary.md", report.markdown);
  WriteFileAtomically(out + "/summary.csv", report.csv);
  for (const StudyTask& task : design.tasks) {
    const std::string name = task.name + ".svg", path = out + "/" + name;
    if (const auto figure = report.figures.find(name); figure != report.figures.end())
      WriteFileAtomically(path, figure->second);
    else
      std::filesystem::remove(path, failed);  // of runs that are no longer there
  }
  terminal.out << fmt::format("{}/report.html (summary.md, summary.csv and figures beside it), {} runs\n", out, runs.size());
}

void Study(StudyArgs args, const Terminal& terminal) {
  const StopSignals signals;
  const StudyPlan plan = LoadStudyPlan(args.study, args.quick);
  FillFolders(plan.design, args.quick, &args.options);
  if (args.options.jobs == 0) args.options.jobs = NumCores();
  if (args.dry_run) return ShowStudy(plan, args.options, terminal);
  const StudyOutcome outcome = RunStudy(plan, args.options, terminal, signals.token());
  WriteReport(plan.design, args.options.out, args.quick, terminal);
  if (outcome.stopped) terminal.out << "stopped; the same command goes on\n";
  if (const auto& problems = outcome.problems; !problems.empty()) {
    const std::string more = problems.size() > 1 ? fmt::format(" (and {} more)", problems.size() - 1) : "";
    throw SystemError("not all is done: " + problems[0] + more);
  }
}

void AddOutput(CLI::App* command, StudyArgs* args) {
  command->add_option("-o,--out", args->options.out,
                      "folder of CSV files and report (default: docs/results/NAME, with --quick runs/study-NAME-quick/results)");
  command->add_flag("--quick", args->quick, "one seed, tiny runs: shows that everything works; no result");
}

CLI::App* AddLearning(CLI::App& study, const std::string& name, const std::string& doc, const Terminal& terminal,
                      const std::shared_ptr<StudyArgs>& args) {
  CLI::App* command = study.add_subcommand(name, doc);
  AddOutput(command, args.get());
  command->add_option("--runs", args->options.runs,
                      "folder of runs in progress (default: runs/study-NAME, with --quick runs/study-NAME-quick)");
  command->add_option("--jobs", args->options.jobs, "runs at a time, one thread each; 0: one a core")->check(CLI::Range(0, 1024));
  command->add_option("--only", args->options.only, "TASK or TASK/ARM, with * and ?; may be given several times");
  command->add_flag("--list,--dry-run", args->dry_run, "shows what is done and what is left, and runs nothing");
  command->add_flag("--force", args->options.force, "runs again what was finished with another config");
  command->add_flag("--keep-checkpoints", args->options.keep_checkpoints, "of finished runs");
  command->callback([args, &terminal] { Study(*args, terminal); });
  return command;
}

}  // namespace

void AddStudyLearning(CLI::App& study, const Terminal& terminal) {
  const auto named = [&](const std::string& name, const std::string& doc) {
    auto args = std::make_shared<StudyArgs>();
    args->study = name;
    AddLearning(study, name, doc + " (configs/studies/" + name + ".yaml); goes on where it stopped", terminal, args);
  };
  named("dmc", "SAC and bonuses on the DeepMind Control Suite");
  named("minigrid", "Every bonus on MiniGrid's exploration tasks");
  auto run = std::make_shared<StudyArgs>();
  AddLearning(study, "run", "A study of your own", terminal, run)->add_option("study", run->study, "a study file")->required();

  auto args = std::make_shared<StudyArgs>();
  CLI::App* report = study.add_subcommand("report", "Writes a learning study's report from its CSV files alone");
  report->add_option("study", args->study, "dmc, minigrid, or a study file")->required();
  AddOutput(report, args.get());
  report->callback([args, &terminal] {
    const StudyPlan plan = LoadStudyPlan(args->study, args->quick);
    StudyRunOptions options = args->options;
    FillFolders(plan.design, args->quick, &options);
    WriteReport(plan.design, options.out, args->quick, terminal);
  });
}

}  // namespace rove
