// A whole run from its config, for the learn smokes.
#pragma once

#include <string>

#include "cli/run_setup.h"
#include "engine/engine.h"

namespace rove::testing {

// Success rate of the run's last evaluation; -1 if there was none.
inline double SuccessRate(const std::string& yaml) {
  RunSetup setup = BuildRun(Config::Parse(yaml));
  double success = -1;
  Engine engine(std::move(setup.parts), setup.engine);
  engine.progress = [&](const Progress& p) {
    if (const double* rate = p.metrics.Find("eval/success_rate")) success = *rate;
  };
  engine.Run();
  return success;
}

}  // namespace rove::testing
