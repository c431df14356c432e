// What bonuses on visit counts share: which states are "the same", how often each was seen, and which were seen this episode.
// Learner's thread only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
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
  // Of obs[t] and action[t] together, t < T.
  std::uint64_t Pair(const SequenceView& rows, int t, int i) const;

 private:
  std::vector<std::size_t> columns_;  // indices into obs
};

// Counts of 64-bit keys: entries in order of first visit, found through an open-addressing index. All memory, 21 bytes per state
// it may hold, is set aside when the table is made. Entries never move: a slot number names a state for the whole run.
class HashCounts {
 public:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t visits = 0;  // over the whole run, stops at 2^32 - 1
    std::uint32_t recent = 0;  // for made.count: visits among the last `buffer` states
  };

  // Reads `max_states` (default 4 Mi) and `on_full`: stop (default) | freeze.
  explicit HashCounts(const Config& config);

  // Counts one more visit and returns the state's slot. A new state when max_states are known: `stop` throws Error(kUser) that
  // names the config key; `freeze` lets all further states share slot 0, so that together they pay ever less.
  std::uint32_t Visit(std::uint64_t key);
  // The state's slot; slot 0, whose counts are 0 unless states beyond max_states share it, if it was never visited.
  std::uint32_t Find(std::uint64_t key) const { return index_[Probe(key)]; }

  Entry& operator[](std::uint32_t slot) { return entries_[slot]; }
  const Entry& operator[](std::uint32_t slot) const { return entries_[slot]; }
  void Serialize(Archive& ar);

 private:
  std::size_t Probe(std::uint64_t key) const;  // where in index_ the key is, or belongs

  std::int64_t max_states_ = std::int64_t{1} << 22;
  bool freeze_ = false;
  std::string place_;                 // of max_states in the config
  std::vector<Entry> entries_;        // [0] is shared by all states beyond max_states
  std::vector<std::uint32_t> index_;  // slots; 0: empty. At most 3/4 full, so that a probe ends
};

// How often each state was visited in each environment's current episode.
class EpisodeMemory {
 public:
  explicit EpisodeMemory(int num_envs) : visits_(static_cast<std::size_t>(num_envs)) {}

  // Call once per row, before its next state is asked for: at kFirst forgets environment i's episode before and remembers
  // obs[t], so that coming back to the start is no first visit.
  void Begin(const SequenceView& rows, const StateHash& hash, int t, int i);
  // Counts one more visit; returns their number in this episode, this one and the start included.
  std::uint32_t Visit(int i, std::uint64_t key) { return ++visits_[static_cast<std::size_t>(i)][key]; }
  bool FirstVisit(int i, std::uint64_t key) { return Visit(i, key) == 1; }
  // Both for a whole slot: sets bonus [T*n] to 0 where the next state was seen before in its episode.
  void MaskRevisits(const RolloutView& rollout, const StateHash& hash, std::span<float> bonus);
  void Serialize(Archive& ar);

 private:
  std::vector<std::unordered_map<std::uint64_t, std::uint32_t>> visits_;  // grows to the longest episode
};

}  // namespace rove
