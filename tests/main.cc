// The test programs' main: sets the BLAS kernel as the rove program does, prints it, fixes rapidcheck's seed, runs Catch2.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>

#include "core/cpu.h"

int main(int argc, char* argv[]) {
  rove::PinBlas(argv);
  setenv("RC_PARAMS", "seed=1", /*overwrite=*/0);  // property tests draw the same cases every time, unless asked otherwise
  std::printf("BLAS kernel: %s\n", rove::BlasKernel().c_str());
  return Catch::Session().run(argc, argv);
}
