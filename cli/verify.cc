// `rove verify`: recorded reference data against this program.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string>

#include "cli/command_line.h"
#include "cli/verify_dm_control.h"
#include "cli/verify_minigrid.h"
#include "core/error.h"

namespace rove {

void AddVerify(CLI::App& app, const Terminal& terminal) {
  CLI::App* const verify = app.add_subcommand("verify", "compare recorded traces of the reference, byte by byte");
  verify->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, const char* format, auto compare) {
    CLI::App* const command = verify->add_subcommand(name, what);
    const auto file = std::make_shared<std::string>();
    command->add_option("FILE", *file, format)->required();
    command->callback([file, compare, &terminal] {
      const auto summary = compare(*file);
      terminal.out << Report(summary);
      if (!summary.ok()) throw SystemError(*file + (summary.first_mismatch ? ": does not match" : ": nothing was compared"));
    });
  };
  add("minigrid", "traces of Farama Minigrid", "JSON lines, gzip or plain", VerifyMinigrid);
  add("dm_control", "episodes of the DeepMind Control Suite", "JSON, gzip or plain", VerifyDmControl);
}

}  // namespace rove
