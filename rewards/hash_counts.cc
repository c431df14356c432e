#include "rewards/hash_counts.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "core/archive.h"
#include "core/error.h"

namespace rove {

StateHash::StateHash(const Config& config, const EnvSpec& env) {
  enum class Key { kFullState, kView, kViewPositionDirection } key = Key::kFullState;
  config.GetEnum("key", &key, {"full_state", "view", "view_position_direction"});
  static const std::vector<std::string_view> kColumns[] = {{"state_key"}, {"image"}, {"image", "position", "direction"}};
  for (const std::string_view name : kColumns[static_cast<int>(key)]) {
    const int column = FindColumn(env.obs, name);
    if (column < 0) {
      std::string have;
      for (const TensorSpec& spec : env.obs) have += (have.empty() ? "" : ", ") + spec.name;
      config.At("key").Fail("needs the column \"" + std::string(name) + "\"; this environment has " + have);
    }
    columns_.push_back(static_cast<std::size_t>(column));
  }
}

std::uint64_t StateHash::operator()(const SequenceView& rows, int t, int i) const {
  std::uint64_t hash = 0;
  for (const std::size_t column : columns_) {
    const std::size_t bytes = rows.obs_spec[column].row_bytes();
    hash = XXH3_64bits_withSeed(static_cast<const std::byte*>(rows.obs[column].data) + rows.index(t, i) * bytes, bytes, hash);
  }
  return hash;
}

std::uint64_t StateHash::Pair(const SequenceView& rows, int t, int i) const {
  const std::size_t bytes = rows.action.row_bytes() / static_cast<std::size_t>(rows.n);
  return XXH3_64bits_withSeed(static_cast<const std::byte*>(rows.action.data) + rows.index(t, i) * bytes, bytes,
                              (*this)(rows, t, i));
}

HashCounts::HashCounts(const Config& config) {
  config.Get("max_states", &max_states_, InRange(1, std::int64_t{1} << 31));
  enum class OnFull { kStop, kFreeze } on_full = OnFull::kStop;
  config.GetEnum("on_full", &on_full, {"stop", "freeze"});
  freeze_ = on_full == OnFull::kFreeze;
  place_ = config.At("max_states").place();
  entries_.reserve(static_cast<std::size_t>(max_states_) + 1);
  entries_.resize(1);
  index_.resize(static_cast<std::size_t>(max_states_ + max_states_ / 3 + 1));
}

std::size_t HashCounts::Probe(std::uint64_t key) const {
  std::size_t at = key % index_.size();  // uniform, because keys are hashes
  while (index_[at] != 0 && entries_[index_[at]].key != key) at = at + 1 == index_.size() ? 0 : at + 1;
  return at;
}

std::uint32_t HashCounts::Visit(std::uint64_t key) {
  const std::size_t at = Probe(key);
  if (index_[at] == 0 && entries_.size() <= static_cast<std::size_t>(max_states_)) {
    index_[at] = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({.key = key});
  } else if (index_[at] == 0 && !freeze_) {
    throw UserError(place_ + ": all " + std::to_string(max_states_) +
                    " states are in use; start again with another --run and a greater one (21 bytes each), a coarser key, or "
                    "on_full: freeze");
  }
  Entry& entry = entries_[index_[at]];
  if (entry.visits != std::numeric_limits<std::uint32_t>::max()) ++entry.visits;
  return index_[at];
}

void HashCounts::Serialize(Archive& ar) {
  ar.Section("hash_counts", 1, [&](int) {
    std::int64_t max_states = max_states_;
    ar("max_states", max_states);
    if (max_states != max_states_) {
      throw UserError(place_ + ": the checkpoint was written with " + std::to_string(max_states) + ", got " +
                      std::to_string(max_states_) + "; a table cannot be resized in mid-run");
    }
    std::uint64_t states = entries_.size() - 1;
    ar("states", states);
    if (states > static_cast<std::uint64_t>(max_states_))
      throw SystemError("hash_counts: more states than the table holds; the checkpoint is damaged");
    entries_.resize(states + 1);
    ar.Block("entries", entries_.data(), entries_.size() * sizeof(Entry));
    if (!ar.reading()) return;
    std::ranges::fill(index_, 0u);
    for (std::uint32_t slot = 1; slot <= states; ++slot) index_[Probe(entries_[slot].key)] = slot;
  });
}

void EpisodeMemory::Begin(const SequenceView& rows, const StateHash& hash, int t, int i) {
  if (rows.step_type[rows.index(t, i)] != StepType::kFirst) return;
  auto& visits = visits_[static_cast<std::size_t>(i)];
  visits.clear();
  visits[hash(rows, t, i)] = 1;
}

void EpisodeMemory::MaskRevisits(const RolloutView& rollout, const StateHash& hash, std::span<float> bonus) {
  for (int t = 0; t < rollout.T; ++t) {
    for (int i = 0; i < rollout.n; ++i) {
      if (rollout.dead(t, i)) continue;
      Begin(rollout, hash, t, i);
      if (!FirstVisit(i, hash(rollout, t + 1, i))) bonus[rollout.index(t, i)] = 0;
    }
  }
}

void EpisodeMemory::Serialize(Archive& ar) {
  ar.Section("episode_memory", 2, [&](int) {
    for (auto& visits : visits_) {
      std::vector<std::uint64_t> keys;
      for (const auto& entry : visits) keys.push_back(entry.first);
      std::sort(keys.begin(), keys.end());
      std::vector<std::uint32_t> counts;
      for (const std::uint64_t key : keys) counts.push_back(visits[key]);
      ar("keys", keys);
      ar("counts", counts);
      if (!ar.reading()) continue;
      if (counts.size() != keys.size()) throw SystemError("episode_memory: a state without its count; the checkpoint is damaged");
      visits.clear();
      for (std::size_t k = 0; k < keys.size(); ++k) visits[keys[k]] = counts[k];
    }
  });
}

}  // namespace rove
