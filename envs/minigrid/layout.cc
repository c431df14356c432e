// A level drawn as text, in a file or in the config: fixed but for what is left open.
//
//   env:
//     type: minigrid/layout
//     map: ["#######",
//           "#>.D.G#",
//           "#K.#..#",
//           "#######"]
//     legend: {X: grey box with yellow key}
//
// '#' wall, '.' or ' ' empty, 'G' goal, 'L' lava, 'K' yellow key, 'D' locked yellow door, 'd' closed yellow door, '_' open yellow
// door, 'B' blue ball, 'X' grey box, 'F' blue floor. `legend` gives other letters a meaning, or these another one. The agent:
// '>' 'v' '<' '^' with a direction, 'S' without; of several one is drawn, with none any free cell and direction is. A file holds
// the rows; after an empty line may follow lines "mission: TEXT", "pick_up: THING" and "LETTER: THING".
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "core/file.h"
#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

struct Thing {
  Cell cell = kEmptyCell, content = 0;
};

struct Spawn {
  Point at;
  int direction = -1;  // -1: drawn
};

const std::map<std::string, Kind> kKinds = {{"wall", kWall}, {"floor", kFloor}, {"door", kDoorOpen}, {"key", kKey},
                                            {"ball", kBall}, {"box", kBox},     {"goal", kGoal},     {"lava", kLava}};
constexpr const char* kThingForm = "expected COLOUR KIND, as in \"red key\", \"locked blue door\" or \"grey box with red key\"";

// "[open|closed|locked] COLOUR KIND [with COLOUR KIND]"; nothing if it is none.
std::optional<Thing> ReadThing(const std::string& text) {
  std::istringstream words(text);
  std::string word;
  Thing thing;
  const auto read_cell = [&]() -> std::optional<Cell> {
    Kind door = kDoorClosed;
    bool is_door = false;
    if (!(words >> word)) return {};
    if (word == "open" || word == "closed" || word == "locked") {
      door = word == "open" ? kDoorOpen : word == "closed" ? kDoorClosed : kDoorLocked;
      is_door = true;
      words >> word;
    }
    const auto color = std::ranges::find(kColorNames, word) - kColorNames.begin();
    if (color == kNumColors || !(words >> word)) return {};
    const auto kind = kKinds.find(word);
    if (kind == kKinds.end() || (is_door && word != "door")) return {};
    return MakeCell(word == "door" ? door : kind->second, static_cast<Color>(color));
  };
  const auto cell = read_cell();
  if (!cell) return {};
  thing.cell = *cell;
  if (words >> word) {
    if (word != "with" || KindOf(thing.cell) != kBox) return {};
    const auto content = read_cell();
    if (!content || !CanPickUp(*content) || words >> word) return {};
    thing.content = *content;
  }
  return thing;
}

struct Drawing {
  std::vector<std::string> rows = {"#########",  //
                                   "#S..#...#",  //
                                   "#...D...#",  //
                                   "#.K.#..G#",  //
                                   "#S..#...#",  //
                                   "#########"};
  std::map<char, Thing> legend = {{'#', {kWallCell}},
                                  {'.', {}},
                                  {' ', {}},
                                  {'G', {kGoalCell}},
                                  {'L', {kLavaCell}},
                                  {'K', {MakeCell(kKey, kYellow)}},
                                  {'D', {MakeCell(kDoorLocked, kYellow)}},
                                  {'d', {MakeCell(kDoorClosed, kYellow)}},
                                  {'_', {MakeCell(kDoorOpen, kYellow)}},
                                  {'B', {MakeCell(kBall, kBlue)}},
                                  {'X', {MakeCell(kBox, kGrey)}},
                                  {'F', {MakeCell(kFloor, kBlue)}}};
  std::string mission, pick_up;  // mission empty: what there is to do
};

bool IsStart(char letter) { return std::string("S>v<^").find(letter) != std::string::npos; }

void SetLegend(const Config& config, const std::string& letter, const std::string& text, Drawing* drawing) {
  if (letter.size() != 1 || IsStart(letter[0]) || letter[0] == ' ')
    config.Fail("\"" + OneLine(letter) + "\" can stand for nothing: expected one character, none of \"S>v<^\" and no blank");
  const auto thing = ReadThing(text);
  if (!thing) config.Fail("\"" + OneLine(letter) + "\" stands for \"" + OneLine(text) + "\"; " + kThingForm);
  drawing->legend[letter[0]] = *thing;
}

void ReadFile(const Config& place, const std::string& path, Drawing* drawing) {
  std::ifstream file(path);
  if (!file || !std::filesystem::is_regular_file(path)) place.Fail("cannot read \"" + OneLine(path) + "\"");
  drawing->rows.clear();
  std::string line;
  bool drawn = false;
  while (std::getline(file, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.find_first_not_of(' ') == std::string::npos) {
      drawn = drawn || !drawing->rows.empty();
      continue;
    }
    if (!drawn) {
      drawing->rows.push_back(line);
      continue;
    }
    const auto colon = line.find(": ");
    const std::string key = line.substr(0, colon), value = colon == std::string::npos ? "" : line.substr(colon + 2);
    if (colon == std::string::npos || value.empty())
      place.Fail("\"" + OneLine(path) + "\": line \"" + OneLine(line) + "\" is no \"KEY: VALUE\"");
    if (key == "mission")
      drawing->mission = value;
    else if (key == "pick_up")
      drawing->pick_up = value;
    else
      SetLegend(place, key, value, drawing);
  }
}

class Drawn final : public Family {
 public:
  Drawn(const Drawing& drawing, std::vector<Spawn> starts, std::optional<Cell> target, bool see_through_walls)
      : Family({{static_cast<int>(drawing.rows[0].size()), static_cast<int>(drawing.rows.size())},
                static_cast<int>(4 * drawing.rows.size() * drawing.rows[0].size()),
                see_through_walls,
                {drawing.mission}}),
        starts_(std::move(starts)),
        target_(target) {
    for (std::size_t y = 0; y < drawing.rows.size(); ++y) {
      for (std::size_t x = 0; x < drawing.rows[y].size(); ++x) {
        const char letter = drawing.rows[y][x];
        if (!IsStart(letter)) things_.push_back({{static_cast<int>(x), static_cast<int>(y)}, drawing.legend.at(letter)});
      }
    }
  }

  void Generate(Level& level) const override {
    for (const auto& [at, thing] : things_) {
      level.Set(at, thing.cell);
      level.state().PutContent(at.x, at.y, thing.content);
    }
    level.state().target = target_.value_or(Cell{0});
    if (starts_.empty()) return level.PlaceAgent(level.whole());
    const Spawn start = level.Element<Spawn>(starts_);
    level.SetAgent(start.at.x, start.at.y, start.direction >= 0 ? start.direction : level.I(0, 4));
  }

  Outcome Step(Play& play, int action) const override { return target_ ? SuccessIfPickedUp(play, action) : play.Base(action); }
  GridGoal Goal(const State& state) const override { return target_ ? PickUp(*target_) : Family::Goal(state); }
  std::string Adopt(Play& play) const override {
    play.state().target = target_.value_or(Cell{0});
    return "";
  }

 private:
  std::vector<std::pair<Point, Thing>> things_;
  std::vector<Spawn> starts_;
  std::optional<Cell> target_;  // what to pick up
};

std::unique_ptr<Family> FromConfig(const Config& config) {
  Drawing drawing;
  std::string file;
  bool see_through_walls = false;
  config.Get("file", &file);
  if (file.empty()) {
    config.Get("map", &drawing.rows);
  } else {
    if (config.Has("map")) config.At("map").Fail("a file is given too; leave out one of them");
    ReadFile(config.At("file"), file, &drawing);
    const std::string content = HashFile(file);
    std::string hash = content;  // a run's config has it
    config.Get("file_hash", &hash);
    if (hash != content) {
      config.At("file_hash")
          .Fail("names content " + OneLine(hash) + ", the file's is " + content +
                "; put the file back, or leave this out in a new run");
    }
  }
  config.Get("mission", &drawing.mission);
  config.Get("pick_up", &drawing.pick_up);
  config.Get("see_through_walls", &see_through_walls);
  for (const std::string& letter : config.At("legend").Keys()) {
    std::string text;
    config.At("legend").Get(letter, &text);
    SetLegend(config.At("legend"), letter, text, &drawing);
  }

  const Config place = config.At(file.empty() ? "map" : "file");
  const auto& rows = drawing.rows;
  if (rows.empty() || rows[0].empty()) place.Fail("the map is empty");
  if (rows.size() > kMaxSide || rows[0].size() > kMaxSide) place.Fail("the map is larger than 100 x 100");
  std::vector<Spawn> starts;
  int contents = 0;
  for (std::size_t y = 0; y < rows.size(); ++y) {
    if (rows[y].size() != rows[0].size()) place.Fail("row " + std::to_string(y) + " of the map is not as long as row 0");
    for (std::size_t x = 0; x < rows[y].size(); ++x) {
      const char letter = rows[y][x];
      const auto direction = std::string(">v<^").find(letter);
      const Point at = {static_cast<int>(x), static_cast<int>(y)};
      if (direction != std::string::npos) starts.push_back({at, static_cast<int>(direction)});
      if (letter == 'S') starts.push_back({at, -1});
      if (IsStart(letter)) continue;
      const auto thing = drawing.legend.find(letter);
      if (thing == drawing.legend.end())
        place.Fail("row " + std::to_string(y) + " of the map holds '" + OneLine({&letter, 1}) +
                   "', which has no meaning; name it in legend");
      contents += thing->second.content != 0;
    }
  }
  if (contents > kMaxContents) place.Fail("the map has more than 8 boxes with something inside");
  std::optional<Cell> target;
  if (!drawing.pick_up.empty()) {
    const auto thing = ReadThing(drawing.pick_up);
    if (!thing || !CanPickUp(thing->cell) || thing->content != 0)
      config.At("pick_up").Fail("\"" + OneLine(drawing.pick_up) +
                                "\" cannot be picked up; expected a key, a ball or a box with its colour");
    target = thing->cell;
  }
  if (drawing.mission.empty()) drawing.mission = target ? "pick up the " + drawing.pick_up : "get to the green goal square";
  return std::make_unique<Drawn>(drawing, std::move(starts), target, see_through_walls);
}

const FamilyRegistrar kLayout("minigrid/layout",
                              "a level drawn as text: map or file, legend, mission, pick_up, see_through_walls", FromConfig);

}  // namespace
}  // namespace rove::minigrid
