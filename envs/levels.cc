#include "envs/levels.h"

#include <algorithm>

#include "core/archive.h"

namespace rove {

std::optional<LevelSet> LevelSet::Read(const Config& env) {
  if (!env.Has("levels")) return {};
  const Config config = env.At("levels");
  LevelSet levels;
  const int forms = config.Has("seed") + config.Has("seeds") + (config.Has("first") || config.Has("count"));
  if (forms != 1) config.Fail("expected seed: S, seeds: [S, ...], or first: S with count: N");
  if (config.Has("seeds")) {
    config.Get("seeds", &levels.seeds_);
    if (levels.seeds_.empty()) config.At("seeds").Fail("is empty; name at least one seed");
  } else if (config.Has("seed")) {
    config.Get("seed", &levels.first_);
  } else {
    config.Require("first", &levels.first_, InRange(0, 9e15));
    config.Require("count", &levels.count_, InRange(1, 9e15));
  }
  config.GetEnum("order", &levels.cycle_, {"random", "cycle"});
  return levels;
}

std::string LevelSet::Text() const {
  std::string seeds = count() == 1 ? std::to_string(seed(0)) : "";
  for (std::size_t k = 0; count() > 1 && k < seeds_.size(); ++k) seeds += (k == 0 ? "" : ", ") + std::to_string(seeds_[k]);
  return (seeds.empty() ? "{first: " + std::to_string(first_) + ", count: " + std::to_string(count_)
                        : "{seeds: [" + seeds + "]") +
         ", order: " + (cycle_ ? "cycle}" : "random}");
}

bool LevelSet::Has(Seed seed) const {
  return seeds_.empty() ? seed >= first_ && seed - first_ < count_ : std::ranges::count(seeds_, seed) > 0;
}

std::optional<Seed> LevelSet::Shared(const LevelSet& other) const {
  if (!seeds_.empty()) {
    const auto found = std::ranges::find_if(seeds_, [&](Seed seed) { return other.Has(seed); });
    return found == seeds_.end() ? std::optional<Seed>() : *found;
  }
  if (!other.seeds_.empty()) return other.Shared(*this);
  const Seed low = std::max(first_, other.first_);
  return Has(low) && other.Has(low) ? std::optional(low) : std::nullopt;
}

void LevelPicker::Serialize(Archive& ar) {
  ar("rng", rng_);
  ar("next", next_);
}

}  // namespace rove
