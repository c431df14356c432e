// rove study: whole experiments as one command each.
#include <CLI/CLI.hpp>

#include "cli/command_line.h"

namespace rove {

void AddStudy(CLI::App& app, const Terminal& terminal) {
  CLI::App* study = app.add_subcommand("study", "Whole experiments: runs, statistics and a report in one command");
  study->require_subcommand(1);
  AddStudyTabular(*study, terminal);
  AddStudyLearning(*study, terminal);
}

}  // namespace rove
