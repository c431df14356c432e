// Levels whose instructions are drawn from the whole language. As Farama Minigrid 3.1.0, envs/babyai/core/levelgen.py with the
// parameters of synth.py, goto.py (GoToSeq), pickup.py (PickupLoc); ActionObjDoor of other.py.
#include <algorithm>

#include "envs/minigrid/babyai/babyai.h"

namespace rove::minigrid {
namespace {

enum class Form : std::uint8_t { kAction, kAnd, kSeq };

struct Options {
  Rooms rooms;
  int num_dists = 18;
  double locked_room_prob = 0.5;
  bool locations = true;          // descriptions may name a place
  bool unblocking = true;         // things may have to be moved; then no instruction is about a key that a locked door needs
  bool implicit_unlock = true;    // what is asked for may lie in a locked room
  bool stale_locked_room = true;  // as 3.1.0: a room that was locked in an earlier level counts as locked. 3.2.0 forgets it
  std::vector<Verb> actions = {Verb::kGoTo, Verb::kPickUp, Verb::kOpen, Verb::kPutNext};
  std::vector<Form> forms = {Form::kAction, Form::kAnd, Form::kSeq};
};

constexpr std::array<Kind, 4> kAllKinds = {kBox, kBall, kKey, kDoor};
constexpr std::span<const Kind> kNoDoor = std::span(kAllKinds).first(3), kOnlyDoor = std::span(kAllKinds).last(1);

class LevelGen final : public BabyAi {
 public:
  explicit LevelGen(const Options& o) : BabyAi(o.rooms, Longest(o)), o_(o) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    if (!o_.stale_locked_room || o_.implicit_unlock) draft.episode().locked_room = {};  // nobody would look at it
    std::optional<Point> locked;
    if (draft.level().state().rng.NextDouble() < o_.locked_room_prob) locked = AddLockedRoom(draft);
    draft.ConnectAll();
    draft.AddDistractors({}, o_.num_dists, Draft::kMayRepeat);
    while (draft.PlaceAgent() == locked) {
    }
    if (!o_.unblocking && !draft.AllReachable()) return {};

    Instruction out;
    Writer writer{*this, draft, out};
    if (!writer.WriteAll() || (o_.unblocking && AsksForNeededKey(draft, out))) return {};
    return out;
  }

 private:
  Point AddLockedRoom(Draft& draft) const {
    const int columns = rooms().columns, rows = rooms().rows;
    Point room;
    int side = 0;
    do {
      room.x = draft.I(0, columns);
      room.y = draft.I(0, rows);
      side = draft.I(0, 4);
    } while (!draft.rooms().has_neighbor(room.x, room.y, side));
    const Rect& rect = draft.rooms().rect(room.x, room.y);
    const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
    draft.episode().locked_room = {byte(rect.x), byte(rect.y), byte(rect.width), byte(rect.height)};
    const int door = draft.AddDoor(room.x, room.y, side, {}, true);
    Point key_room;
    do {
      key_room.x = draft.I(0, columns);
      key_room.y = draft.I(0, rows);
    } while (key_room == room);
    draft.AddObject(key_room.x, key_room.y, kKey, ColorOf(draft.cell(door)));
    return room;
  }

  // A description that fits something, and something outside the locked room if that matters; nothing after 101 tries.
  std::optional<Description> DrawDescription(Draft& draft, std::span<const Kind> kinds) const {
    constexpr int kMaxTries = 101;
    const auto [x, y, width, height] = draft.episode().locked_room;
    const Rect locked = {x, y, width, height};
    for (int tries = 0; tries < kMaxTries; ++tries) {
      Description d;
      if (const int color = draft.I(0, kNumColors + 1); color > 0) d.color = kColorsByName[static_cast<std::size_t>(color - 1)];
      d.kind = draft.level().Element(kinds);
      if (o_.locations && draft.Coin()) d.where = draft.level().Element<Where>(kPlaces);
      std::uint64_t things = draft.Matches(d);
      if (!o_.implicit_unlock && locked.width > 0) {
        for (int k = 0; k < draft.episode().num_things; ++k) {
          if (locked.contains(draft.at(k))) things &= ~(std::uint64_t{1} << k);
        }
      }
      if (things != 0) return d;
    }
    return {};
  }

  // Draws and writes an instruction; each method is false if a description could not be found.
  struct Writer {
    const LevelGen& family;
    Draft& draft;
    Instruction& out;

    bool WriteAll() {
      out.size = {0, 0};
      const Form form = draft.level().Element<Form>(family.o_.forms);
      if (form != Form::kSeq) return WritePart(0, form);
      if (!WritePart(0, DrawPart()) || !WritePart(1, DrawPart())) return false;
      out.order = draft.I(0, 2) == 0 ? Order::kBefore : Order::kAfter;
      return true;
    }
    Form DrawPart() { return draft.I(0, 2) == 0 ? Form::kAction : Form::kAnd; }
    bool WritePart(std::size_t part, Form form) {
      const int clauses = form == Form::kAnd ? 2 : 1;
      for (int k = 0; k < clauses; ++k) {
        if (!WriteClause(&out.clauses[static_cast<std::size_t>(out.num_clauses())])) return false;
        ++out.size[part];
      }
      return true;
    }
    bool WriteClause(Clause* clause) {
      clause->verb = draft.level().Element<Verb>(family.o_.actions);
      switch (clause->verb) {
        case Verb::kGoTo: return Describe(&clause->what, kAllKinds);
        case Verb::kPickUp: return Describe(&clause->what, kNoDoor);
        case Verb::kOpen: return Describe(&clause->what, kOnlyDoor);
        case Verb::kPutNext: return Describe(&clause->what, kNoDoor) && Describe(&clause->next_to, kAllKinds);
      }
      return false;
    }
    bool Describe(Description* description, std::span<const Kind> kinds) {
      const auto found = family.DrawDescription(draft, kinds);
      if (found) *description = *found;
      return found.has_value();
    }
  };

  // Whether the instruction is about a key of a colour that a locked door has.
  static bool AsksForNeededKey(Draft& draft, const Instruction& instruction) {
    std::uint32_t locked = 0;  // bit: colour
    for (const Point door : draft.rooms().doors()) {
      const Cell cell = draft.level().Get(door.x, door.y);
      locked |= std::uint32_t{KindOf(cell) == kDoorLocked} << ColorOf(cell);
    }
    const auto needed = [&](const Description& d) { return d.kind == kKey && d.color != kAnyColor && (locked >> d.color & 1); };
    const auto asks = [&](const Clause& c) { return needed(c.what) || (c.verb == Verb::kPutNext && needed(c.next_to)); };
    return std::any_of(instruction.clauses.begin(), instruction.clauses.begin() + instruction.num_clauses(), asks);
  }

  static Instruction Longest(const Options& o) {
    const Description thing = o.locations ? kSomeThingThere : kSomeThing;
    const auto has = [](const auto& list, auto value) { return std::find(list.begin(), list.end(), value) != list.end(); };
    Clause clause = MakePutNext(thing, thing);
    clause.verb = Verb::kOpen;
    for (const Verb longer : {Verb::kGoTo, Verb::kPickUp, Verb::kPutNext}) {
      if (has(o.actions, longer)) clause.verb = longer;
    }
    Instruction out;
    out.clauses.fill(clause);
    const bool seq = has(o.forms, Form::kSeq);
    if (seq || has(o.forms, Form::kAnd)) out.size[0] = 2;
    if (seq) {
      out.size[1] = 2;
      out.order = Order::kBefore;
    }
    return out;
  }

  Options o_;
};

// One of five things or four doors of the middle room, to go to, open or pick up.
class ActionObjDoor final : public BabyAi {
 public:
  ActionObjDoor() : BabyAi({.size = 7}, Single(MakeClause(Verb::kPickUp, kSomeThing))) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.AddDistractors(Point{1, 1}, 5, Draft::kUnique);
    for (int k = 0; k < 4; ++k) draft.AddDoor(1, 1, {}, {}, false);
    draft.PlaceAgent(1, 1);
    const Description what = draft.Exactly(draft.Element({0, 9}));
    const Verb otherwise = what.kind == kDoor ? Verb::kOpen : Verb::kPickUp;
    return Single(MakeClause(draft.Coin() ? Verb::kGoTo : otherwise, what));
  }
};

template <class E>
void ReadNames(const Config& config, std::string_view key, std::vector<E>* values, const std::vector<std::string>& names) {
  std::vector<std::string> given;
  if (!config.Has(key)) return;
  config.Get(key, &given);
  values->clear();
  for (const std::string& name : given) {
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end()) config.At(key).Fail("unknown name \"" + OneLine(name) + "\"" + DidYouMean(name, names));
    values->push_back(static_cast<E>(at - names.begin()));
  }
  if (values->empty()) config.At(key).Fail("expected at least one name");
}

std::unique_ptr<Family> FromConfig(const Config& config) {
  Options o;
  o.rooms = ReadRooms(config, o.rooms);
  ReadCount(config, "num_dists", 1, o.rooms.MaxThings() - 1, &o.num_dists);
  config.Get("locked_room_prob", &o.locked_room_prob, InRange(0, 1));
  if (o.locked_room_prob > 0 && o.rooms.max_doors() == 0)
    config.At("locked_room_prob").Fail("one room cannot be locked; set it to 0");
  config.Get("locations", &o.locations);
  config.Get("unblocking", &o.unblocking);
  config.Get("implicit_unlock", &o.implicit_unlock);
  config.Get("stale_locked_room", &o.stale_locked_room);
  ReadNames(config, "action_kinds", &o.actions, {"goto", "pickup", "open", "putnext"});
  ReadNames(config, "instr_kinds", &o.forms, {"action", "and", "seq"});
  return std::make_unique<LevelGen>(o);
}

FamilyRegistrar Register(const std::string& name, const std::string& doc, const Options& o) {
  return RegisterBabyAi<LevelGen>(name + "-v0", doc, o);
}
// Those that look at the locked room when they draw an instruction, where 3.1.0 and 3.2.0 differ.
FamilyRegistrar RegisterSynth(const std::string& name, const std::string& doc, const Options& o) {
  return {"BabyAI-" + name + "-v0", doc + ": stale_locked_room", [=](const Config& config) {
            Options options = o;
            config.Get("stale_locked_room", &options.stale_locked_room);
            return std::make_unique<LevelGen>(options);
          }};
}

Options GoToSeq(const Rooms& rooms, int num_dists) {
  return {.rooms = rooms,
          .num_dists = num_dists,
          .locked_room_prob = 0,
          .locations = false,
          .unblocking = false,
          .actions = {Verb::kGoTo}};
}
Options Synth(const Rooms& rooms) {
  return {.rooms = rooms, .locations = false, .implicit_unlock = false, .forms = {Form::kAction}};
}

const FamilyRegistrar kLevelGens[] = {
    Register("GoToSeq", "one to four things to go to", GoToSeq({}, 18)),
    Register("GoToSeqS5R2", "one to four things to go to, in four rooms of 5 x 5 cells", GoToSeq({5, 2, 2}, 4)),
    Register("PickupLoc", "a thing of a room, perhaps by its place",
             {.rooms = OneRoom(8),
              .num_dists = 8,
              .locked_room_prob = 0,
              .unblocking = false,
              .actions = {Verb::kPickUp},
              .forms = {Form::kAction}}),
    RegisterSynth("Synth", "one action", Synth({})),
    RegisterSynth("SynthS5R2", "one action, in six rooms of 5 x 5 cells", Synth({5, 2, 3})),
    RegisterSynth("SynthLoc", "one action, perhaps by places", {.rooms = {}, .implicit_unlock = false, .forms = {Form::kAction}}),
    RegisterSynth("SynthSeq", "one to four actions, perhaps by places", {.rooms = {}, .implicit_unlock = false}),
    Register("MiniBossLevel", "one to four actions in four rooms of 5 x 5 cells",
             {.rooms = {5, 2, 2}, .num_dists = 7, .locked_room_prob = 0.25}),
    Register("BossLevel", "one to four actions, everything that the language has", {}),
    Register("BossLevelNoUnlock", "one to four actions, nothing locked",
             {.rooms = {}, .locked_room_prob = 0, .implicit_unlock = false}),
    {"babyai/level_gen",
     "an instruction from the whole language: room_size, num_rows, num_cols, num_dists, locked_room_prob, locations, unblocking, "
     "implicit_unlock, action_kinds, instr_kinds, stale_locked_room",
     FromConfig},
    RegisterBabyAi<ActionObjDoor>("ActionObjDoor-v0", "one of five things or four doors, to go to, open or pick up"),
};

}  // namespace
}  // namespace rove::minigrid
