// What a BabyAI environment knows beyond cells and State: where each thing of its level is and was last seen to be, the
// instruction, and how far it is carried out. The rules are those of Farama Minigrid 3.1.0, envs/babyai/core/verifier.py; two of
// them surprise: a thing's place is noted when the level begins and after each `drop`, so one that was picked up counts as still
// lying there until then; and what a clause remembers of the hand is renewed only while the clause is looked at.
#pragma once

#include <array>
#include <cstdint>

#include "envs/minigrid/babyai/instruction.h"
#include "envs/minigrid/play.h"
#include "envs/minigrid/state.h"

namespace rove::minigrid {

constexpr int kMaxThings = 48;                  // objects and doors of one level
constexpr Spot kNowhere = {0, 0};               // in a hand, or no more; always a wall
constexpr std::uint8_t kEmptyHand = 0xff;       // instead of a thing's number
constexpr std::uint8_t kNamelessInHand = 0xfe;  // what came out of a box

// Plain bytes, saved as they are; all zero in a fresh environment.
struct Episode {
  // Corner and size of the last room that was locked, in this level or one before; size 0: none yet. Upstream (3.1.0) never
  // forgets it, so it outlives the level and even a seeded reset.
  std::array<std::uint8_t, 4> locked_room;

  std::uint8_t num_things, in_hand;
  std::array<Spot, kMaxThings> at, noted;  // where thing k is; where the instruction takes it to be

  Instruction instruction;
  // Of each clause:
  std::array<std::array<std::uint64_t, 2>, Instruction::kMaxClauses> meant;  // bit k: thing k matches `what`, `next_to`
  std::array<std::uint8_t, Instruction::kMaxClauses> hand_before;            // when the clause was last looked at
  std::array<bool, Instruction::kMaxClauses> done;                           // of a part with two clauses
  bool first_part_done;                                                      // the part that comes first in time

  std::uint8_t starts_in_hand;  // a thing, or kEmptyHand
  std::uint8_t num_words;
  std::array<Word, kMaxWords> words;

  // Forgets everything but the locked room: saved bytes are then a function of what happened since.
  void Clear();
  // The thing that is at a cell; num_things if none.
  int ThingAt(Point cell) const;
};
static_assert(sizeof(Episode) <= 512);

enum class Verdict { kGoOn, kSuccess, kFailure };

// The base rules for an action with the things' places kept, then the verdict on the instruction.
Verdict Follow(Episode& episode, Play& play, int action);

}  // namespace rove::minigrid
