// What the processor and the BLAS library are told before any number is computed.
#pragma once

#include <string>

namespace rove {

// OpenBLAS chooses its kernel when it is loaded and does not know some recent processors (a 10x slower generic kernel then).
// Sets OPENBLAS_CORETYPE (SkylakeX with AVX-512, Haswell with AVX2) and one thread for OpenBLAS and OpenMP, unless the user has
// set them, and re-executes the program once so that they take effect. Call first in main. Returns when nothing has to change.
void PinBlas(char* argv[]);

// The kernel that OpenBLAS says it uses, e.g. "SkylakeX"; "none" without OpenBLAS: part of a run's identity (docs/concepts.md).
std::string BlasKernel();
std::string BlasKernelSource();  // "chosen by rove", "set by OPENBLAS_CORETYPE" or "OpenBLAS's own choice"

std::string CpuModel();  // model name from the operating system, or "unknown"
int NumCores();          // cores this process may run on (affinity mask)
double CpuSeconds();     // user + system seconds of this process so far

}  // namespace rove
