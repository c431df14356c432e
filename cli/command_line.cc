#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <filesystem>
#include <new>
#include <ostream>

#include "core/config.h"
#include "core/error.h"
#include "engine/checkpoint.h"

namespace rove {
namespace {

// CLI11 reports an unknown subcommand as an unexpected argument; this names it and the nearest one, at each level.
void RefuseUnknownCommand(const CLI::App& app, const std::vector<std::string>& args, std::size_t at = 0) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  if (commands.empty() || at >= args.size() || args[at].starts_with("-")) return;
  const std::string path = at == 0 ? app.get_name() : "rove " + app.get_name();
  std::vector<std::string> names;
  for (const CLI::App* command : commands) {
    if (command->get_name() == args[at]) return RefuseUnknownCommand(*command, args, at + 1);
    names.push_back(command->get_name());
  }
  throw UserError(path + ": unknown command \"" + args[at] + "\"" + DidYouMean(args[at], names) + " (" + path + " --help)");
}

// CLI11 and the standard library may break lines in their messages; a user gets one.
std::string JoinLines(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

int RunCommandLine(const std::vector<std::string>& args, const Terminal& terminal) {
  CLI::App app("rove: exploration-first reinforcement learning", "rove");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("rove ") + kVersion + " build " + BuildId());
  AddTrain(app, terminal);
  AddEval(app, terminal);
  AddExportReplay(app, terminal);
  AddPlot(app, terminal);
  AddPlay(app, terminal);
  AddRecord(app, terminal);
  AddList(app, terminal);
  AddVerify(app, terminal);
  AddLevels(app, terminal);
  AddDoctor(app, terminal);
  AddBench(app, terminal);
  AddStudy(app, terminal);
  try {
    RefuseUnknownCommand(app, args);
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // CLI11 takes them last first
    terminal.out.flush();
    if (!terminal.out) throw SystemError("standard output: cannot be written; what was to be printed is incomplete");
    return 0;
  } catch (const CLI::Success& help) {
    app.exit(help, terminal.out, terminal.err);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::string command = "rove";
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
      at = at->get_subcommands().front();
      command += " " + at->get_name();
    }
    terminal.err << command << ": " << JoinLines(error.what()) << " (" << command << " --help)\n";
    return 2;
  } catch (const Error& error) {
    terminal.err << JoinLines(error.what()) << "\n";
    return error.exit_code();
  } catch (const std::filesystem::filesystem_error& error) {
    terminal.err << error.path1().string() << ": " << error.code().message() << "\n";
    return 1;
  } catch (const std::bad_alloc&) {
    terminal.err << "out of memory; lower env.count, run.rollout, the network or a bonus's max_states\n";
    return 1;
  } catch (const std::exception& error) {
    terminal.err << "rove: internal error: " << JoinLines(error.what()) << "\n";
    return 1;
  }
}

}  // namespace rove
