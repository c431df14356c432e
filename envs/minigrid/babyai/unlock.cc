// Levels with locked doors. As Farama Minigrid 3.1.0, envs/babyai/unlock.py, and GoToImpUnlock of goto.py.
#include <algorithm>

#include "envs/minigrid/babyai/babyai.h"

namespace rove::minigrid {
namespace {

Instruction Open(const Description& what) { return Single(MakeClause(Verb::kOpen, what)); }
Instruction GoTo(const Description& what) { return Single(MakeClause(Verb::kGoTo, what)); }
Instruction PickUp(const Description& what) { return Single(MakeClause(Verb::kPickUp, what)); }
constexpr Description kSomeDoor = {kDoor, kRed};

// Nine rooms, one behind a locked door, the key anywhere. Upstream means to keep key and other things out of the locked room, but
// compares numbers by identity: all rooms get things, and the key may be locked in.
class LockedMaze : public BabyAi {
 public:
  using BabyAi::BabyAi;

 protected:
  struct Locked {
    Point room;
    int door;
  };
  static Locked AddLockedDoorAndKey(Draft& draft, const Rooms& rooms) {
    const int i = draft.I(0, rooms.columns), j = draft.I(0, rooms.rows);
    const int door = draft.AddDoor(i, j, {}, {}, true);
    const int key_i = draft.I(0, rooms.columns), key_j = draft.I(0, rooms.rows);
    draft.AddObject(key_i, key_j, kKey, ColorOf(draft.cell(door)));
    return {{i, j}, door};
  }
  static bool FillAndPlaceAgent(Draft& draft, const Rooms& rooms, Point locked_room, int things_per_room) {
    for (int i = 0; i < rooms.columns; ++i) {
      for (int j = 0; j < rooms.rows; ++j) draft.AddDistractors(Point{i, j}, things_per_room, Draft::kMayRepeat);
    }
    while (draft.PlaceAgent() == locked_room) {
    }
    return draft.AllReachable();
  }
};

class Unlock final : public LockedMaze {
 public:
  Unlock() : LockedMaze(Rooms{}, Open(kSomeDoor)) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const auto [room, door] = AddLockedDoorAndKey(draft, rooms());
    const Color color = ColorOf(draft.cell(door));
    if (draft.Coin()) {  // no other door has its colour
      std::array<Color, kNumColors - 1> others;
      std::copy_if(kColorsByName.begin(), kColorsByName.end(), others.begin(), [=](Color c) { return c != color; });
      draft.ConnectAll(others);
    } else {
      draft.ConnectAll();
    }
    if (!FillAndPlaceAgent(draft, rooms(), room, 3)) return {};
    return Open({kDoor, color});
  }
};

class GoToImpUnlock final : public LockedMaze {
 public:
  GoToImpUnlock() : LockedMaze(Rooms{}, GoTo(kSomeThing)) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const Point room = AddLockedDoorAndKey(draft, rooms()).room;
    draft.ConnectAll();
    if (!FillAndPlaceAgent(draft, rooms(), room, 2)) return {};
    return GoTo(draft.Exactly(draft.AddDistractors(room, 1, Draft::kMayRepeat).first));
  }
};

// Door and key in the middle room.
class UnlockLocal final : public BabyAi {
 public:
  explicit UnlockLocal(bool distractors) : BabyAi({}, Open({kDoor})), distractors_(distractors) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const int door = draft.AddDoor(1, 1, {}, {}, true);
    draft.AddObject(1, 1, kKey, ColorOf(draft.cell(door)));
    if (distractors_) draft.AddDistractors(Point{1, 1}, 3, Draft::kUnique);
    draft.PlaceAgent(1, 1);
    return Open({kDoor});
  }

 private:
  bool distractors_;
};

class KeyInBox final : public BabyAi {
 public:
  KeyInBox() : BabyAi({}, Open({kDoor})) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const int door = draft.AddDoor(1, 1, {}, {}, true);
    draft.AddBox(1, 1, draft.level().RandomColor(), MakeCell(kKey, ColorOf(draft.cell(door))));
    draft.PlaceAgent(1, 1);
    return Open({kDoor});
  }
};

// A box behind a locked door. Upstream means to allow 288 steps, but a slip leaves the general rule, which gives 72.
class UnlockPickup final : public BabyAi {
 public:
  explicit UnlockPickup(bool distractors) : BabyAi({6, 1, 2}, PickUp(kSomeThing)), distractors_(distractors) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const int box = draft.AddObject(1, 0, kBox);
    const int door = draft.AddDoor(0, 0, 0, {}, true);
    draft.AddObject(0, 0, kKey, ColorOf(draft.cell(door)));
    if (distractors_) draft.AddDistractors({}, 4, Draft::kUnique);
    draft.PlaceAgent(0, 0);
    return PickUp(draft.Exactly(box));
  }

 private:
  bool distractors_;
};

// A ball lies before the locked door.
class BlockedUnlockPickup final : public BabyAi {
 public:
  BlockedUnlockPickup() : BabyAi({kSize, 1, 2}, PickUp({kBox}), 16 * kSize * kSize) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.AddObject(1, 0, kBox);
    const int door = draft.AddDoor(0, 0, 0, {}, true);
    draft.Put({draft.at(door).x - 1, draft.at(door).y}, MakeCell(kBall, draft.level().RandomColor()));
    draft.AddObject(0, 0, kKey, ColorOf(draft.cell(door)));
    draft.PlaceAgent(0, 0);
    return PickUp({kBox});
  }

 private:
  static constexpr int kSize = 6;
};

// Three rooms in a row: the key of the left door lies behind the right one.
class UnlockToUnlock final : public BabyAi {
 public:
  UnlockToUnlock() : BabyAi({kSize, 1, 3}, PickUp({kBall}), 30 * kSize * kSize) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    std::array<Color, kNumColors> colors = kColorsByName;
    draft.level().Subset(std::span(colors), 2);
    draft.AddDoor(0, 0, 0, colors[0], true);
    draft.AddObject(2, 0, kKey, colors[0]);
    draft.AddDoor(1, 0, 0, colors[1], true);
    draft.AddObject(1, 0, kKey, colors[1]);
    draft.AddObject(0, 0, kBall);
    draft.PlaceAgent(1, 0);
    return PickUp({kBall});
  }

 private:
  static constexpr int kSize = 6;
};

const FamilyRegistrar kUnlocks[] = {
    RegisterBabyAi<Unlock>("Unlock-v0", "a locked door in a maze of rooms, its key anywhere"),
    RegisterBabyAi<GoToImpUnlock>("GoToImpUnlock-v0", "a thing in a locked room, which the text does not say"),
    RegisterBabyAi<UnlockLocal>("UnlockLocal-v0", "a locked door and its key in one room", false),
    RegisterBabyAi<UnlockLocal>("UnlockLocalDist-v0", "a locked door, its key and three other things in one room", true),
    RegisterBabyAi<KeyInBox>("KeyInBox-v0", "a locked door and its key in a box"),
    RegisterBabyAi<UnlockPickup>("UnlockPickup-v0", "a box behind a locked door", false),
    RegisterBabyAi<UnlockPickup>("UnlockPickupDist-v0", "a box behind a locked door, and four other things", true),
    RegisterBabyAi<BlockedUnlockPickup>("BlockedUnlockPickup-v0", "a box behind a locked door with a ball in the way"),
    RegisterBabyAi<UnlockToUnlock>("UnlockToUnlock-v0", "a ball behind a locked door whose key is behind another"),
};

}  // namespace
}  // namespace rove::minigrid
