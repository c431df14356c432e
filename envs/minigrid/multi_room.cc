// MultiRoom: a chain of rooms joined by closed doors, the goal in the last. Levels as Farama Minigrid 3.1.0, envs/multiroom.py.
// The ids N7-S4, N7-S8, N10-S4, N10-S10, N12-S10 are those of the RIDE study (Raileanu & Rocktaeschel 2020), not upstream's, and
// so is the noisy TV: a ball in the first room whose colour action `drop` draws anew; nothing can be dropped.
#include <array>
#include <cstdint>

#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

constexpr int kSize = 25, kMinRoom = 4, kExitTries = 8, kTvTries = 100;
constexpr std::size_t kMaxRooms = 16;
enum Wall { kRight, kBottom, kLeft, kTop };

struct Room {
  Rect rect;
  Point entry;  // the door it was reached through
};
struct Chain {
  std::array<Room, kMaxRooms> rooms;
  int length = 0;
  const Room& last() const { return rooms[static_cast<std::size_t>(length) - 1]; }
  void Append(const Room& room) { rooms[static_cast<std::size_t>(length++)] = room; }
};

// Rooms that a new one must keep apart from, one lane each, all compared at once: a level of many large rooms asks ten thousand
// times. A free lane overlaps nothing.
class Taken {
 public:
  void Add(const Rect& r) {
    x_[count_] = static_cast<std::int8_t>(r.x);
    right_[count_] = static_cast<std::int8_t>(r.x + r.width);
    y_[count_] = static_cast<std::int8_t>(r.y);
    bottom_[count_++] = static_cast<std::int8_t>(r.y + r.height);
  }
  // Upstream's rule: a column or row of cells has to lie between a room and those to its right and below, not the others.
  // Not 0: it overlaps one.
  std::int64_t Overlaps(const Rect& r) const {
    const Lanes overlaps = (All(r.x + r.width) >= x_) & (All(r.x) < right_) & (All(r.y + r.height) >= y_) & (All(r.y) < bottom_);
    const auto halves = reinterpret_cast<Halves>(overlaps);
    return halves[0] | halves[1];
  }

 private:
  using Lanes [[gnu::vector_size(kMaxRooms)]] = std::int8_t;
  using Halves [[gnu::vector_size(kMaxRooms)]] = std::int64_t;
  static Lanes All(int value) { return Lanes{} + static_cast<std::int8_t>(value); }
  Lanes x_ = All(127), right_{}, y_{}, bottom_{};
  std::size_t count_ = 0;
};

struct Options {
  int min_rooms = 6, max_rooms = 6, max_room_size = 10;
  bool noisy_tv = false;
};

class MultiRoom final : public Family {
 public:
  explicit MultiRoom(const Options& options)
      : Family({.layout = {kSize, kSize},
                .max_steps = 20 * options.max_rooms,
                .missions = {"traverse the rooms to get to the goal"},
                .memory_bytes = options.noisy_tv ? static_cast<int>(sizeof(Spot)) : 0}),
        options_(options) {}

  void Generate(Level& level) const override {
    const int rooms = level.I(options_.min_rooms, options_.max_rooms + 1);
    const Chain best = DrawChain(level, rooms);
    int previous_color = -1;
    for (int k = 0; k < best.length; ++k) {
      const Room& room = best.rooms[static_cast<std::size_t>(k)];
      level.WallRect(room.rect);
      if (k == 0 && options_.noisy_tv) {
        const Point tv = level.Place(MakeCell(kBall, level.RandomColor()), room.rect, kTvTries);
        *level.memory<Spot>() = ToSpot(tv);
      }
      if (k == 0) continue;
      std::array<Color, kNumColors> colors;
      std::size_t count = 0;
      for (const Color color : kColorsByName) {
        if (color != previous_color) colors[count++] = color;
      }
      const Color color = level.Element(std::span<const Color>(colors.data(), count));
      level.Set(room.entry.x, room.entry.y, MakeCell(kDoorClosed, color));
      previous_color = color;
    }
    level.PlaceAgent(best.rooms[0].rect);
    level.Place(kGoalCell, best.last().rect);
  }

  Outcome Step(Play& play, int action) const override {
    if (!options_.noisy_tv || action != kDrop) return play.Base(action);
    const Cell ball = MakeCell(kBall, play.RandomColor());
    if (play.state().carrying != 0)
      play.state().carrying = ball;
    else
      play.Set(*play.memory<Spot>(), ball);
    return play.Base(kDone);
  }

  std::string Adopt(Play& play) const override {
    if (!options_.noisy_tv || play.state().carrying != 0) return "";
    for (const Color color : kColorsByName) {
      if (const auto at = FindOnly(play, MakeCell(kBall, color))) {
        *play.memory<Spot>() = ToSpot(*at);
        return "";
      }
    }
    return "expected the noisy TV's ball on the grid or in the hand";
  }

 private:
  // Chains from random places until one has all rooms. Many large rooms take hundreds of chains, so the stream is a local copy,
  // which the compiler keeps in registers.
  Chain DrawChain(Level& level, int rooms) const {
    Pcg64 rng = level.state().rng;
    Chain best, chain;
    while (best.length < rooms) {
      chain.length = 0;
      Grow(rng, rooms, &chain);
      if (chain.length > best.length) best = chain;
    }
    level.state().rng = rng;
    return best;
  }

  // One chain, as long as it gets: a room is never taken back, and a chain ends where eight places in turn do not fit behind its
  // last room. (Upstream's recursion comes to that: a room reports success once it is placed, whatever follows.) Walls and sizes
  // are random, a branch on them would be mispredicted: positions are picked by masks, and a try has the one branch whether it
  // fits.
  [[gnu::always_inline]] void Grow(Pcg64& rng, int rooms, Chain* chain) const {
    const auto draw = [&rng](int low, int high) { return static_cast<int>(rng.Integers(low, high)); };
    const int most = options_.max_room_size + 1;
    Point entry;
    entry.x = draw(0, kSize - 2);
    entry.y = draw(0, kSize - 2);
    Rect room = {entry.x, entry.y, 0, 0};
    room.width = draw(kMinRoom, most);
    room.height = draw(kMinRoom, most);
    if (Outside(room) != 0) return;
    chain->Append({room, entry});
    Taken taken;
    Rect last = room;
    int entry_wall = kLeft;
    for (int tries = 0; chain->length < rooms && tries < kExitTries;) {
      const int choice = draw(0, 3), wall = choice + (choice >= entry_wall);  // where the exit is
      const int sideways = (wall & 1) - 1, far = (wall >> 1) - 1;             // masks: right or left; right or bottom
      const int along = draw(1, Pick(sideways, last.height, last.width) - 1);
      const int across = (Pick(sideways, last.width, last.height) - 1) & far;
      entry = {last.x + Pick(sideways, across, along), last.y + Pick(sideways, along, across)};

      room.width = draw(kMinRoom, most);
      room.height = draw(kMinRoom, most);
      const int size_along = Pick(sideways, room.height, room.width), size_across = Pick(sideways, room.width, room.height);
      const int before = size_along - 1 - draw(1, size_along - 1);  // cells of its wall before the door
      const int back = (size_across - 1) & ~far;                    // it extends away from the last room
      room.x = entry.x - Pick(sideways, back, before);
      room.y = entry.y - Pick(sideways, before, back);
      ++tries;
      if ((Outside(room) | taken.Overlaps(room)) != 0) continue;
      taken.Add(last);  // the next room does not share a wall with it any more
      chain->Append({room, entry});
      last = room;
      entry_wall = wall ^ 2;  // the opposite
      tries = 0;
    }
  }
  static int Pick(int mask, int a, int b) { return (a & mask) | (b & ~mask); }
  // Not 0: it leaves the grid; one row short at the bottom, as upstream.
  static int Outside(const Rect& r) { return (r.x | r.y | (kSize - r.x - r.width) | (kSize - 1 - r.y - r.height)) >> 31; }

  Options options_;
};

std::unique_ptr<Family> FromConfig(const Config& config) {
  Options o;
  config.Get("min_rooms", &o.min_rooms, InRange(1, static_cast<int>(kMaxRooms)));
  o.max_rooms = o.min_rooms;
  config.Get("max_rooms", &o.max_rooms, InRange(1, static_cast<int>(kMaxRooms)));
  if (o.max_rooms < o.min_rooms) config.At("max_rooms").Fail("below min_rooms, " + std::to_string(o.min_rooms));
  config.Get("max_room_size", &o.max_room_size, InRange(kMinRoom, 10));
  config.Get("noisy_tv", &o.noisy_tv);
  return std::make_unique<MultiRoom>(o);
}

FamilyRegistrar Register(const std::string& name, int rooms, int max_room_size, bool noisy_tv = false) {
  return {"MiniGrid-MultiRoom" + name,
          std::to_string(rooms) + " rooms of up to " + std::to_string(max_room_size) + " cells a side in a chain" +
              (noisy_tv ? "; dropping recolours a ball" : ""),
          [=](const Config&) {
            return std::make_unique<MultiRoom>(Options{rooms, rooms, max_room_size, noisy_tv});
          }};
}
const FamilyRegistrar kMultiRooms[] = {
    Register("-N2-S4-v0", 2, 4),
    Register("-N4-S5-v0", 6, 5),  // six rooms, as upstream registers it (its issue 471); v1 has four
    Register("-N4-S5-v1", 4, 5),
    Register("-N6-v0", 6, 10),
    Register("-N7-S4-v0", 7, 4),
    Register("-N7-S8-v0", 7, 8),
    Register("-N10-S4-v0", 10, 4),
    Register("-N10-S10-v0", 10, 10),
    Register("-N12-S10-v0", 12, 10),
    Register("NoisyTV-N7-S4-v0", 7, 4, true),
    {"minigrid/multi_room", "a chain of rooms: min_rooms, max_rooms, max_room_size, noisy_tv", FromConfig},
};

}  // namespace
}  // namespace rove::minigrid
