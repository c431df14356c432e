#include "envs/minigrid/babyai/babyai.h"

#include <algorithm>

namespace rove::minigrid {
namespace {

const Episode& EpisodeIn(const std::uint8_t* memory) { return *reinterpret_cast<const Episode*>(memory); }

FamilyInfo InfoOf(const Rooms& rooms, const Instruction& longest, int max_steps) {
  std::array<Word, kMaxWords> words;
  return {.layout = RoomGrid::LayoutOf(rooms.size, rooms.rows, rooms.columns),
          .max_steps = max_steps,
          .missions = {""},
          .memory_bytes = sizeof(Episode),
          .mission_tokens = Spell(longest, words)};
}

}  // namespace

BabyAi::BabyAi(const Rooms& rooms, const Instruction& longest, int max_steps)
    : Family(InfoOf(rooms, longest, max_steps)), rooms_(rooms) {
  if (max_steps > 0) return;
  steps_per_walk_ = rooms.size * rooms.size * rooms.rows * rooms.columns;
  info_.max_steps = steps_per_walk_ * NumWalks(longest);
}

void BabyAi::ReadLimit(const Config& config) {
  if (steps_per_walk_ == 0) return Family::ReadLimit(config);
  int limit = 0;
  config.Get("max_steps", &limit, InRange(0, 1 << 20));
  if (limit == 0) return;  // each level's own
  steps_per_walk_ = 0;
  info_.max_steps = limit;
}

void BabyAi::Generate(Level& level) const {
  constexpr int kMaxRejected = 100;  // half of the levels are rejected, in the worst family three of four
  Episode& episode = *level.memory<Episode>();
  for (int rejected = 0;; ++rejected) {
    if (rejected == kMaxRejected) throw LevelFailed{};
    Draft draft(level, episode, rooms_);
    if (const auto instruction = Draw(draft); instruction && draft.Begin(*instruction)) break;
    level.Clear();
  }
  if (steps_per_walk_ > 0) level.state().max_steps = steps_per_walk_ * NumWalks(episode.instruction);
  episode.num_words = static_cast<std::uint8_t>(Spell(episode.instruction, episode.words));
}

void BabyAi::Start(Play& play) const {
  Episode& episode = *play.memory<Episode>();
  const std::uint8_t thing = episode.starts_in_hand;
  if (thing == kEmptyHand) return;
  const Point at = episode.at[thing];
  play.state().carrying = play.Get(at);
  play.Set(at, kEmptyCell);
  episode.at[thing] = kNowhere;
  episode.in_hand = thing;
}

Outcome BabyAi::Step(Play& play, int action) const {
  switch (Follow(*play.memory<Episode>(), play, action)) {
    case Verdict::kSuccess: return play.Success();
    case Verdict::kFailure: return {0, true};
    default: return {};
  }
}

std::string BabyAi::MissionText(const State& state, const std::uint8_t* memory) const {
  return minigrid::MissionText(MissionWords(state, memory));
}
std::span<const Word> BabyAi::MissionWords(const State&, const std::uint8_t* memory) const {
  const Episode& episode = EpisodeIn(memory);
  return std::span(episode.words).first(episode.num_words);
}

OneRoomOptions ReadOneRoom(const Config& config, const OneRoomOptions& defaults) {
  OneRoomOptions o = defaults;
  config.Get("room_size", &o.room_size, InRange(4, kMaxRoomSize));
  ReadCount(config, "num_dists", 1, OneRoom(o.room_size).MaxThings(), &o.num_dists);
  return o;
}
void ReadCount(const Config& config, std::string_view key, int least, int most, int* count) {
  *count = std::min(*count, most);
  config.Get(key, count, InRange(least, most));
}
Rooms ReadRooms(const Config& config, const Rooms& defaults) {
  Rooms rooms = defaults;
  config.Get("room_size", &rooms.size, InRange(4, kMaxMazeRoomSize));
  config.Get("num_rows", &rooms.rows, InRange(1, 5));
  config.Get("num_cols", &rooms.columns, InRange(1, 5));
  return rooms;
}

}  // namespace rove::minigrid
