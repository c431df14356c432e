// GoTo levels: walk up to a thing and face it. As Farama Minigrid 3.1.0, envs/babyai/goto.py (GoToSeq: level_gen.cc,
// GoToImpUnlock: unlock.cc).
#include "envs/minigrid/babyai/babyai.h"

namespace rove::minigrid {
namespace {

Instruction GoTo(const Description& what) { return Single(MakeClause(Verb::kGoTo, what)); }

// A red ball among other things, which may be painted grey afterwards.
struct RedBallOptions {
  int room_size = 8, num_dists = 7;
  bool grey = false;
};

class GoToRedBall final : public BabyAi {
 public:
  explicit GoToRedBall(const RedBallOptions& o) : BabyAi(OneRoom(o.room_size), GoTo(kSomeThing)), options_(o) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.PlaceAgent();
    const int ball = draft.AddObject(0, 0, kBall, kRed);
    const ThingRange others = draft.AddDistractors({}, options_.num_dists, Draft::kMayRepeat);
    for (int k = others.first; options_.grey && k < others.first + others.count; ++k)
      draft.level().Set(draft.at(k), MakeCell(KindOf(draft.cell(k)), kGrey));
    if (!draft.AllReachable()) return {};
    return GoTo(draft.Exactly(ball));
  }

 private:
  RedBallOptions options_;
};

// A red or blue ball; nothing else is a red or blue ball.
class GoToRedBlueBall final : public BabyAi {
 public:
  explicit GoToRedBlueBall(const OneRoomOptions& o) : BabyAi(OneRoom(o.room_size), GoTo(kSomeThing)), num_dists_(o.num_dists) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    constexpr std::array<Color, 2> kColors = {kRed, kBlue};
    draft.PlaceAgent();
    const ThingRange others = draft.AddDistractors({}, num_dists_, Draft::kMayRepeat);
    for (int k = others.first; k < others.first + others.count; ++k) {
      if (draft.cell(k) == MakeCell(kBall, kRed) || draft.cell(k) == MakeCell(kBall, kBlue)) return {};
    }
    const int ball = draft.AddObject(0, 0, kBall, draft.level().Element<Color>(kColors));
    if (!draft.AllReachable()) return {};
    return GoTo(draft.Exactly(ball));
  }

 private:
  int num_dists_;
};

// The only thing of a room.
class GoToObj final : public BabyAi {
 public:
  explicit GoToObj(int room_size) : BabyAi(OneRoom(room_size), GoTo(kSomeThing)) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.PlaceAgent();
    return GoTo(draft.Exactly(draft.AddDistractors({}, 1, Draft::kUnique).first));
  }
};

// One of the things of a room.
class GoToLocal final : public BabyAi {
 public:
  explicit GoToLocal(const OneRoomOptions& o) : BabyAi(OneRoom(o.room_size), GoTo(kSomeThing)), num_dists_(o.num_dists) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.PlaceAgent();
    const ThingRange things = draft.AddDistractors({}, num_dists_, Draft::kMayRepeat);
    if (!draft.AllReachable()) return {};
    return GoTo(draft.Exactly(draft.Element(things)));
  }

 private:
  int num_dists_;
};

// One of the things of a maze of rooms.
struct MazeOptions {
  Rooms rooms;
  int num_dists = 18;
  bool doors_open = false;
};

class GoToInMaze final : public BabyAi {
 public:
  explicit GoToInMaze(const MazeOptions& o) : BabyAi(o.rooms, GoTo(kSomeThing)), options_(o) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.PlaceAgent();
    draft.ConnectAll();
    const ThingRange things = draft.AddDistractors({}, options_.num_dists, Draft::kMayRepeat);
    if (!draft.AllReachable()) return {};
    const Instruction instruction = GoTo(draft.Exactly(draft.Element(things)));
    if (options_.doors_open) {
      for (const Point door : draft.rooms().doors())
        draft.level().Set(door, MakeCell(kDoorOpen, ColorOf(draft.level().Get(door.x, door.y))));
    }
    return instruction;
  }

 private:
  MazeOptions options_;
};

// One of four doors, from the middle room.
class GoToDoor final : public BabyAi {
 public:
  GoToDoor() : BabyAi({.size = 7}, GoTo(kSomeThing)) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    for (int k = 0; k < 4; ++k) draft.AddDoor(1, 1);
    draft.PlaceAgent(1, 1);
    return GoTo(draft.Exactly(draft.Element({0, 4})));
  }
};

// One of eight things or four doors of the middle room.
class GoToObjDoor final : public BabyAi {
 public:
  GoToObjDoor() : BabyAi({}, GoTo(kSomeThing)) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.PlaceAgent(1, 1);
    draft.AddDistractors(Point{1, 1}, 8, Draft::kMayRepeat);
    for (int k = 0; k < 4; ++k) draft.AddDoor(1, 1);
    if (!draft.AllReachable()) return {};
    return GoTo(draft.Exactly(draft.Element({0, 12})));
  }
};

FamilyRegistrar RegisterLocal(const std::string& name, const OneRoomOptions& o) {
  return RegisterBabyAi<GoToLocal>("GoToLocal" + name + "-v0", "one of " + std::to_string(o.num_dists) + " things in a room", o);
}
FamilyRegistrar RegisterMaze(const std::string& name, const std::string& doc, const MazeOptions& o) {
  return RegisterBabyAi<GoToInMaze>(name + "-v0", doc, o);
}

const FamilyRegistrar kGoTos[] = {
    RegisterBabyAi<GoToRedBall>("GoToRedBallGrey-v0", "a red ball among grey things", RedBallOptions{8, 7, true}),
    RegisterBabyAi<GoToRedBall>("GoToRedBall-v0", "a red ball among other things", RedBallOptions{8, 7, false}),
    RegisterBabyAi<GoToRedBall>("GoToRedBallNoDists-v0", "a red ball alone in a room", RedBallOptions{8, 0, false}),
    {"babyai/go_to_red_ball", "a red ball among other things: room_size, num_dists, grey",
     [](const Config& config) {
       RedBallOptions o;
       config.Get("room_size", &o.room_size, InRange(4, kMaxRoomSize));
       ReadCount(config, "num_dists", 0, OneRoom(o.room_size).MaxThings() - 1, &o.num_dists);
       config.Get("grey", &o.grey);
       return std::make_unique<GoToRedBall>(o);
     }},
    RegisterBabyAi<GoToRedBlueBall>("GoToRedBlueBall-v0", "a red or a blue ball among other things", OneRoomOptions{8, 7}),
    RegisterBabyAi<GoToObj>("GoToObj-v0", "the only thing in a room", 8),
    RegisterBabyAi<GoToObj>("GoToObjS4-v0", "the only thing in a room of 4 x 4 cells", 4),
    RegisterBabyAi<GoToObj>("GoToObjS6-v1", "the only thing in a room of 6 x 6 cells", 6),
    {"babyai/go_to_obj", "the only thing in a room: room_size",
     [](const Config& config) {
       int room_size = 8;
       config.Get("room_size", &room_size, InRange(4, kMaxRoomSize));
       return std::make_unique<GoToObj>(room_size);
     }},
    RegisterLocal("", {8, 8}),
    RegisterLocal("S5N2", {5, 2}),
    RegisterLocal("S6N2", {6, 2}),
    RegisterLocal("S6N3", {6, 3}),
    RegisterLocal("S6N4", {6, 4}),
    RegisterLocal("S7N4", {7, 4}),
    RegisterLocal("S7N5", {7, 5}),
    RegisterLocal("S8N2", {8, 2}),
    RegisterLocal("S8N3", {8, 3}),
    RegisterLocal("S8N4", {8, 4}),
    RegisterLocal("S8N5", {8, 5}),
    RegisterLocal("S8N6", {8, 6}),
    RegisterLocal("S8N7", {8, 7}),
    {"babyai/go_to_local", "one of the things in a room: room_size, num_dists",
     [](const Config& config) {
       return std::make_unique<GoToLocal>(ReadOneRoom(config, {8, 8}));
     }},
    RegisterMaze("GoTo", "one of 18 things in nine rooms", {}),
    RegisterMaze("GoToOpen", "one of 18 things in nine rooms, doors open", {{}, 18, true}),
    RegisterMaze("GoToObjMaze", "the only thing in nine rooms", {{}, 1, false}),
    RegisterMaze("GoToObjMazeOpen", "the only thing in nine rooms, doors open", {{}, 1, true}),
    RegisterMaze("GoToObjMazeS4R2", "the only thing in four rooms of 4 x 4 cells", {{4, 2, 2}, 1, false}),
    RegisterMaze("GoToObjMazeS4", "the only thing in nine rooms of 4 x 4 cells", {{4, 3, 3}, 1, false}),
    RegisterMaze("GoToObjMazeS5", "the only thing in nine rooms of 5 x 5 cells", {{5, 3, 3}, 1, false}),
    RegisterMaze("GoToObjMazeS6", "the only thing in nine rooms of 6 x 6 cells", {{6, 3, 3}, 1, false}),
    RegisterMaze("GoToObjMazeS7", "the only thing in nine rooms of 7 x 7 cells", {{7, 3, 3}, 1, false}),
    {"babyai/go_to", "one of the things in a maze of rooms: room_size, num_rows, num_cols, num_dists, doors_open",
     [](const Config& config) {
       MazeOptions o;
       o.rooms = ReadRooms(config, o.rooms);
       ReadCount(config, "num_dists", 1, o.rooms.MaxThings(), &o.num_dists);
       config.Get("doors_open", &o.doors_open);
       return std::make_unique<GoToInMaze>(o);
     }},
    RegisterBabyAi<GoToDoor>("GoToDoor-v0", "one of four doors"),
    RegisterBabyAi<GoToObjDoor>("GoToObjDoor-v0", "one of eight things or four doors"),
};

}  // namespace
}  // namespace rove::minigrid
