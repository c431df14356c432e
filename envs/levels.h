// Fixed levels: the episodes of an environment are those that some seeds give, and no others. `levels` of an environment's
// config, where its family supports it:
//
//   levels: {seed: 7}                      # one level, every episode
//   levels: {seeds: [1, 2, 3]}             # one of these, drawn anew for each episode
//   levels: {seeds: [1, 2, 3], order: cycle}  # in this order, again and again
//   levels: {first: 0, count: 1000}        # one of the seeds 0 .. 999; another range is another set of levels
//
// Level s is what reset(seed = s) of a fresh environment gives, and what is random within its episode is what follows there.
// The draws come from a stream of their own, one an environment, that a seeded Reset restarts, as it does a cycle: in each
// environment of a batch a cycle begins with its first level.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/rng.h"

namespace rove {

class LevelSet {
 public:
  // Key `levels` of an environment's config, if it is there. Throws Error(kUser).
  static std::optional<LevelSet> Read(const Config& env);

  Seed first() const { return first_; }
  std::uint64_t count() const { return seeds_.empty() ? count_ : seeds_.size(); }
  Seed seed(std::uint64_t k) const { return seeds_.empty() ? first_ + k : seeds_[k]; }
  bool cycle() const { return cycle_; }
  std::string Text() const;  // as a config has it: "{first: 0, count: 1000, order: random}"
  // A seed that both have, if there is one.
  std::optional<Seed> Shared(const LevelSet& other) const;

 private:
  bool Has(Seed seed) const;
  std::vector<Seed> seeds_;  // as given; empty: the range
  Seed first_ = 0;
  std::uint64_t count_ = 1;
  bool cycle_ = false;
};

// Which level comes next in one environment.
class LevelPicker {
 public:
  void Reseed(Seed seed) {
    rng_.Reseed(seed);
    next_ = 0;
  }
  Seed Next(const LevelSet& levels) {
    if (!levels.cycle())
      return levels.seed(static_cast<std::uint64_t>(rng_.Integers(0, static_cast<std::int64_t>(levels.count()))));
    return levels.seed(next_++ % levels.count());
  }
  void Serialize(Archive& ar);

 private:
  Pcg64 rng_;
  std::uint64_t next_ = 0;
};

// Optional ability of a VectorEnv: its episodes come from a fixed set, or (none) from anywhere.
class HasLevels {
 public:
  virtual ~HasLevels() = default;
  virtual const std::optional<LevelSet>& levels() const = 0;
};

}  // namespace rove
