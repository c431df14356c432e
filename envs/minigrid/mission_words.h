// The words of all missions and their numbers, for policies that read text. Numbers 1 to 51 are those of upstream's
// DictObservationSpaceWrapper (Farama Minigrid 3.1.0, wrappers.py); from 52 on come the words that only BabyAI uses.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rove::minigrid {

using Word = std::uint8_t;  // place in kMissionWords; 0 pads

inline constexpr std::string_view kMissionWords[] = {
    "",                                                                                                               //  0
    "red",      "green",   "blue",  "yellow", "purple",   "grey",                                                     //  1
    "unseen",   "empty",   "wall",  "floor",  "box",      "key",    "ball",    "door",   "goal",  "agent", "lava",    //  7
    "pick",     "avoid",   "get",   "find",   "put",      "use",    "open",    "go",     "fetch", "reach", "unlock",  // 18
    "traverse",                                                                                                       // 29
    "up",       "the",     "a",     "at",     ",",        "square", "and",     "then",   "to",    "of",    "rooms",   // 30
    "near",     "opening", "must",  "you",    "matching", "end",    "hallway", "object", "from",  "room",  "maze",    // 41
    "next",     "in",      "front", "behind", "on",       "your",   "left",    "right",  "after",                     // 52
};
constexpr int kNumMissionWords = static_cast<int>(std::size(kMissionWords)) - 1;

// The number of a word; 0: no mission has it.
constexpr Word WordNumber(std::string_view word) {
  const auto* const at = std::find(std::begin(kMissionWords) + 1, std::end(kMissionWords), word);
  return at == std::end(kMissionWords) ? Word{0} : static_cast<Word>(at - std::begin(kMissionWords));
}

// A text as numbers (a comma is a word of its own), and back.
std::vector<Word> MissionWords(std::string_view text);
std::string MissionText(std::span<const Word> words);

}  // namespace rove::minigrid
