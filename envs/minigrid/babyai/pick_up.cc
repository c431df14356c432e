// Pickup levels: take a thing into the hand. As Farama Minigrid 3.1.0, envs/babyai/pickup.py (PickupLoc: level_gen.cc), and
// FindObj, KeyCorridor and OneRoom of other.py.
#include "envs/minigrid/babyai/babyai.h"

namespace rove::minigrid {
namespace {

Instruction PickUp(const Description& what, bool strict = false) { return Single(MakeClause(Verb::kPickUp, what, strict)); }

// One of the things of nine rooms; `blocked`: of levels in which something can't be reached before another thing is moved.
struct MazeOptions {
  int num_dists = 18;
  bool blocked = false;
};

class PickupInMaze final : public BabyAi {
 public:
  explicit PickupInMaze(const MazeOptions& o) : BabyAi({}, PickUp(kSomeThing)), options_(o) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.PlaceAgent();
    draft.ConnectAll();
    const ThingRange things = draft.AddDistractors({}, options_.num_dists, Draft::kMayRepeat);
    if (draft.AllReachable() == options_.blocked) return {};
    return PickUp(draft.Exactly(draft.Element(things)));
  }

 private:
  MazeOptions options_;
};

// One of five things of a room, by kind, colour or both.
class PickupDist final : public BabyAi {
 public:
  explicit PickupDist(bool strict) : BabyAi({7, 1, 1}, PickUp(kSomeThing)), strict_(strict) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const ThingRange things = draft.AddDistractors({}, 5, Draft::kUnique);
    draft.PlaceAgent(0, 0);
    Description what = draft.Exactly(draft.Element(things));
    switch (draft.I(0, 3)) {
      case 0: what.color = kAnyColor; break;
      case 1: what.kind = kAnyKind; break;
      default: break;
    }
    return PickUp(what, strict_);
  }

 private:
  bool strict_;
};

// A thing in the room above.
class PickupAbove final : public BabyAi {
 public:
  PickupAbove() : BabyAi({.size = kSize}, PickUp(kSomeThing), 8 * kSize * kSize) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const int thing = draft.AddObject(1, 0);
    draft.AddDoor(1, 1, 3, {}, false);
    draft.PlaceAgent(1, 1);
    draft.ConnectAll();
    return PickUp(draft.Exactly(thing));
  }

 private:
  static constexpr int kSize = 6;
};

// A thing in one of nine rooms, named by its kind.
class FindObj final : public BabyAi {
 public:
  explicit FindObj(int size) : BabyAi({.size = size}, PickUp({kBall}), 20 * size * size) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const int i = draft.I(0, rooms().rows), j = draft.I(0, rooms().columns);
    const int thing = draft.AddObject(i, j);
    draft.PlaceAgent(1, 1);
    draft.ConnectAll();
    return PickUp({KindOf(draft.cell(thing))});
  }
};

// A thing behind a locked door, the key in a room across the corridor: as MiniGrid's family of this name, but for the words.
struct CorridorOptions {
  int room_size = 6, num_rows = 3;
  Kind kind = kBall;
};

class KeyCorridor final : public BabyAi {
 public:
  explicit KeyCorridor(const CorridorOptions& o)
      : BabyAi({o.room_size, o.num_rows, 3}, PickUp({kBall}), 30 * o.room_size * o.room_size), kind_(o.kind) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const int rows = rooms().rows;
    for (int j = 1; j < rows; ++j) draft.rooms().RemoveWall(1, j, 3);
    const int row = draft.I(0, rows);
    const int door = draft.AddDoor(2, row, 2, {}, true);
    draft.AddObject(2, row, kind_);
    const int key_row = draft.I(0, rows);
    draft.AddObject(0, key_row, kKey, ColorOf(draft.cell(door)));
    draft.PlaceAgent(1, rows / 2);
    draft.ConnectAll();
    return PickUp({kind_});
  }

 private:
  Kind kind_;
};

// A ball, the only thing of a room.
class BallInRoom final : public BabyAi {
 public:
  explicit BallInRoom(int size) : BabyAi(OneRoom(size), PickUp({kBall})) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.AddObject(0, 0, kBall);
    draft.PlaceAgent();
    return PickUp({kBall});
  }
};

FamilyRegistrar RegisterFindObj(int size) {
  return RegisterBabyAi<FindObj>("FindObjS" + std::to_string(size) + "-v0",
                                 "a thing in one of nine rooms of " + std::to_string(size) + " cells a side", size);
}
FamilyRegistrar RegisterCorridor(const std::string& name, const CorridorOptions& o) {
  return RegisterBabyAi<KeyCorridor>("KeyCorridor" + name + "-v0", "a ball behind a locked door, the key across the corridor", o);
}
FamilyRegistrar RegisterOneRoom(int size) {
  return RegisterBabyAi<BallInRoom>("OneRoomS" + std::to_string(size) + "-v0",
                                    "a ball in a room of " + std::to_string(size) + " cells a side", size);
}

const FamilyRegistrar kPickups[] = {
    RegisterBabyAi<PickupInMaze>("Pickup-v0", "one of 18 things in nine rooms", MazeOptions{}),
    RegisterBabyAi<PickupInMaze>("UnblockPickup-v0", "one of 20 things in nine rooms, some in the way of others",
                                 MazeOptions{20, true}),
    RegisterBabyAi<PickupDist>("PickupDist-v0", "one of five things, by kind, colour or both", false),
    RegisterBabyAi<PickupDist>("PickupDistDebug-v0", "one of five things; a wrong one ends the episode", true),
    RegisterBabyAi<PickupAbove>("PickupAbove-v0", "a thing in the room above"),
    RegisterFindObj(5),
    RegisterFindObj(6),
    RegisterFindObj(7),
    {"babyai/find_obj", "a thing in one of nine rooms: room_size",
     [](const Config& config) {
       int size = 5;
       config.Get("room_size", &size, InRange(5, kMaxMazeRoomSize));
       return std::make_unique<FindObj>(size);
     }},
    RegisterCorridor("", {}),
    RegisterCorridor("S3R1", {3, 1}),
    RegisterCorridor("S3R2", {3, 2}),
    RegisterCorridor("S3R3", {3, 3}),
    RegisterCorridor("S4R3", {4, 3}),
    RegisterCorridor("S5R3", {5, 3}),
    RegisterCorridor("S6R3", {6, 3}),
    {"babyai/key_corridor", "a thing behind a locked door: room_size, num_rows, obj_type (ball, box, key)",
     [](const Config& config) {
       CorridorOptions o;
       int kind = 0;
       config.Get("room_size", &o.room_size, InRange(3, kMaxMazeRoomSize));
       config.Get("num_rows", &o.num_rows, InRange(1, 5));
       config.Choice("obj_type", &kind, std::array<std::string_view, 3>{"ball", "box", "key"});
       o.kind = std::array{kBall, kBox, kKey}[static_cast<std::size_t>(kind)];
       return std::make_unique<KeyCorridor>(o);
     }},
    RegisterOneRoom(8),
    RegisterOneRoom(12),
    RegisterOneRoom(16),
    RegisterOneRoom(20),
    {"babyai/one_room", "a ball in a room: room_size",
     [](const Config& config) {
       int size = 8;
       config.Get("room_size", &size, InRange(5, kMaxRoomSize));
       return std::make_unique<BallInRoom>(size);
     }},
};

}  // namespace
}  // namespace rove::minigrid
