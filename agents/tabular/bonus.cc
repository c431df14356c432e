#include "agents/tabular/bonus.h"

#include <algorithm>
#include <cmath>

#include "core/archive.h"

namespace rove::tabular {

BonusRegistry& Bonuses() {
  static BonusRegistry registry("bonus", "rove list bonuses");
  return registry;
}

VisitCounts::VisitCounts(const BonusDeps& deps)
    : actions_(deps.actions), visits_(static_cast<std::size_t>(deps.states * deps.actions)) {
  Update();
}

void VisitCounts::Add(int s, int a) {
  ++visits_[Pair(s, a)];
  ++total_;
  Update();
}

void VisitCounts::Update() {
  log_confidence_ = std::log(static_cast<double>(visits_.size()) * static_cast<double>(std::max<std::int64_t>(total_, 1)));
}

void VisitCounts::Serialize(Archive& ar) {
  ar("visits", visits_);
  ar("total", total_);
  Update();
}

}  // namespace rove::tabular
