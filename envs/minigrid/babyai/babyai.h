// A family of BabyAI levels: rooms, an instruction, and a verdict after each step. One .cc in this folder holds a family's
// drawing and the registration of its ids; everything else is here.
#pragma once

#include <optional>

#include "envs/minigrid/babyai/draft.h"
#include "envs/minigrid/family.h"

namespace rove::minigrid {

class BabyAi : public Family {
 public:
  // longest: an instruction with as many words and walks as any of the family's; it sets the length of `mission_tokens` and,
  // unless max_steps is given, the time limit: a step a cell of the rooms for each walk of the level's instruction.
  BabyAi(const Rooms& rooms, const Instruction& longest, int max_steps = 0);

  void Generate(Level& level) const final;
  Outcome Step(Play& play, int action) const final;
  void Start(Play& play) const final;
  void ReadLimit(const Config& config) final;
  std::string MissionText(const State& state, const std::uint8_t* memory) const final;
  std::span<const Word> MissionWords(const State& state, const std::uint8_t* memory) const final;

 protected:
  // Fills the rooms, places the agent and says what to do; nothing: the level is rejected and another drawn.
  virtual std::optional<Instruction> Draw(Draft& draft) const = 0;

  const Rooms& rooms() const { return rooms_; }
  void set_starts_carrying() { info_.late_start = true; }

 private:
  Rooms rooms_;
  int steps_per_walk_ = 0;  // 0: the limit is the same for all levels
};

// Parameters that several families have. Sizes are in cells, walls included.
constexpr int kMaxRoomSize = 50, kMaxMazeRoomSize = 12;  // of one room; of each of several
constexpr Rooms OneRoom(int size) { return {size, 1, 1}; }
struct OneRoomOptions {
  int room_size = 8, num_dists = 8;
};
OneRoomOptions ReadOneRoom(const Config& config, const OneRoomOptions& defaults);
Rooms ReadRooms(const Config& config, const Rooms& defaults);                                 // room_size, num_rows, num_cols
void ReadCount(const Config& config, std::string_view key, int least, int most, int* count);  // a default above `most` is cut

// "the red ball", for a family's longest instruction; with a place.
constexpr Description kSomeThing = {kBall, kRed}, kSomeThingThere = {kBall, kRed, Where::kFront};

// A family without parameters under an id of upstream's.
template <class T, class... Options>
FamilyRegistrar RegisterBabyAi(const std::string& name, const std::string& doc, const Options&... options) {
  return {"BabyAI-" + name, doc, [=](const Config&) { return std::make_unique<T>(options...); }};
}

}  // namespace rove::minigrid
