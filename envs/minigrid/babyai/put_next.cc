// PutNext levels: put a thing next to another. As Farama Minigrid 3.1.0, envs/babyai/putnext.py, and MoveTwoAcross of other.py.
#include <numeric>
#include <utility>

#include "envs/minigrid/babyai/babyai.h"

namespace rove::minigrid {
namespace {

// Two of the things of a range, in drawn order.
std::pair<int, int> DrawTwo(Draft& draft, const ThingRange& range) {
  std::array<int, kMaxThings> things;
  std::iota(things.begin(), things.end(), range.first);
  draft.level().Subset(std::span(things).first(static_cast<std::size_t>(range.count)), 2);
  return {things[0], things[1]};
}

class PutNextLocal final : public BabyAi {
 public:
  explicit PutNextLocal(const OneRoomOptions& o)
      : BabyAi(OneRoom(o.room_size), Single(MakePutNext(kSomeThing, kSomeThing))), num_objs_(o.num_dists) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.PlaceAgent();
    const ThingRange things = draft.AddDistractors({}, num_objs_, Draft::kUnique);
    if (!draft.AllReachable()) return {};
    const auto [a, b] = DrawTwo(draft, things);
    return Single(MakePutNext(draft.Exactly(a), draft.Exactly(b)));
  }

 private:
  int num_objs_;
};

// Two rooms without a wall between them, each with things of its own; none is like another.
struct TwoRoomsOptions {
  int room_size = 8, objs_per_room = 4;
  bool start_carrying = false;
};
struct TwoRooms {
  ThingRange left, right;
};
TwoRooms DrawTwoRooms(Draft& draft, int objs_per_room) {
  draft.PlaceAgent(0, 0);
  const ThingRange left = draft.AddDistractors(Point{0, 0}, objs_per_room, Draft::kUnique);
  const ThingRange right = draft.AddDistractors(Point{1, 0}, objs_per_room, Draft::kUnique);
  draft.rooms().RemoveWall(0, 0, 0);
  return {left, right};
}

// A thing of one room next to one of the other.
class PutNext final : public BabyAi {
 public:
  explicit PutNext(const TwoRoomsOptions& o)
      : BabyAi({o.room_size, 1, 2}, Single(MakePutNext(kSomeThing, kSomeThing)), 8 * o.room_size * o.room_size), options_(o) {
    if (o.start_carrying) set_starts_carrying();
  }

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const TwoRooms things = DrawTwoRooms(draft, options_.objs_per_room);
    int a = draft.Element(things.left), b = draft.Element(things.right);
    if (draft.Coin()) std::swap(a, b);
    if (options_.start_carrying) draft.episode().starts_in_hand = static_cast<std::uint8_t>(a);
    return Single(MakePutNext(draft.Exactly(a), draft.Exactly(b)));
  }

 private:
  TwoRoomsOptions options_;
};

// A thing of the left room next to one of the right, then another of the right next to another of the left.
class MoveTwoAcross final : public BabyAi {
 public:
  explicit MoveTwoAcross(const TwoRoomsOptions& o)
      : BabyAi({o.room_size, 1, 2},
               Ordered(MakePutNext(kSomeThing, kSomeThing), Order::kBefore, MakePutNext(kSomeThing, kSomeThing)),
               16 * o.room_size * o.room_size),
        objs_per_room_(o.objs_per_room) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    const TwoRooms things = DrawTwoRooms(draft, objs_per_room_);
    const auto [a, d] = DrawTwo(draft, things.left);
    const auto [b, c] = DrawTwo(draft, things.right);
    return Ordered(MakePutNext(draft.Exactly(a), draft.Exactly(b)), Order::kBefore,
                   MakePutNext(draft.Exactly(c), draft.Exactly(d)));
  }

 private:
  int objs_per_room_;
};

TwoRoomsOptions ReadTwoRooms(const Config& config, int min_objects) {
  TwoRoomsOptions o;
  config.Get("room_size", &o.room_size, InRange(min_objects > 1 ? 5 : 4, kMaxMazeRoomSize));
  ReadCount(config, "objs_per_room", min_objects, std::min(9, OneRoom(o.room_size).MaxThings()), &o.objs_per_room);
  return o;
}
FamilyRegistrar RegisterLocal(const std::string& name, const OneRoomOptions& o) {
  return RegisterBabyAi<PutNextLocal>("PutNextLocal" + name + "-v0",
                                      "put one of " + std::to_string(o.num_dists) + " things of a room next to another", o);
}
FamilyRegistrar RegisterTwoRooms(const std::string& name, const TwoRoomsOptions& o) {
  return RegisterBabyAi<PutNext>(
      "PutNext" + name + "-v0",
      std::string("put a thing next to one of the other room") + (o.start_carrying ? ", beginning with it in the hand" : ""), o);
}

const FamilyRegistrar kPutNexts[] = {
    RegisterLocal("", {8, 8}),
    RegisterLocal("S5N3", {5, 3}),
    RegisterLocal("S6N4", {6, 4}),
    {"babyai/put_next_local", "put a thing of a room next to another: room_size, num_objs",
     [](const Config& config) {
       OneRoomOptions o = {8, 8};
       config.Get("room_size", &o.room_size, InRange(5, kMaxRoomSize));
       ReadCount(config, "num_objs", 2, std::min(18, OneRoom(o.room_size).MaxThings()), &o.num_dists);
       return std::make_unique<PutNextLocal>(o);
     }},
    RegisterTwoRooms("S4N1", {4, 1}),
    RegisterTwoRooms("S5N1", {5, 1}),
    RegisterTwoRooms("S5N2", {5, 2}),
    RegisterTwoRooms("S6N3", {6, 3}),
    RegisterTwoRooms("S7N4", {7, 4}),
    RegisterTwoRooms("S5N2Carrying", {5, 2, true}),
    RegisterTwoRooms("S6N3Carrying", {6, 3, true}),
    RegisterTwoRooms("S7N4Carrying", {7, 4, true}),
    {"babyai/put_next", "put a thing next to one of the other room: room_size, objs_per_room, start_carrying",
     [](const Config& config) {
       TwoRoomsOptions o = ReadTwoRooms(config, 1);
       config.Get("start_carrying", &o.start_carrying);
       return std::make_unique<PutNext>(o);
     }},
    RegisterBabyAi<MoveTwoAcross>("MoveTwoAcrossS5N2-v0", "swap two pairs of things between two rooms", TwoRoomsOptions{5, 2}),
    RegisterBabyAi<MoveTwoAcross>("MoveTwoAcrossS8N9-v0", "swap two pairs among 18 things of two rooms", TwoRoomsOptions{8, 9}),
    {"babyai/move_two_across", "swap two pairs of things between two rooms: room_size, objs_per_room",
     [](const Config& config) { return std::make_unique<MoveTwoAcross>(ReadTwoRooms(config, 2)); }},
};

}  // namespace
}  // namespace rove::minigrid
