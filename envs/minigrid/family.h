// A family of MiniGrid levels: one .cc in this folder holds its generator, its own step rule and the registration of its ids.
// Line 1 of each names the upstream file whose draws it reproduces.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "envs/minigrid/level.h"
#include "envs/minigrid/mission_words.h"
#include "envs/minigrid/play.h"
#include "envs/registry.h"
#include "envs/solvable.h"

namespace rove::minigrid {

struct FamilyInfo {
  Layout layout;
  int max_steps = 0;  // of the longest episode, where levels differ
  bool see_through_walls = false;
  std::vector<std::string> missions;  // the texts a level can have; State::mission indexes them
  int num_actions = kNumActions;      // the first so many of Action
  int memory_bytes = 0;               // of an environment, for what a family has to know beyond cells and State
  int mission_tokens = 0;             // length of the column of that name; 0: there is none
  bool late_start = false;            // Start does something
};

class Family {
 public:
  explicit Family(FamilyInfo info);
  virtual ~Family() = default;
  const FamilyInfo& info() const { return info_; }

  // Draws one level: cells, agent, mission, target, memory. Const and stateless: called from several threads at once.
  virtual void Generate(Level& level) const = 0;

  // One step: play.Base(action) and whatever the family adds before or after it. The engine adds the time limit.
  virtual Outcome Step(Play& play, int action) const { return play.Base(action); }

  // What upstream does after it has taken the first image of an episode, which so shows the state before.
  virtual void Start(Play&) const {}

  // The level's text, and the same in words where the family has mission_tokens; both read what Generate left. The words live as
  // long as `memory` does not change.
  virtual std::string MissionText(const State& state, const std::uint8_t* memory) const;
  virtual std::span<const Word> MissionWords(const State& /*state*/, const std::uint8_t* /*memory*/) const { return {}; }

  // What solves a level, for Solve (envs/solvable.h): a goal cell, or (kUnknown) what is no matter of cells and objects alone.
  virtual GridGoal Goal(const State& /*state*/) const { return {GridGoal::kReach}; }

  // Makes a state that was set from outside (cells, agent, mission) one of this family's: its target and its memory. Returns what
  // the state lacks, or nothing. A family with a memory that does not say how cannot be set.
  virtual std::string Adopt(Play& play) const;

  virtual void ReadLimit(const Config& config);  // `max_steps`, which every family has
  void ReadView(const Config& config);           // `view_size`, likewise

 protected:
  FamilyInfo info_;
};

// Registers an id: `make` builds the family, from config where the id leaves parameters open. An id that upstream registers fixes
// all but max_steps; minigrid/NAME takes the family's parameters.
struct FamilyRegistrar {
  using Maker = std::function<std::unique_ptr<Family>(const Config&)>;
  FamilyRegistrar(const std::string& id, const std::string& doc, Maker make);
};

// What several families share.
inline std::string SideBySide(int size) { return std::to_string(size) + "x" + std::to_string(size); }
std::vector<std::string> MissionPerColor(const std::string& before, const std::string& after);  // index: colour code
inline GridGoal PickUp(Cell cell, GridGoal::Kind kind = GridGoal::kPickUp) { return {kind, Encode(cell)[0], ColorOf(cell)}; }
inline Outcome SuccessIfPickedUp(Play& play, int action) {  // the base rules; the target in the hand after a pick-up pays
  const Outcome outcome = play.Base(action);
  return action == kPickUp && play.state().carrying == play.state().target ? play.Success() : outcome;
}

// The only cell that holds `cell`, for Adopt: nothing if there is none, or another one.
std::optional<Point> FindOnly(const Play& play, Cell cell);

// Reads a point [x, y] strictly inside the walls of a grid; true if the key is there.
bool ReadPoint(const Config& config, std::string_view key, const Layout& layout, Point* point);

}  // namespace rove::minigrid
