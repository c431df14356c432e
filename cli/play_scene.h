// What `rove play` shows: the whole grid beside the agent's view, each cell two characters wide, as lines of coloured text. The
// same for a terminal (cli/play_terminal.h) and for text without colours.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "envs/inspectable.h"

namespace rove {

enum class Ink : std::uint8_t {
  kRed,
  kGreen,
  kBlue,
  kPurple,
  kYellow,
  kGrey,
  kOrange,
  kPlain,
  kDim
};  // first MiniGrid's colour codes
constexpr int kNumInks = 9;

struct Span {
  std::string text;  // UTF-8
  Ink ink = Ink::kPlain;
  bool lit = false;  // a cell that the agent sees: lighter ground
};
using Line = std::vector<Span>;

struct PlayScene {
  GridState state;
  std::span<const std::uint8_t> image;  // u8 [view, view, 3]: [column][row][type, colour, state], the agent below in the middle
  int view = 0;
  std::string title;               // above
  std::vector<std::string> notes;  // below
};

struct SceneStyle {
  bool unicode = false;
  bool colors = false;                             // without: a letter beside each thing says its colour (r g b p y, e: grey)
  int max_columns = 1 << 20, max_lines = 1 << 20;  // a larger grid is shown around the agent
};

std::vector<Line> DrawScene(const PlayScene& scene, const SceneStyle& style);

// One line of text for each; spaces at a line's end are cut.
std::string PlainText(const std::vector<Line>& lines);

// "yellow key", "nothing".
std::string DescribeCarried(const GridState& state);

}  // namespace rove
