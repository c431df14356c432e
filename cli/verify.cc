// `rove verify`: recorded reference data against this program.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string>

#include "cli/command_line.h"
#include "cli/verify_minigrid.h"
#include "core/error.h"

namespace rove {

void AddVerify(CLI::App& app, const Terminal& terminal) {
  CLI::App* const verify = app.add_subcommand("verify", "compare recorded traces of the reference, byte by byte");
  verify->require_subcommand(1);
  CLI::App* const minigrid = verify->add_subcommand("minigrid", "traces of Farama Minigrid");
  const auto file = std::make_shared<std::string>();
  minigrid->add_option("FILE", *file, "JSON lines, gzip or plain")->required();
  minigrid->callback([file, &terminal] {
    const VerifySummary summary = VerifyMinigrid(*file);
    terminal.out << Report(summary);
    if (!summary.ok()) throw SystemError(*file + (summary.first_mismatch ? ": does not match" : ": nothing was compared"));
  });
}

}  // namespace rove
