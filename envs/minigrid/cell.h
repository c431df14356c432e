// One grid cell as one byte, and upstream's three-byte code for it.
//   bits 0-3  kind: upstream's object index 0..10, where 4 is an OPEN door; 11 closed door, 12 locked door
//   bits 4-6  colour: red 0, green 1, blue 2, purple 3, yellow 4, grey 5
// Source: Farama Minigrid 3.1.0, core/constants.py and core/world_object.py (facts only).
#pragma once

#include <array>
#include <cstdint>

namespace rove::minigrid {

using Cell = std::uint8_t;

enum Kind : std::uint8_t {
  kUnseen,
  kEmpty,
  kWall,
  kFloor,
  kDoorOpen,
  kKey,
  kBall,
  kBox,
  kGoal,
  kLava,
  kAgent,
  kDoorClosed,
  kDoorLocked
};
enum Color : std::uint8_t { kRed, kGreen, kBlue, kPurple, kYellow, kGrey };
constexpr int kNumColors = 6;

// Random colours index the alphabetical list of names: blue, green, grey, purple, red, yellow.
constexpr std::array<Color, kNumColors> kColorsByName = {kBlue, kGreen, kGrey, kPurple, kRed, kYellow};
constexpr std::array<const char*, kNumColors> kColorNames = {"red", "green", "blue", "purple", "yellow", "grey"};  // by code

constexpr Cell MakeCell(Kind kind, Color color) { return static_cast<Cell>(kind | color << 4); }
constexpr Kind KindOf(Cell cell) { return static_cast<Kind>(cell & 15); }
constexpr Color ColorOf(Cell cell) { return static_cast<Color>(cell >> 4); }

constexpr Cell kUnseenCell = kUnseen, kEmptyCell = kEmpty;
constexpr Cell kWallCell = MakeCell(kWall, kGrey), kGoalCell = MakeCell(kGoal, kGreen), kLavaCell = MakeCell(kLava, kRed);

constexpr bool IsDoor(Cell cell) { return KindOf(cell) == kDoorOpen || KindOf(cell) >= kDoorClosed; }
constexpr bool CanPickUp(Cell cell) { return KindOf(cell) >= kKey && KindOf(cell) <= kBox; }
constexpr bool CanOverlap(Cell cell) {
  constexpr unsigned kKinds = 1u << kEmpty | 1u << kFloor | 1u << kGoal | 1u << kLava | 1u << kDoorOpen;
  return kKinds >> KindOf(cell) & 1;
}
constexpr bool SeeThrough(Cell cell) {
  constexpr unsigned kOpaque = 1u << kWall | 1u << kDoorClosed | 1u << kDoorLocked;
  return !(kOpaque >> KindOf(cell) & 1);
}

// Upstream's (type, colour, state).
constexpr std::array<std::uint8_t, 3> Encode(Cell cell) {
  const Kind kind = KindOf(cell);
  const std::uint8_t state = kind == kDoorClosed ? 1 : kind == kDoorLocked ? 2 : 0;
  return {state ? static_cast<std::uint8_t>(kDoorOpen) : static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(cell >> 4),
          state};
}
constexpr Cell Decode(const std::uint8_t* code) {  // of such three bytes
  const int kind = code[2] == 0 ? code[0] : kDoorClosed - 1 + code[2];
  return MakeCell(static_cast<Kind>(kind), static_cast<Color>(code[1]));
}

}  // namespace rove::minigrid
