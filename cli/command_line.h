// The rove program as a function, so that tests call it in their own process.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rove {

inline constexpr const char* kVersion = "0.1.0";

// Where a command writes: results on `out`, warnings on `err`.
struct Terminal {
  std::ostream& out;
  std::ostream& err;
  bool tty = false;  // `out` shows carriage returns
};

// Runs `rove ARGS...`. Returns the exit status: 0, 1 (the world failed) or 2 (wrong input; one line on terminal.err says what).
int RunCommandLine(const std::vector<std::string>& args, const Terminal& terminal);

// One a subcommand, in cli/<name>.cc: adds its options and its callback, which throws Error.
void AddTrain(CLI::App& app, const Terminal& terminal);
void AddEval(CLI::App& app, const Terminal& terminal);
void AddExportReplay(CLI::App& app, const Terminal& terminal);
void AddPlot(CLI::App& app, const Terminal& terminal);
void AddList(CLI::App& app, const Terminal& terminal);
void AddVerify(CLI::App& app, const Terminal& terminal);
void AddLevels(CLI::App& app, const Terminal& terminal);
void AddDoctor(CLI::App& app, const Terminal& terminal);
void AddBench(CLI::App& app, const Terminal& terminal);
void AddBenchEnvs(CLI::App& bench, const Terminal& terminal);
void AddBenchTrain(CLI::App& bench, const Terminal& terminal);
void AddPlay(CLI::App& app, const Terminal& terminal);
void AddRecord(CLI::App& app, const Terminal& terminal);
void AddStudy(CLI::App& app, const Terminal& terminal);
void AddStudyTabular(CLI::App& study, const Terminal& terminal);
void AddStudyLearning(CLI::App& study, const Terminal& terminal);

}  // namespace rove
