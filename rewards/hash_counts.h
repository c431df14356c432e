// What bonuses on visit counts share: which states are "the same", how often each was seen, and which were seen this episode.
// Learner's thread only.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/config.h"
#include "core/spec.h"
#include "replay/rollout.h"

namespace rove {

class Archive;

// The hash of a state: XXH3, 64 bits, of the columns that a module's `key` names. Equal hashes are taken for equal states; among
// s distinct states the chance of any mistake is about s^2 / 2^65: 5e-7 at four million.
class StateHash {
 public:
  // Reads `key`: full_state (default) | view | view_position_direction. Throws Error(kUser) if the environment has not the
  // columns it needs.
  StateHash(const Config& config, const EnvSpec& env);
  // Of obs[t] in column i, 0 <= t <= T. The view must hold the environment's columns in the order of its spec.
  std::uint64_t operator()(const SequenceView& rows, int t, int i) const;

 private:
  std::vector<std::size_t> columns_;  // indices into obs
};

// Counts of 64-bit keys in an open-addressing table whose memory (21 bytes per state it may hold) is allocated when it is made.
// Entries never move, so a slot number names a state for the whole run.
class HashCounts {
 public:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t visits = 0;  // over the whole run, stops at 2^32 - 1; 0: the slot is empty
    std::uint32_t recent = 0;  // for made.count: visits among the last `buffer` states
  };
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  // Reads `max_states` (default 4 Mi) and `on_full`: stop (default) | freeze.
  explicit HashCounts(const Config& config);

  // Counts one more visit and returns the state's slot. A new state when max_states are known: `stop` throws Error(kUser) that
  // names the config key; `freeze` lets all further states share one slot, so that together they pay ever less.
  std::size_t Visit(std::uint64_t key);
  std::size_t Find(std::uint64_t key) const;  // kNone: never visited

  Entry& operator[](std::size_t slot) { return entries_[slot]; }
  const Entry& operator[](std::size_t slot) const { return entries_[slot]; }
  std::int64_t states() const { return states_; }  // distinct states known, those in the shared slot not counted
  std::size_t slots() const { return entries_.size(); }
  void Serialize(Archive& ar);

 private:
  std::size_t Probe(std::uint64_t key) const;  // the key's slot, or the empty one where it belongs
  bool full() const { return states_ >= max_states_; }

  std::int64_t max_states_ = std::int64_t{1} << 22;
  bool freeze_ = false;
  std::string place_;  // of max_states in the config
  std::int64_t states_ = 0;
  std::vector<Entry> entries_;  // the last one is shared by all states beyond max_states
};

// The states visited in each environment's current episode.
class EpisodeMemory {
 public:
  explicit EpisodeMemory(int num_envs) : visited_(static_cast<std::size_t>(num_envs)) {}

  // Call once per row, before its next state is asked for: at kFirst forgets environment i's episode before and remembers
  // obs[t], so that coming back to the start is no first visit.
  void Begin(const SequenceView& rows, const StateHash& hash, int t, int i);
  bool FirstVisit(int i, std::uint64_t key) { return visited_[static_cast<std::size_t>(i)].insert(key).second; }
  void Serialize(Archive& ar);

 private:
  std::vector<std::unordered_set<std::uint64_t>> visited_;  // grows to the longest episode
};

}  // namespace rove
