// rove study tabular: MADE's tabular claims, run and judged.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <ostream>

#include "cli/command_line.h"
#include "core/error.h"
#include "core/file.h"
#include "core/parallel.h"
#include "eval/tabular_report.h"

namespace rove {
namespace {

namespace fs = std::filesystem;

struct StudyTabularArgs {
  std::string folder;  // empty: kFolder, or kQuickFolder
  bool quick = false, json = false;
  int threads = 0;
};
constexpr const char *kFolder = "runs/study-tabular", *kQuickFolder = "runs/study-tabular-quick";

// Before the minutes that a study takes: refuses a folder that cannot take the report, or holds one.
void PrepareFolder(const std::string& folder) {
  std::error_code failed;
  if (fs::exists(folder + "/report.html", failed))
    throw UserError(folder + "/report.html: exists; choose another folder with -o, or remove it");
  const std::string figures = folder + "/figures";
  fs::create_directories(figures, failed);
  if (!failed && ::access(figures.c_str(), W_OK | X_OK) == 0 && ::access(folder.c_str(), W_OK | X_OK) == 0) return;
  const std::string reason = failed ? failed.message() : "not writable";
  throw UserError(folder + ": " + reason + "; choose another folder with -o");
}

void StudyTabular(const StudyTabularArgs& args, const Terminal& terminal) {
  const std::string folder = !args.folder.empty() ? args.folder : args.quick ? kQuickFolder : kFolder;
  PrepareFolder(folder);
  if (args.threads > 0) SetThreads(args.threads);
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const TabularStudy study =
      RunTabularStudy(args.quick ? TabularStudySize::Quick() : TabularStudySize(), [&](const std::string& part) {
        if (!args.json) terminal.out << fmt::format("{:6.1f} s  {}", seconds(), part) << std::endl;
      });
  const Judgement judgement = Judge(study);
  const std::string command = std::string("rove study tabular") + (args.quick ? " --quick" : "");
  const std::string html = folder + "/report.html", json = TabularReportJson(study, judgement, command);
  for (const NamedFigure& figure : TabularFigures(study)) WriteFileAtomically(folder + "/figures/" + figure.name, figure.svg);
  WriteFileAtomically(folder + "/report.json", json);
  WriteFileAtomically(html, TabularReportHtml(study, judgement, command));
  if (args.json) {
    terminal.out << json;
    return;
  }
  terminal.out << "\n";
  for (const Claim& claim : judgement.claims)
    terminal.out << fmt::format("{:14} {:20} {}\n", Name(claim.verdict), claim.summary, claim.text);
  terminal.out << fmt::format("\n{} (report.json and figures/ beside it), {:.0f} s on {} threads\n", html, seconds(), Threads());
}

}  // namespace

void AddStudyTabular(CLI::App& study, const Terminal& terminal) {
  auto args = std::make_shared<StudyTabularArgs>();
  CLI::App* command = study.add_subcommand(
      "tabular", "MADE where it is exact: locks, chain, bonus maps; says claim by claim whether the paper's tabular claims hold");
  command->add_option(
      "-o,--out", args->folder,
      fmt::format("folder for report.html, report.json and figures/; without it {}, or {}", kFolder, kQuickFolder));
  command->add_flag("--quick", args->quick, "fewer seeds, settings and episodes: a look, not a result");
  command->add_option("--threads", args->threads, "0: all cores; the result is the same for any number")
      ->check(CLI::Range(0, 1024));
  command->add_flag("--json", args->json, "prints report.json instead of the summary");
  command->callback([args, &terminal] { StudyTabular(*args, terminal); });
}

}  // namespace rove
