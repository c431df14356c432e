// Reads back what a run logged.
#pragma once

#include <string>
#include <vector>

namespace rove {

// x: live frames, strictly increasing; y: finite values. Same length.
struct Curve {
  std::vector<double> x, y;
};

// One metric of RUN/metrics.jsonl (of RUN/timing.jsonl if it is called time/...), rows without it left out. A torn last line, as
// a running or killed run leaves, is passed over. Throws Error(kUser): no such file, a line that is no row, or a metric that no
// row has (with the nearest name that one has).
Curve ReadCurve(const std::string& run_folder, const std::string& metric);

}  // namespace rove
