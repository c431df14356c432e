// ObstructedMaze: a blue ball behind locked doors, with keys in boxes and balls in the way. Levels as Farama Minigrid 3.1.0,
// envs/obstructedmaze.py and obstructedmaze_v1.py: in version 0 a blocking ball may replace the key of another door.
#include "envs/minigrid/family.h"
#include "envs/minigrid/room_grid.h"

namespace rove::minigrid {
namespace {

constexpr int kRoomSize = 6;
constexpr Cell kTarget = MakeCell(kBall, kBlue), kBlocker = MakeCell(kBall, kGreen), kKeyBox = MakeCell(kBox, kGrey);
using Room = Point;  // column, row

using Doors = std::array<Color, kNumColors>;

Doors DrawDoorColors(Level& level) {
  Doors colors = kColorsByName;
  level.Subset(std::span(colors), kNumColors);
  return colors;
}

struct Obstruction {
  bool key_in_box = false, blocked = false;
};

void AddLockedDoor(Level& level, RoomGrid& rooms, Room room, int side, Color color, bool blocked) {
  rooms.AddDoor(room.x, room.y, side, /*locked=*/true, color);
  if (!blocked) return;
  const auto s = static_cast<std::size_t>(side);
  const Point door = rooms.door(room.x, room.y, side), inside = {door.x - kDx[s], door.y - kDy[s]};
  level.state().TakeContent(inside.x, inside.y);  // of a box that lay there
  level.Set(inside, kBlocker);
}

void AddKey(RoomGrid& rooms, Room room, Color color, bool in_box) {
  const Cell key = MakeCell(kKey, color);
  rooms.PlaceInRoom(room.x, room.y, in_box ? kKeyBox : key, in_box ? key : Cell{0});
}

class ObstructedMaze : public Family {
 public:
  ObstructedMaze(int rows, int columns, int rooms_visited)
      : Family({RoomGrid::LayoutOf(kRoomSize, rows, columns),
                4 * rooms_visited * kRoomSize * kRoomSize,
                false,
                {"pick up the blue ball"}}) {}
  Outcome Step(Play& play, int action) const override { return SuccessIfPickedUp(play, action); }
  GridGoal Goal(const State& state) const override { return PickUp(state.target); }
  std::string Adopt(Play& play) const override {
    play.state().target = kTarget;
    return "";
  }
};

// Two rooms.
class OneDoor final : public ObstructedMaze {
 public:
  explicit OneDoor(const Obstruction& o) : ObstructedMaze(1, 2, 2), obstruction_(o) {}

  void Generate(Level& level) const override {
    RoomGrid rooms(level, kRoomSize, 1, 2);
    const Color door = DrawDoorColors(level)[0];
    AddLockedDoor(level, rooms, {0, 0}, 0, door, obstruction_.blocked);
    AddKey(rooms, {0, 0}, door, obstruction_.key_in_box);
    rooms.AddObject(1, 0, KindOf(kTarget), ColorOf(kTarget));
    rooms.PlaceAgent(0, 0);
    level.state().target = kTarget;
  }

 private:
  Obstruction obstruction_;
};

struct Options {
  int num_quarters = 4;
  Obstruction obstruction = {true, true};
  Room agent = {1, 1};
  int rooms_visited = 25, version = 1;
};

// Nine rooms: the middle one, `num_quarters` side rooms behind unlocked doors of it, and corners behind locked ones.
class Quarters final : public ObstructedMaze {
 public:
  explicit Quarters(const Options& o) : ObstructedMaze(3, 3, o.rooms_visited), options_(o) {}

  void Generate(Level& level) const override {
    constexpr Room kSideRooms[] = {{2, 1}, {1, 2}, {0, 1}, {1, 0}}, kCorners[] = {{2, 0}, {2, 2}, {0, 2}, {0, 0}};
    const auto [key_in_box, blocked] = options_.obstruction;
    RoomGrid rooms(level, kRoomSize, 3, 3);
    const Doors colors = DrawDoorColors(level);
    for (int i = 0; i < options_.num_quarters; ++i) {
      const Room room = kSideRooms[i];
      rooms.AddDoor(1, 1, i, /*locked=*/false, colors[static_cast<std::size_t>(i)]);
      const auto color = [&](int k) { return colors[static_cast<std::size_t>((i + k + kNumColors) % kNumColors)]; };
      for (const int k : {-1, 1}) {
        AddLockedDoor(level, rooms, room, (i + k + 4) % 4, color(k), blocked);
        if (options_.version == 0) AddKey(rooms, room, color(k), key_in_box);
      }
      if (options_.version == 0) continue;
      for (const int k : {-1, 1}) AddKey(rooms, room, color(k), key_in_box);
    }
    const Room corner = level.Element(std::span(kCorners).first(static_cast<std::size_t>(options_.num_quarters)));
    rooms.AddObject(corner.x, corner.y, KindOf(kTarget), ColorOf(kTarget));
    rooms.PlaceAgent(options_.agent.x, options_.agent.y);
    level.state().target = kTarget;
  }

 private:
  Options options_;
};

std::unique_ptr<Family> FromConfig(const Config& config) {
  Options o;
  config.Get("num_quarters", &o.num_quarters, InRange(1, 4));
  config.Get("key_in_box", &o.obstruction.key_in_box);
  config.Get("blocked", &o.obstruction.blocked);
  config.Get("num_rooms_visited", &o.rooms_visited, InRange(1, 1000));
  config.Get("version", &o.version, InRange(0, 1));
  std::vector<int> room = {o.agent.x, o.agent.y};
  config.Get("agent_room", &room, InRange(0, 2));
  if (room.size() != 2) config.At("agent_room").Fail("expected [column, row]");
  o.agent = {room[0], room[1]};
  return std::make_unique<Quarters>(o);
}

FamilyRegistrar RegisterOne(const std::string& name, const std::string& doc, const Obstruction& o) {
  return {"MiniGrid-ObstructedMaze-1Dl" + name + "-v0", "a ball behind a locked door" + doc,
          [=](const Config&) { return std::make_unique<OneDoor>(o); }};
}
FamilyRegistrar Register(const std::string& name, const std::string& doc, const Options& o) {
  return {"MiniGrid-ObstructedMaze-" + name, "a ball in nine rooms, " + doc,
          [=](const Config&) { return std::make_unique<Quarters>(o); }};
}
constexpr Room kMiddle = {1, 1}, kRight = {2, 1};
constexpr Obstruction kNone = {}, kInBox = {true, false}, kBoth = {true, true};
const FamilyRegistrar kObstructedMazes[] = {
    RegisterOne("", "", kNone),
    RegisterOne("h", ", its key in a box", kInBox),
    RegisterOne("hb", ", its key in a box, a ball in the way", kBoth),
    Register("2Dl-v0", "one quarter in use", {1, kNone, kRight, 4, 0}),
    Register("2Dlh-v0", "one quarter in use, keys in boxes", {1, kInBox, kRight, 4, 0}),
    Register("2Dlhb-v0", "one quarter in use, keys in boxes, balls in the way", {1, kBoth, kRight, 4, 0}),
    Register("1Q-v0", "one quarter in use, start in the middle", {1, kBoth, kMiddle, 5, 0}),
    Register("2Q-v0", "two quarters in use", {2, kBoth, kRight, 11, 0}),
    Register("Full-v0", "all in use", {4, kBoth, kMiddle, 25, 0}),
    Register("2Dlhb-v1", "one quarter in use, keys in boxes, balls in the way, no key lost", {1, kBoth, kRight, 4, 1}),
    Register("1Q-v1", "one quarter in use, start in the middle, no key lost", {1, kBoth, kMiddle, 5, 1}),
    Register("2Q-v1", "two quarters in use, no key lost", {2, kBoth, kRight, 11, 1}),
    Register("Full-v1", "all in use, no key lost", {4, kBoth, kMiddle, 25, 1}),
    {"minigrid/obstructed_maze",
     "a ball in nine rooms: num_quarters, key_in_box, blocked, agent_room [column, row], num_rooms_visited, version", FromConfig},
};

}  // namespace
}  // namespace rove::minigrid
