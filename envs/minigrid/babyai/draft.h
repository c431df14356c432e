// A BabyAI level while it is drawn: rooms, and things by number. Draw order as Farama Minigrid 3.1.0, core/roomgrid.py and
// envs/babyai/core/roomgrid_level.py.
#pragma once

#include <optional>
#include <span>

#include "envs/minigrid/babyai/episode.h"
#include "envs/minigrid/level.h"
#include "envs/minigrid/room_grid.h"

namespace rove::minigrid {

struct Rooms {
  int size = 8, rows = 3, columns = 3;  // size: cells a side, walls included
  constexpr int max_doors() const { return rows * (columns - 1) + columns * (rows - 1); }
  // How many objects a level may have: half of the cells, and as many as can be told apart.
  constexpr int MaxThings() const {
    const int inside = (size - 2) * (size - 2), half = rows * columns * ((inside - 1) / 2), numbers = kMaxThings - max_doors();
    return half < numbers ? half : numbers;
  }
};

// Numbers of things added one after the other.
struct ThingRange {
  int first = 0, count = 0;
};

class Draft {
 public:
  Draft(Level& level, Episode& episode, const Rooms& rooms);

  Level& level() { return level_; }
  Episode& episode() { return episode_; }
  RoomGrid& rooms() { return rooms_; }
  int I(int low, int high) { return level_.I(low, high); }
  bool Coin() { return level_.I(0, 2) == 0; }
  int Element(const ThingRange& things) { return things.first + I(0, things.count); }

  Cell cell(int thing) const;
  Point at(int thing) const { return episode_.at[static_cast<std::size_t>(thing)]; }
  // "the COLOUR KIND" of a thing.
  Description Exactly(int thing) const { return {DescribedKind(cell(thing)), ColorOf(cell(thing))}; }
  static Kind DescribedKind(Cell cell) { return IsDoor(cell) ? kDoor : KindOf(cell); }

  // What is not given is drawn: of an object kind and colour, of a door side, colour and whether it is locked, in this order.
  int AddObject(int i, int j, std::optional<Kind> kind = {}, std::optional<Color> color = {});
  int AddBox(int i, int j, Color color, Cell content);
  int Put(Point at, Cell thing);  // without a look at what is there
  int AddDoor(int i, int j, std::optional<int> side = {}, std::optional<Color> color = {}, std::optional<bool> locked = {});
  void ConnectAll(std::span<const Color> colors = kColorsByName);
  // Each: colour, kind, room if none is given. `unique`: none like another object of the rooms.
  enum Alike { kMayRepeat, kUnique };
  ThingRange AddDistractors(std::optional<Point> room, int count, Alike alike);

  Point PlaceAgent();  // into a random room, which it returns
  void PlaceAgent(int i, int j) { rooms_.PlaceAgent(i, j); }

  // Whether the agent can get to every thing without moving one, locked doors no hindrance.
  bool AllReachable() const;
  // Bit k: thing k fits.
  std::uint64_t Matches(const Description& description) const;

  // Fixes what the instruction means. False if the level is to be rejected: a thing would have to be put next to itself or lies
  // there already.
  bool Begin(const Instruction& instruction);

 private:
  int Add(Point at);

  Level& level_;
  Episode& episode_;
  RoomGrid rooms_;
  std::uint32_t kinds_seen_ = 0;  // bit ThingIndex: such an object was put into a room
};

}  // namespace rove::minigrid
