#include "envs/minigrid/babyai/draft.h"

#include <bit>
#include <cstdlib>

#include "envs/minigrid/things.h"

namespace rove::minigrid {

Draft::Draft(Level& level, Episode& episode, const Rooms& rooms)
    : level_(level), episode_(episode), rooms_(level, rooms.size, rooms.rows, rooms.columns) {
  episode.Clear();
}

Cell Draft::cell(int thing) const { return level_.Get(at(thing).x, at(thing).y); }

int Draft::Add(Point at) {
  ROVE_CHECK_LT(episode_.num_things, kMaxThings);
  episode_.at[episode_.num_things] = ToSpot(at);
  return episode_.num_things++;
}

int Draft::AddObject(int i, int j, std::optional<Kind> kind, std::optional<Color> color) {
  const Kind drawn = kind ? *kind : level_.Element<Kind>(kThingKinds);
  const auto [cell, at] = rooms_.AddObject(i, j, drawn, color);
  kinds_seen_ |= 1u << ThingIndex(cell);
  return Add(at);
}

int Draft::AddBox(int i, int j, Color color, Cell content) {
  const Cell box = MakeCell(kBox, color);
  kinds_seen_ |= 1u << ThingIndex(box);
  return Add(rooms_.PlaceInRoom(i, j, box, content));
}

int Draft::Put(Point at, Cell thing) {
  level_.Set(at, thing);
  return Add(at);
}

int Draft::AddDoor(int i, int j, std::optional<int> side, std::optional<Color> color, std::optional<bool> locked) {
  const int drawn_side = side ? *side : rooms_.DrawFreeSide(i, j);
  const Color drawn_color = color ? *color : level_.RandomColor();
  rooms_.AddDoor(i, j, drawn_side, locked ? *locked : Coin(), drawn_color);
  return Add(rooms_.doors().back());
}

void Draft::ConnectAll(std::span<const Color> colors) {
  const std::size_t before = rooms_.doors().size();
  rooms_.ConnectAll(colors);
  for (const Point door : rooms_.doors().subspan(before)) Add(door);
}

ThingRange Draft::AddDistractors(std::optional<Point> room, int count, Alike alike) {
  const ThingRange added = {episode_.num_things, count};
  for (int k = 0; k < count;) {
    const Color color = level_.RandomColor();
    const Kind kind = level_.Element<Kind>(kThingKinds);
    if (alike == kUnique && (kinds_seen_ >> ThingIndex(MakeCell(kind, color)) & 1)) continue;
    const int i = room ? room->x : I(0, rooms_.columns()), j = room ? room->y : I(0, rooms_.rows());
    AddObject(i, j, kind, color);
    ++k;
  }
  return added;
}

Point Draft::PlaceAgent() {
  const int i = I(0, rooms_.columns()), j = I(0, rooms_.rows());
  rooms_.PlaceAgent(i, j);
  return {i, j};
}

bool Draft::AllReachable() const {
  // Column x's cells as bits: those that can be walked through, and those of them that are reached.
  constexpr int kMaxColumns = 64;
  const int width = level_.width(), height = level_.height();
  ROVE_CHECK(width <= kMaxColumns && height <= 64);
  std::array<std::uint64_t, kMaxColumns> open, reached{};
  for (int x = 0; x < width; ++x) {
    std::uint64_t bits = 0;
    for (int y = 0; y < height; ++y) {
      const Cell cell = level_.Get(x, y);
      bits |= std::uint64_t{cell == kEmptyCell || IsDoor(cell)} << y;
    }
    open[static_cast<std::size_t>(x)] = bits;
  }
  const auto column = [](auto& columns, int x) -> auto& { return columns[static_cast<std::size_t>(x)]; };
  const auto spread = [&](int x, std::uint64_t from) {  // into column x and along it; whether that is new
    std::uint64_t bits = (column(reached, x) | from) & column(open, x);
    for (std::uint64_t more = 0; more != bits; bits |= (bits << 1 | bits >> 1) & column(open, x)) more = bits;
    return std::exchange(column(reached, x), bits) != bits;
  };
  const Point agent = level_.agent();
  column(reached, agent.x) = std::uint64_t{1} << agent.y;
  for (bool changed = true; changed;) {
    changed = false;
    for (int x = 1; x < width; ++x) changed |= spread(x, column(reached, x - 1));
    for (int x = width - 2; x >= 0; --x) changed |= spread(x, column(reached, x + 1));
  }
  for (int thing = 0; thing < episode_.num_things; ++thing) {
    const Point p = at(thing);
    const auto [x, y] = p;
    if (IsDoor(cell(thing))
            ? !(column(reached, x) >> y & 1)
            : !((column(reached, x - 1) | column(reached, x + 1) | column(reached, x) << 1 | column(reached, x) >> 1) >> y & 1))
      return false;
  }
  return true;
}

std::uint64_t Draft::Matches(const Description& d) const {
  const Point agent = level_.agent();
  const auto direction = static_cast<std::size_t>(level_.direction());
  const int dx = kDx[direction], dy = kDy[direction];
  const auto there = [&](Point p) {  // the place that the description names, within the agent's room and its walls
    const Point home = rooms_.RoomOf(agent);
    if (!rooms_.rect(home.x, home.y).contains(p)) return false;
    const int ahead = (p.x - agent.x) * dx + (p.y - agent.y) * dy, right = (p.y - agent.y) * dx - (p.x - agent.x) * dy;
    switch (d.where) {
      case Where::kLeft: return right < 0;
      case Where::kRight: return right > 0;
      case Where::kFront: return ahead > 0;
      default: return ahead < 0;
    }
  };
  std::uint64_t bits = 0;
  for (int thing = 0; thing < episode_.num_things; ++thing) {
    const Cell c = cell(thing);
    if (d.kind != kAnyKind && d.kind != DescribedKind(c)) continue;
    if (d.color != kAnyColor && d.color != ColorOf(c)) continue;
    if (d.where != Where::kAnywhere && !there(at(thing))) continue;
    bits |= std::uint64_t{1} << thing;
  }
  return bits;
}

bool Draft::Begin(const Instruction& instruction) {
  Episode& e = episode_;
  e.instruction = instruction;
  const auto resolve = [&](Description* d) {
    const std::uint64_t things = Matches(*d);
    const bool walls_too = d->kind == kAnyKind && (d->color == kAnyColor || d->color == kGrey);  // a wall is a grey object
    d->several = walls_too || std::popcount(things) > 1;
    return things;
  };
  const auto beside = [&](std::uint64_t move, std::uint64_t fixed) {
    for (int a = 0; a < e.num_things; ++a) {
      for (int b = 0; b < e.num_things; ++b) {
        const bool asked = (move >> a & 1) && (fixed >> b & 1);
        if (asked && std::abs(at(a).x - at(b).x) + std::abs(at(a).y - at(b).y) == 1) return true;
      }
    }
    return false;
  };
  for (std::size_t k = 0; k < static_cast<std::size_t>(instruction.num_clauses()); ++k) {
    Clause& clause = e.instruction.clauses[k];
    e.meant[k][0] = resolve(&clause.what);
    e.hand_before[k] = kEmptyHand;
    if (clause.verb != Verb::kPutNext) continue;
    e.meant[k][1] = resolve(&clause.next_to);
    if ((e.meant[k][0] & e.meant[k][1]) != 0 || beside(e.meant[k][0], e.meant[k][1])) return false;
  }
  e.noted = e.at;
  return true;
}

}  // namespace rove::minigrid
