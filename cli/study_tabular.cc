// rove study tabular: MADE's tabular claims, run and judged.
#include <fmt/format.h>

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

struct StudyTabularArgs {
  std::string folder = "runs/study-tabular";
  bool quick = false, json = false;
  int threads = 0;
};

void StudyTabular(const StudyTabularArgs& args, const Terminal& terminal) {
  std::error_code failed;
  std::filesystem::create_directories(args.folder, failed);
  if (failed) throw UserError(args.folder + ": " + failed.message() + "; choose another folder with -o");
  if (args.threads > 0) SetThreads(args.threads);
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const TabularStudy study =
      RunTabularStudy(args.quick ? TabularStudySize::Quick() : TabularStudySize(), [&](const std::string& part) {
        if (!args.json) terminal.out << fmt::format("{:6.1f} s  {}", seconds(), part) << std::endl;
      });
  const Judgement judgement = Judge(study);
  const std::string command = std::string("rove study tabular") + (args.quick ? " --quick" : "");
  const std::string html = args.folder + "/report.html", json = TabularReportJson(study, judgement, command);
  WriteFileAtomically(html, TabularReportHtml(study, judgement, command));
  WriteFileAtomically(args.folder + "/report.json", json);
  if (args.json) {
    terminal.out << json;
    return;
  }
  terminal.out << "\n";
  for (const Claim& claim : judgement.claims)
    terminal.out << fmt::format("{:14}  {}\n{:16}{}\n", Name(claim.verdict), claim.text, "", claim.evidence);
  terminal.out << fmt::format("\n{} (report.json beside it), {:.0f} s on {} threads\n", html, seconds(), Threads());
}

}  // namespace

void AddStudyTabular(CLI::App& study, const Terminal& terminal) {
  auto args = std::make_shared<StudyTabularArgs>();
  CLI::App* command = study.add_subcommand(
      "tabular", "MADE where it is exact: locks, chain, bonus maps; says claim by claim whether the paper's tabular claims hold");
  command->add_option("-o,--out", args->folder, "folder for report.html and report.json")->capture_default_str();
  command->add_flag("--quick", args->quick, "fewer seeds, settings and episodes: a look, not a result");
  command->add_option("--threads", args->threads, "0: all cores; the result is the same for any number")
      ->check(CLI::Range(0, 1024));
  command->add_flag("--json", args->json, "prints report.json instead of the summary");
  command->callback([args, &terminal] { StudyTabular(*args, terminal); });
}

}  // namespace rove
