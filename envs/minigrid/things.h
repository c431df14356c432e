// Keys, balls and boxes of which a level has no two alike, as GoToObject and PutNear draw them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "envs/minigrid/level.h"

namespace rove::minigrid {

constexpr std::array<Kind, 3> kThingKinds = {kKey, kBall, kBox};
constexpr std::array<const char*, 3> kThingNames = {"key", "ball", "box"};
constexpr int kNumThings = 3 * kNumColors;
constexpr int ThingIndex(Cell thing) { return (KindOf(thing) - kKey) * kNumColors + ColorOf(thing); }
constexpr Cell ThingOf(int index) {
  return MakeCell(kThingKinds[static_cast<std::size_t>(index / kNumColors)], static_cast<Color>(index % kNumColors));
}

inline Cell DrawThing(Level& level) {  // kind, then colour
  const Kind kind = level.Element<Kind>(kThingKinds);
  return MakeCell(kind, level.RandomColor());
}

struct Things {
  std::array<Cell, kNumThings> cells;
  std::array<Point, kNumThings> at;
  int count = 0;
  void Add(Cell thing, Point where) {
    cells[static_cast<std::size_t>(count)] = thing;
    at[static_cast<std::size_t>(count++)] = where;
  }
};

// A thing, or 0 if that has been drawn before.
inline Cell DrawNewThing(Level& level, const Things& before) {
  const Cell thing = DrawThing(level);
  for (int k = 0; k < before.count; ++k) {
    if (before.cells[static_cast<std::size_t>(k)] == thing) return 0;
  }
  return thing;
}

// Texts by ThingIndex.
inline std::vector<std::string> MissionPerThing(const std::string& before, const std::string& after) {
  std::vector<std::string> texts;
  for (const char* name : kThingNames) {
    for (const char* color : kColorNames) texts.push_back(before + color + " " + name + after);
  }
  return texts;
}

}  // namespace rove::minigrid
