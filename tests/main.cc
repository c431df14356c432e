// The test programs' main: sets the BLAS kernel as the rove program does, prints it, then runs Catch2.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "core/cpu.h"

int main(int argc, char* argv[]) {
  rove::PinBlas(argv);
  return Catch::Session().run(argc, argv);
}
