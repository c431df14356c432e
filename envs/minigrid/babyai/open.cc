// Open levels: open a door, or two in order. As Farama Minigrid 3.1.0, envs/babyai/open.py.
#include "envs/minigrid/babyai/babyai.h"

namespace rove::minigrid {
namespace {

constexpr Description kSomeDoor = {kDoor, kRed};
Clause OpenThe(const Description& door, bool strict = false) { return MakeClause(Verb::kOpen, door, strict); }

// A door of a maze with things in the way.
class OpenInMaze final : public BabyAi {
 public:
  OpenInMaze() : BabyAi({}, Single(OpenThe(kSomeDoor))) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.PlaceAgent();
    draft.ConnectAll();
    draft.AddDistractors({}, 18, Draft::kMayRepeat);
    if (!draft.AllReachable()) return {};
    // Each room lists its doors, so each is there twice.
    const RoomGrid& grid = draft.rooms();
    std::array<Point, 4 * RoomGrid::kMaxRooms> doors;
    std::size_t count = 0;
    for (int i = 0; i < grid.columns(); ++i) {
      for (int j = 0; j < grid.rows(); ++j) {
        for (int side = 0; side < 4; ++side) {
          if (grid.connected(i, j, side)) doors[count++] = grid.door(i, j, side);
        }
      }
    }
    const Point door = draft.level().Element<Point>(std::span(doors).first(count));
    return Single(OpenThe({kDoor, ColorOf(draft.level().Get(door.x, door.y))}));
  }
};

class OpenRedDoor final : public BabyAi {
 public:
  OpenRedDoor() : BabyAi({5, 1, 2}, Single(OpenThe(kSomeDoor))) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.AddDoor(0, 0, 0, kRed, false);
    draft.PlaceAgent(0, 0);
    return Single(OpenThe({kDoor, kRed}));
  }
};

// One of four doors, by colour or by where it is.
struct DoorOptions {
  enum SelectBy { kDrawn, kByColor, kByPlace } select_by = kDrawn;
  bool strict = false;
};

class OpenDoor final : public BabyAi {
 public:
  explicit OpenDoor(const DoorOptions& o) : BabyAi({}, Single(OpenThe(Longest(o)))), options_(o) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    std::array<Color, kNumColors> colors = kColorsByName;
    draft.level().Subset(std::span(colors), 4);
    for (int side = 0; side < 4; ++side) draft.AddDoor(1, 1, side, colors[static_cast<std::size_t>(side)], false);
    const bool by_color =
        options_.select_by == DoorOptions::kDrawn ? draft.I(0, 2) == 0 : options_.select_by == DoorOptions::kByColor;
    Description door = {kDoor};
    if (by_color) {
      door.color = colors[0];
    } else {
      door.where = draft.level().Element<Where>(kPlaces);
    }
    draft.PlaceAgent(1, 1);
    return Single(OpenThe(door, options_.strict));
  }

 private:
  static Description Longest(const DoorOptions& o) {
    return o.select_by == DoorOptions::kByColor ? kSomeDoor : Description{kDoor, kAnyColor, Where::kFront};
  }
  DoorOptions options_;
};

// Two doors opposite each other, the left one first.
struct TwoDoorsOptions {
  std::optional<Color> first, second;  // none: drawn
  bool strict = false;                 // the second before the first ends the episode
};

class OpenTwoDoors final : public BabyAi {
 public:
  explicit OpenTwoDoors(const TwoDoorsOptions& o)
      : BabyAi({.size = kSize}, Ordered(OpenThe(kSomeDoor), Order::kBefore, OpenThe(kSomeDoor)), 20 * kSize * kSize),
        options_(o) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    std::array<Color, kNumColors> colors = kColorsByName;
    draft.level().Subset(std::span(colors), 2);  // drawn even if they are given
    const int first = draft.AddDoor(1, 1, 2, options_.first.value_or(colors[0]), false);
    const int second = draft.AddDoor(1, 1, 0, options_.second.value_or(colors[1]), false);
    draft.PlaceAgent(1, 1);
    return Ordered(OpenThe(draft.Exactly(first), options_.strict), Order::kBefore, OpenThe(draft.Exactly(second)));
  }

 private:
  static constexpr int kSize = 6;
  TwoDoorsOptions options_;
};

// One or two of some doors.
struct DoorsOrderOptions {
  int num_doors = 2;
  bool strict = false;
};

class OpenDoorsOrder final : public BabyAi {
 public:
  explicit OpenDoorsOrder(const DoorsOrderOptions& o)
      : BabyAi({.size = kSize}, Ordered(OpenThe(kSomeDoor), Order::kBefore, OpenThe(kSomeDoor)), 20 * kSize * kSize),
        options_(o) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const int count = options_.num_doors;
    std::array<Color, kNumColors> colors = kColorsByName;
    draft.level().Subset(std::span(colors), count);
    for (int k = 0; k < count; ++k) draft.AddDoor(1, 1, {}, colors[static_cast<std::size_t>(k)], false);
    draft.PlaceAgent(1, 1);
    draft.level().Subset(std::span(colors).first(static_cast<std::size_t>(count)), 2);  // each door has its own colour
    const Clause first = OpenThe({kDoor, colors[0]}, options_.strict), second = OpenThe({kDoor, colors[1]}, options_.strict);
    switch (draft.I(0, 3)) {
      case 0: return Single(first);
      case 1: return Ordered(first, Order::kBefore, second);
      default: return Ordered(first, Order::kAfter, second);
    }
  }

 private:
  static constexpr int kSize = 6;
  DoorsOrderOptions options_;
};

void ReadColor(const Config& config, std::string_view key, std::optional<Color>* color) {
  if (!config.Has(key)) return;
  color->emplace();
  config.GetEnum(key, &**color, {"red", "green", "blue", "purple", "yellow", "grey"});
}

const FamilyRegistrar kOpens[] = {
    RegisterBabyAi<OpenInMaze>("Open-v0", "a door in a maze of rooms"),
    RegisterBabyAi<OpenRedDoor>("OpenRedDoor-v0", "the only door, red"),
    RegisterBabyAi<OpenDoor>("OpenDoor-v0", "one of four doors, by colour or place", DoorOptions{}),
    RegisterBabyAi<OpenDoor>("OpenDoorDebug-v0", "one of four doors; any other ends the episode",
                             DoorOptions{DoorOptions::kDrawn, true}),
    RegisterBabyAi<OpenDoor>("OpenDoorColor-v0", "one of four doors, by colour", DoorOptions{DoorOptions::kByColor, false}),
    RegisterBabyAi<OpenDoor>("OpenDoorLoc-v0", "one of four doors, by place", DoorOptions{DoorOptions::kByPlace, false}),
    {"babyai/open_door", "one of four doors: select_by (any, color, loc), debug",
     [](const Config& config) {
       DoorOptions o;
       config.GetEnum("select_by", &o.select_by, {"any", "color", "loc"});
       config.Get("debug", &o.strict);
       return std::make_unique<OpenDoor>(o);
     }},
    RegisterBabyAi<OpenTwoDoors>("OpenTwoDoors-v0", "two doors in order", TwoDoorsOptions{}),
    RegisterBabyAi<OpenTwoDoors>("OpenRedBlueDoors-v0", "the red door, then the blue one", TwoDoorsOptions{kRed, kBlue, false}),
    RegisterBabyAi<OpenTwoDoors>("OpenRedBlueDoorsDebug-v0", "the red door, then the blue one; the wrong one ends the episode",
                                 TwoDoorsOptions{kRed, kBlue, true}),
    {"babyai/open_two_doors", "two doors in order: first_color, second_color, strict",
     [](const Config& config) {
       TwoDoorsOptions o;
       ReadColor(config, "first_color", &o.first);
       ReadColor(config, "second_color", &o.second);
       config.Get("strict", &o.strict);
       return std::make_unique<OpenTwoDoors>(o);
     }},
    RegisterBabyAi<OpenDoorsOrder>("OpenDoorsOrderN2-v0", "one or both of two doors", DoorsOrderOptions{2, false}),
    RegisterBabyAi<OpenDoorsOrder>("OpenDoorsOrderN4-v0", "one or two of four doors", DoorsOrderOptions{4, false}),
    RegisterBabyAi<OpenDoorsOrder>("OpenDoorsOrderN2Debug-v0", "one or both of two doors; a wrong one ends the episode",
                                   DoorsOrderOptions{2, true}),
    RegisterBabyAi<OpenDoorsOrder>("OpenDoorsOrderN4Debug-v0", "one or two of four doors; a wrong one ends the episode",
                                   DoorsOrderOptions{4, true}),
    {"babyai/open_doors_order", "one or two of some doors: num_doors, debug",
     [](const Config& config) {
       DoorsOrderOptions o;
       config.Get("num_doors", &o.num_doors, InRange(2, 4));
       config.Get("debug", &o.strict);
       return std::make_unique<OpenDoorsOrder>(o);
     }},
};

}  // namespace
}  // namespace rove::minigrid
