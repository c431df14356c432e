#include "core/metrics.h"

#include <algorithm>

namespace rove {

void Metrics::Set(std::string_view name, double value) {
  const auto found = std::find_if(items_.begin(), items_.end(), [&](const auto& item) { return item.first == name; });
  if (found != items_.end()) {
    found->second = value;
  } else {
    items_.emplace_back(name, value);
  }
}

const double* Metrics::Find(std::string_view name) const {
  const auto found = std::find_if(items_.begin(), items_.end(), [&](const auto& item) { return item.first == name; });
  return found == items_.end() ? nullptr : &found->second;
}

void Metrics::Merge(const Metrics& other) {
  for (const auto& [name, value] : other.items_) Set(name, value);
}

}  // namespace rove
