// A measurement repeated: median and range.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "eval/statistics.h"

namespace rove {

struct Spread {
  explicit Spread(const std::vector<double>& repeats)
      : median(Quantile(repeats, 0.5)),
        low(*std::min_element(repeats.begin(), repeats.end())),
        high(*std::max_element(repeats.begin(), repeats.end())) {}
  nlohmann::ordered_json json() const { return {{"median", median}, {"min", low}, {"max", high}}; }
  double median, low, high;
};

}  // namespace rove
