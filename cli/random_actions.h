// Uniformly random actions, for commands that play without a policy.
#pragma once

#include "core/rng.h"
#include "core/tensor.h"

namespace rove {

// Fills out, [rows, spec.shape], with values uniform within the spec's bounds. Throws Error(kUser) for a dtype that no action
// has.
void FillRandomActions(const TensorSpec& spec, NoiseStream noise, TensorView out);

}  // namespace rove
