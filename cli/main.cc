// The rove program. `rove --help` lists its commands; docs/ tells their story.
#include <unistd.h>

#include <iostream>

#include "cli/command_line.h"
#include "core/cpu.h"

int main(int argc, char* argv[]) {
  rove::PinBlas(argv);
  return rove::RunCommandLine({argv + 1, argv + argc}, {std::cout, std::cerr, isatty(STDOUT_FILENO) != 0});
}
