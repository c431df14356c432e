#include "agents/tabular/bonus.h"

#include <algorithm>
#include <cmath>

#include "core/archive.h"

namespace rove::tabular {

BonusRegistry& Bonuses() {
  static BonusRegistry registry("bonus", "rove list bonuses");
  return registry;
}

double VisitCounts::LogConfidence() const {
  return std::log(static_cast<double>(pairs()) * static_cast<double>(std::max<std::int64_t>(total_, 1)));
}

void VisitCounts::Serialize(Archive& ar) {
  ar("visits", visits_);
  ar("total", total_);
}

}  // namespace rove::tabular
