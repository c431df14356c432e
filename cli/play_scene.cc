#include "cli/play_scene.h"

#include <algorithm>
#include <array>
#include <optional>

namespace rove {
namespace {

// Upstream's object codes, and doors by their state.
enum Thing { kUnseen, kEmpty, kWall, kFloor, kDoorOpen, kKey, kBall, kBox, kGoal, kLava, kAgent, kDoorClosed, kDoorLocked };

struct Look {
  const char *ascii, *unicode;  // the first of a cell's two columns; of what fills its cell, both
  bool fills = false;
};
constexpr std::array<Look, 13> kLooks = {{{"  ", "  ", true},
                                          {" ", " "},
                                          {"##", "██", true},
                                          {"_", "░"},
                                          {"/", "∩"},
                                          {"k", "♀"},
                                          {"o", "●"},
                                          {"B", "■"},
                                          {"GG", "▒▒", true},
                                          {"~~", "≈≈", true},
                                          {"?", "?"},
                                          {"+", "╫"},
                                          {"X", "╬"}}};
constexpr std::array<Look, 4> kAgents = {{{">", "►"}, {"v", "▼"}, {"<", "◄"}, {"^", "▲"}}};  // by direction
constexpr std::string_view kLetters = "rgbpye";
constexpr std::array<const char*, 6> kColorNames = {"red", "green", "blue", "purple", "yellow", "grey"};
constexpr int kUp = 3;

Span DrawCell(const std::uint8_t* code, std::optional<int> agent, bool lit, const SceneStyle& style) {
  const int thing = code[2] == 0 ? code[0] : kDoorClosed - 1 + code[2];
  const Look& look = agent ? kAgents.at(static_cast<std::size_t>(*agent)) : kLooks.at(static_cast<std::size_t>(thing));
  const std::string text = style.unicode ? look.unicode : look.ascii;
  if (agent) return {text + " ", Ink::kRed, lit};
  if (thing == kEmpty) return {lit ? style.unicode ? "· " : ". " : "  ", Ink::kDim, lit};
  if (look.fills) {
    const Ink ink = thing == kLava ? Ink::kOrange : thing == kWall && !lit ? Ink::kDim : static_cast<Ink>(code[1]);
    return {text, ink, lit};
  }
  return {text + (style.colors ? ' ' : kLetters.at(code[1])), static_cast<Ink>(code[1]), lit};
}

// The part of `length` cells shown when there is room for `room`: around `at`.
struct Window {
  int begin = 0, end = 0;
};
Window Around(int at, int length, int room) {
  const int shown = std::clamp(room, 1, length), begin = std::clamp(at - shown / 2, 0, length - shown);
  return {begin, begin + shown};
}

// Whether the agent sees cell (x, y). Its view looks along `direction`; its right is a quarter turn on.
bool InView(const PlayScene& scene, int x, int y) {
  constexpr std::array<int, 4> kDx = {1, 0, -1, 0}, kDy = {0, 1, 0, -1};
  const auto [agent_x, agent_y, direction] = scene.state.agent;
  const int dx = kDx.at(static_cast<std::size_t>(direction)), dy = kDy.at(static_cast<std::size_t>(direction));
  const int ahead = (x - agent_x) * dx + (y - agent_y) * dy, right = (y - agent_y) * dx - (x - agent_x) * dy;
  const int row = scene.view - 1 - ahead, column = scene.view / 2 + right;
  return row >= 0 && row < scene.view && column >= 0 && column < scene.view &&
         scene.image[static_cast<std::size_t>(column * scene.view + row) * 3] != kUnseen;
}

}  // namespace

std::vector<Line> DrawScene(const PlayScene& scene, const SceneStyle& style) {
  constexpr int kGap = 3;
  const GridState& state = scene.state;
  const int fixed = 2 + static_cast<int>(scene.notes.size());  // title, an empty line, notes
  const Window xs = Around(state.agent[0], state.width, (style.max_columns - kGap - 2 * scene.view) / 2);
  const Window ys = Around(state.agent[1], state.height, style.max_lines - fixed);
  std::vector<Line> lines = {{{scene.title}}};
  const int rows = std::max(ys.end - ys.begin, std::min(scene.view, std::max(style.max_lines - fixed, 1)));
  for (int row = 0; row < rows; ++row) {
    Line& line = lines.emplace_back();
    for (int x = xs.begin; x < xs.end; ++x) {
      const int y = ys.begin + row;
      if (y >= ys.end) {
        line.push_back({"  "});
        continue;
      }
      const bool here = x == state.agent[0] && y == state.agent[1];
      line.push_back(DrawCell(&state.grid[static_cast<std::size_t>(x * state.height + y) * 3],
                              here ? std::optional(state.agent[2]) : std::nullopt, InView(scene, x, y), style));
    }
    if (row >= scene.view) continue;
    line.push_back({std::string(kGap, ' ')});
    for (int column = 0; column < scene.view; ++column) {
      const std::uint8_t* const code = &scene.image[static_cast<std::size_t>(column * scene.view + row) * 3];
      const bool here = column == scene.view / 2 && row == scene.view - 1;
      line.push_back(DrawCell(code, here ? std::optional(kUp) : std::nullopt, code[0] != kUnseen, style));
    }
  }
  lines.emplace_back();
  for (const std::string& note : scene.notes) lines.push_back({{note}});
  return lines;
}

std::string PlainText(const std::vector<Line>& lines) {
  std::string out;
  for (const Line& line : lines) {
    std::string text;
    for (const Span& span : line) text += span.text;
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

std::string DescribeCarried(const GridState& state) {
  if (!state.carrying) return "nothing";
  const auto [type, color, unused] = *state.carrying;
  const char* const name = type == kKey ? "key" : type == kBall ? "ball" : "box";
  return std::string(kColorNames.at(static_cast<std::size_t>(color))) + " " + name;
}

}  // namespace rove
