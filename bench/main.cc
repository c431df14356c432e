// The benchmark program's main: sets BLAS kernel and threads as the rove program does, then runs Google Benchmark.
#include <benchmark/benchmark.h>

#include "core/cpu.h"

int main(int argc, char* argv[]) {
  rove::PinBlas(argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::AddCustomContext("blas_kernel", rove::BlasKernel());
  benchmark::RunSpecifiedBenchmarks();
}
