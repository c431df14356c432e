#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <ostream>

#include "core/config.h"
#include "core/error.h"
#include "engine/checkpoint.h"

namespace rove {
namespace {

// CLI11 reports an unknown subcommand as an unexpected argument; this names it and the nearest one.
void RefuseUnknownCommand(const CLI::App& app, const std::vector<std::string>& args) {
  if (args.empty() || args[0].starts_with("-")) return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), args[0]) == names.end()) {
    throw UserError("rove: unknown command \"" + args[0] + "\"" + DidYouMean(args[0], names) + " (rove --help)");
  }
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
  AddPlot(app, terminal);
  AddList(app, terminal);
  AddVerify(app, terminal);
  AddDoctor(app, terminal);
  AddBench(app, terminal);
  AddStudy(app, terminal);
  try {
    RefuseUnknownCommand(app, args);
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // CLI11 takes them last first
    return 0;
  } catch (const CLI::Success& help) {
    app.exit(help, terminal.out, terminal.err);
    return 0;
  } catch (const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    const std::string command = chosen.empty() ? "rove" : "rove " + chosen[0]->get_name();
    terminal.err << command << ": " << JoinLines(error.what()) << " (" << command << " --help)\n";
    return 2;
  } catch (const Error& error) {
    terminal.err << JoinLines(error.what()) << "\n";
    return error.exit_code();
  } catch (const std::exception& error) {
    terminal.err << "rove: internal error: " << JoinLines(error.what()) << "\n";
    return 1;
  }
}

}  // namespace rove
