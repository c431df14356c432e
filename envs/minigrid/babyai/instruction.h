// BabyAI's language: what an instruction says, in a few bytes. Grammar and texts as Farama Minigrid 3.1.0,
// envs/babyai/core/verifier.py.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "envs/minigrid/cell.h"
#include "envs/minigrid/mission_words.h"

namespace rove::minigrid {

enum class Verb : std::uint8_t { kGoTo, kPickUp, kOpen, kPutNext };
enum class Where : std::uint8_t { kAnywhere, kLeft, kRight, kFront, kBehind };  // of the agent when the episode begins
constexpr std::array<Where, 4> kPlaces = {Where::kLeft, Where::kRight, Where::kFront, Where::kBehind};  // in the order of draws
enum class Order : std::uint8_t { kSingle, kBefore, kAfter };

constexpr Kind kDoor = kDoorClosed;       // in a description: a door in any state
constexpr Kind kAnyKind = kUnseen;        // "object"
constexpr std::uint8_t kAnyColor = 0xff;  // not mentioned

struct Description {
  Kind kind = kAnyKind;
  std::uint8_t color = kAnyColor;
  Where where = Where::kAnywhere;
  bool several = false;  // things match when the episode begins: "a" instead of "the"
};

// "go to WHAT", "pick up WHAT", "open WHAT", "put WHAT next to NEXT_TO".
struct Clause {
  Verb verb{};
  bool strict = false;  // the wrong door, or the wrong thing in the hand, ends the episode
  Description what, next_to;
};

constexpr Clause MakeClause(Verb verb, const Description& what, bool strict = false) { return {verb, strict, what, {}}; }
constexpr Clause MakePutNext(const Description& what, const Description& next_to, bool strict = false) {
  return {Verb::kPutNext, strict, what, next_to};
}

// "A", "A and B", or two such parts: "P, then Q", "P after you Q".
struct Instruction {
  static constexpr int kMaxClauses = 4;
  std::array<Clause, kMaxClauses> clauses;    // those of the first part, then those of the second
  std::array<std::uint8_t, 2> size = {1, 0};  // clauses of each part
  Order order = Order::kSingle;

  int num_clauses() const { return size[0] + size[1]; }
};
Instruction Single(const Clause& clause);
Instruction Ordered(const Clause& first, Order order, const Clause& second);

// How many walks upstream allows time for: two to put a thing next to another, else one a clause.
int NumWalks(const Instruction& instruction);

// Writes the text's words and returns their number.
constexpr int kMaxWords = 72;
int Spell(const Instruction& instruction, std::span<Word, kMaxWords> words);

}  // namespace rove::minigrid
