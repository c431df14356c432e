// rove bench: one word for both measurements.
#include <CLI/CLI.hpp>

#include "cli/command_line.h"

namespace rove {

void AddBench(CLI::App& app, const Terminal& terminal) {
  CLI::App* bench = app.add_subcommand("bench", "Measure this machine: environments alone, or whole training runs");
  bench->require_subcommand(1);
  AddBenchEnvs(*bench, terminal);
  AddBenchTrain(*bench, terminal);
}

}  // namespace rove
