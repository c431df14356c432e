// BabyAI's instructions: what they say, and when a step fulfils or fails them, worked by hand from upstream's rules.
#include "envs/minigrid/babyai/babyai.h"

#include <catch2/catch.hpp>
#include <set>

#include "envs/minigrid/minigrid_env.h"
#include "tests/envs/env_batch.h"

namespace rove::minigrid {
namespace {

constexpr Cell kRedBall = MakeCell(kBall, kRed), kBlueKey = MakeCell(kKey, kBlue), kGreyBox = MakeCell(kBox, kGrey);
constexpr Description kTheRedBall = {kBall, kRed}, kTheBlueKey = {kKey, kBlue}, kTheGreyBox = {kBox, kGrey};

GridState Shown(EnvBatch& batch) { return dynamic_cast<const GridInspectable&>(batch.env()).Inspect(0); }
Instruction Both(const Clause& a, const Clause& b) { return {.clauses = {a, b}, .size = {2, 0}, .order = Order::kSingle}; }

// 7 x 7 cells; the agent at (1, 1) looks right at a red ball; behind it lies a blue key, at (3, 1); a grey box with another blue
// key inside at (1, 3).
class Stage final : public BabyAi {
 public:
  explicit Stage(const Instruction& instruction) : BabyAi(OneRoom(7), instruction, 100), instruction_(instruction) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.level().SetAgent(1, 1, 0);
    draft.Put({2, 1}, kRedBall);
    draft.Put({3, 1}, kBlueKey);
    draft.Put({1, 3}, kGreyBox);
    draft.level().state().PutContent(1, 3, kBlueKey);
    return instruction_;
  }

 private:
  Instruction instruction_;
};

// The number of the step that ended the episode as wanted.
constexpr int kNever = 0, kFails = -1;
int Succeeds(const Instruction& instruction, std::initializer_list<Action> actions) {
  EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Stage>(instruction), 1));
  batch.Reset(0);
  int step = 0;
  for (const Action action : actions) {
    batch.Step(action);
    ++step;
    if (batch.end() == 0) continue;
    CHECK(batch.reward() == (batch.reward() > 0 ? 1 - 0.9 * (step / 100.0) : 0));
    return batch.reward() > 0 ? step : kFails;
  }
  return kNever;
}

TEST_CASE("to go to a thing is to face it, after any action", "[envs][unit]") {
  const Instruction go = Single(MakeClause(Verb::kGoTo, kTheRedBall));
  CHECK(Succeeds(go, {kDone}) == 1);
  CHECK(Succeeds(go, {kTurnLeft, kTurnLeft, kTurnRight, kTurnRight}) == 4);
  CHECK(Succeeds(Single(MakeClause(Verb::kGoTo, kTheBlueKey)), {kDone, kForward}) == kNever);  // the ball is in the way
}

TEST_CASE("a thing that was picked up counts as lying there until the next drop", "[envs][unit]") {
  const Clause pick_ball = MakeClause(Verb::kPickUp, kTheRedBall), go_ball = MakeClause(Verb::kGoTo, kTheRedBall);
  CHECK(Succeeds(Ordered(pick_ball, Order::kBefore, go_ball), {kPickUp}) == 1);
  // Put down at (1, 2) it is there, and no longer where it was.
  const Instruction later = Ordered(MakeClause(Verb::kPickUp, kTheBlueKey), Order::kBefore, go_ball);
  CHECK(Succeeds(later, {kPickUp, kTurnRight, kDrop, kTurnLeft, kForward, kPickUp, kTurnRight, kTurnRight, kForward}) == kNever);
  CHECK(Succeeds(later,
                 {kPickUp, kTurnRight, kDrop, kTurnLeft, kForward, kPickUp, kTurnRight, kTurnRight, kForward, kTurnLeft}) == 10);
}

TEST_CASE("a box that was opened counts as standing there until the next drop, even a vain one", "[envs][unit]") {
  const Instruction order = Ordered(MakeClause(Verb::kPickUp, kTheRedBall), Order::kBefore, MakeClause(Verb::kGoTo, kTheGreyBox));
  CHECK(Succeeds(order, {kTurnRight, kForward, kToggle, kTurnLeft, kTurnLeft, kForward, kTurnRight, kPickUp, kTurnRight,
                         kForward}) == 10);
  CHECK(Succeeds(order, {kTurnRight, kForward, kToggle, kDrop, kTurnLeft, kTurnLeft, kForward, kTurnRight, kPickUp, kTurnRight,
                         kForward}) == kNever);
}

TEST_CASE("picking up needs an empty hand; strictly, a wrong thing fails", "[envs][unit]") {
  const Instruction key = Single(MakeClause(Verb::kPickUp, kTheBlueKey));
  CHECK(Succeeds(Single(MakeClause(Verb::kPickUp, kTheRedBall)), {kTurnRight, kPickUp, kTurnLeft, kPickUp}) == 4);
  CHECK(Succeeds(key, {kPickUp, kForward, kPickUp}) == kNever);
  CHECK(Succeeds(key, {kPickUp, kTurnRight, kDrop, kTurnLeft, kForward, kPickUp}) == 6);
  const Instruction strict = Single(MakeClause(Verb::kPickUp, kTheBlueKey, true));
  CHECK(Succeeds(strict, {kTurnRight, kPickUp}) == kNever);  // nothing there
  CHECK(Succeeds(strict, {kPickUp}) == kFails);
}

TEST_CASE("what comes out of a box is never what the instruction means", "[envs][unit]") {
  const Instruction pick = Single(MakeClause(Verb::kPickUp, kTheBlueKey, true));
  CHECK(Succeeds(pick, {kTurnRight, kForward, kToggle, kPickUp}) == kFails);
  EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Stage>(pick), 1));
  batch.Reset(0);
  for (const Action action : {kTurnRight, kForward, kToggle, kPickUp}) batch.Step(action);
  CHECK(Shown(batch).carrying == std::array<int, 3>{kKey, kBlue, 0});
}

TEST_CASE("to put next to: what was in the hand lies, after the drop, beside and not diagonally", "[envs][unit]") {
  const Instruction put = Single(MakePutNext(kTheRedBall, kTheGreyBox));
  CHECK(Succeeds(put, {kPickUp, kTurnRight, kDrop}) == 3);  // the ball to (1, 2)
  CHECK(Succeeds(Single(MakePutNext(kTheBlueKey, kTheGreyBox)), {kPickUp, kTurnRight, kDrop}) == kNever);
  CHECK(Succeeds(Single(MakePutNext(kTheGreyBox, kTheRedBall)), {kPickUp, kTurnRight, kDrop}) == kNever);
  CHECK(Succeeds(put, {kPickUp, kTurnLeft, kDrop, kDrop}) == kNever);                         // a wall: still in the hand
  CHECK(Succeeds(put, {kPickUp, kTurnRight, kForward, kTurnLeft, kDrop}) == kNever);          // the ball to (2, 2)
  CHECK(Succeeds(Single(MakePutNext(kTheRedBall, kTheGreyBox, true)), {kPickUp}) == kFails);  // strictly no pick-up at all
}

TEST_CASE("of two parts in order the later counts from the step that completes the earlier", "[envs][unit]") {
  const Clause ball = MakeClause(Verb::kGoTo, kTheRedBall), box = MakeClause(Verb::kPickUp, kTheGreyBox);
  const std::initializer_list<Action> ball_then_box = {kDone, kTurnRight, kForward, kPickUp};
  CHECK(Succeeds(Ordered(ball, Order::kBefore, box), ball_then_box) == 4);
  CHECK(Succeeds(Ordered(box, Order::kBefore, ball), ball_then_box) == kNever);
  CHECK(Succeeds(Ordered(box, Order::kAfter, ball), ball_then_box) == 4);
  CHECK(Succeeds(Ordered(ball, Order::kAfter, box), ball_then_box) == kNever);
  CHECK(Succeeds(Ordered(ball, Order::kBefore, ball), {kDone}) == 1);
  // Done too early it does not count.
  const Instruction carried =
      Ordered(MakeClause(Verb::kGoTo, kTheGreyBox), Order::kBefore, MakeClause(Verb::kPickUp, kTheRedBall));
  CHECK(Succeeds(carried, {kPickUp, kTurnRight, kForward, kPickUp}) == kNever);
  // The earlier part may fail the whole.
  CHECK(Succeeds(Ordered(MakeClause(Verb::kPickUp, kTheBlueKey, true), Order::kBefore, ball), {kPickUp}) == kFails);
  CHECK(Succeeds(Ordered(ball, Order::kBefore, MakeClause(Verb::kPickUp, kTheBlueKey, true)), {kPickUp}) == kFails);
}

TEST_CASE("of two clauses joined by and each counts once, in any order, and neither fails", "[envs][unit]") {
  const Clause ball = MakeClause(Verb::kGoTo, kTheRedBall), box = MakeClause(Verb::kPickUp, kTheGreyBox);
  CHECK(Succeeds(Both(ball, box), {kDone, kTurnRight, kForward, kPickUp}) == 4);
  CHECK(Succeeds(Both(box, ball), {kTurnRight, kForward, kPickUp, kTurnRight, kTurnRight, kForward, kTurnRight}) == 7);
  CHECK(Succeeds(Both(ball, MakeClause(Verb::kPickUp, kTheBlueKey, true)), {kPickUp, kDone}) == kNever);
}

// Two rooms of 5 x 5 cells with a red door between them; the agent at (1, 1), red balls at (2, 2) and (3, 1), a blue key at (1,
// 3).
class Spoken final : public BabyAi {
 public:
  Spoken(const Instruction& instruction, int direction)
      : BabyAi({5, 1, 2}, instruction), instruction_(instruction), direction_(direction) {}

 protected:
  std::optional<Instruction> Draw(Draft& draft) const override {
    draft.AddDoor(0, 0, 0, kRed, false);
    draft.level().SetAgent(1, 1, direction_);
    draft.Put({2, 2}, kRedBall);
    draft.Put({3, 1}, kRedBall);
    draft.Put({1, 3}, kBlueKey);
    return instruction_;
  }

 private:
  Instruction instruction_;
  int direction_;
};

TEST_CASE("an instruction is read out as upstream does, in words and in numbers; each walk has a step a cell", "[envs][unit]") {
  constexpr int kRight = 0, kLeft = 2;
  const Description ball = {kBall}, front = {kBall, kAnyColor, Where::kFront}, behind = {kBall, kAnyColor, Where::kBehind};
  const Clause go = MakeClause(Verb::kGoTo, kTheRedBall), take = MakeClause(Verb::kPickUp, {kKey}),
               open = MakeClause(Verb::kOpen, {kDoor});
  struct Case {
    Instruction instruction;
    const char* text;
    int direction, walks;
  };
  for (const Case& c : {
           Case{Single(go), "go to a red ball", kRight, 1},
           {Single(take), "pick up the key", kRight, 1},
           {Single(open), "open the door", kRight, 1},
           {Single(MakePutNext(kTheBlueKey, ball)), "put the blue key next to a ball", kRight, 2},
           {Single(MakeClause(Verb::kPickUp, {kAnyKind, kRed})), "pick up a red object", kRight, 1},
           {Single(MakeClause(Verb::kPickUp, {kAnyKind, kBlue})), "pick up the blue object", kRight, 1},
           {Single(MakeClause(Verb::kPickUp, {kAnyKind, kGrey})), "pick up a grey object", kRight, 1},  // the walls
           {Single(MakeClause(Verb::kGoTo, front)), "go to a ball in front of you", kRight, 1},
           {Single(MakeClause(Verb::kGoTo, {kBall, kRed, Where::kRight})), "go to the red ball on your right", kRight, 1},
           {Single(MakeClause(Verb::kGoTo, {kBall, kRed, Where::kLeft})), "go to the red ball on your left", kLeft, 1},
           {Single(MakeClause(Verb::kGoTo, behind)), "go to a ball behind you", kLeft, 1},
           {Single(MakeClause(Verb::kOpen, {kDoor, kAnyColor, Where::kFront})), "open the door in front of you", kRight, 1},
           {Ordered(go, Order::kBefore, take), "go to a red ball, then pick up the key", kRight, 2},
           {Ordered(go, Order::kAfter, open), "go to a red ball after you open the door", kRight, 2},
           {Both(take, open), "pick up the key and open the door", kRight, 2},
           {{{take, open, go, MakePutNext(kTheBlueKey, ball)}, {2, 2}, Order::kBefore},
            "pick up the key and open the door, then go to a red ball and put the blue key next to a ball",
            kRight,
            5},
       }) {
    INFO(c.text);
    EnvBatch batch(std::make_unique<MiniGrid>(std::make_unique<Spoken>(c.instruction, c.direction), 1));
    batch.Reset(0);
    CHECK(Shown(batch).mission == c.text);
    CHECK(Shown(batch).max_steps == c.walks * 5 * 5 * 2);
    const std::vector<Word> words = MissionWords(c.text);
    const auto tokens = batch.obs<std::int32_t>("mission_tokens");
    CHECK(std::ranges::equal(words, tokens.first(words.size())));
    CHECK(tokens.size() == words.size());  // this is the family's longest
  }
}

TEST_CASE("words have upstream's numbers, and text comes back from them", "[envs][unit]") {
  // From the documentation of upstream's DictObservationSpaceWrapper.
  const std::string text = "avoid the lava and get to the green goal square";
  CHECK(MissionWords(text) == std::vector<Word>{19, 31, 17, 36, 20, 38, 31, 2, 15, 35});
  CHECK(MissionText(MissionWords(text)) == text);
  CHECK(MissionWords("open the door, then go") == std::vector<Word>{24, 31, 14, 34, 37, 25});
  CHECK(MissionText(MissionWords("open the door, then go")) == "open the door, then go");
  CHECK(kNumMissionWords == 60);
}

TEST_CASE("the tokens of shorter instructions are padded with zeros", "[envs][unit]") {
  EnvBatch batch("BabyAI-BossLevel-v0", 50);
  batch.Reset(1);
  const auto tokens = batch.obs<std::int32_t>("mission_tokens");
  const std::size_t width = tokens.size() / 50;
  int padded = 0;
  for (std::size_t row = 0; row < 50; ++row) {
    const auto text = dynamic_cast<const GridInspectable&>(batch.env()).Inspect(static_cast<int>(row)).mission;
    std::vector<Word> words = MissionWords(text);
    padded += words.size() < width;
    words.resize(width, 0);
    CHECK(std::ranges::equal(words, tokens.subspan(row * width, width)));
  }
  CHECK(padded > 0);
}

TEST_CASE("UnlockPickup allows 72 steps, as upstream's slip has it", "[envs][unit]") {
  EnvBatch batch("BabyAI-UnlockPickup-v0", 1);
  CHECK(batch.spec().max_steps == 72);
}

TEST_CASE("the time limit follows the instruction, unless config fixes it", "[envs][unit]") {
  constexpr int kRows = 100, kCells = 8 * 8 * 9;
  const auto limits = [](const std::string& config) {
    EnvBatch batch(Envs().Create(Config::Parse(config), {.num_envs = kRows}));
    batch.Reset(0);
    std::set<int> out;
    for (int row = 0; row < kRows; ++row) out.insert(dynamic_cast<const GridInspectable&>(batch.env()).Inspect(row).max_steps);
    return out;
  };
  const std::set<int> drawn = limits("{type: BabyAI-BossLevel-v0}");
  CHECK(*drawn.begin() == kCells);
  CHECK(*drawn.rbegin() > 4 * kCells);
  for (const int limit : drawn) CHECK(limit % kCells == 0);
  CHECK(limits("{type: BabyAI-BossLevel-v0, max_steps: 50}") == std::set<int>{50});
}

TEST_CASE("PutNextCarrying's first image shows the thing where it lay; it is in the hand at once", "[envs][unit]") {
  EnvBatch carrying("BabyAI-PutNextS5N2Carrying-v0", 30), plain("BabyAI-PutNextS5N2-v0", 30);
  carrying.Reset(0);
  plain.Reset(0);
  CHECK(std::ranges::equal(carrying.obs<std::uint8_t>("image"), plain.obs<std::uint8_t>("image")));
  for (int row = 0; row < 30; ++row) {
    const auto shown = [&](EnvBatch& batch) { return dynamic_cast<const GridInspectable&>(batch.env()).Inspect(row); };
    const auto hand = shown(carrying).carrying;
    REQUIRE(hand.has_value());
    CHECK(carrying.obs<std::uint8_t>("carrying")[static_cast<std::size_t>(row) * 2] == (*hand)[0]);
    const auto free_cells = [](const GridState& state) {
      int count = 0;
      for (std::size_t at = 0; at < state.grid.size(); at += 3) count += state.grid[at] == kEmpty;
      return count;
    };
    CHECK(free_cells(shown(carrying)) == free_cells(shown(plain)) + 1);
  }
  carrying.Step(kTurnLeft);
  plain.Step(kTurnLeft);
  const auto own_cell = [](EnvBatch& batch) { return batch.obs<std::uint8_t>("image")[(3 * 7 + 6) * 3]; };
  CHECK(own_cell(plain) == kEmpty);
  CHECK(own_cell(carrying) == (*Shown(carrying).carrying)[0]);
}

// Upstream 3.1.0 never forgets a locked room, 3.2.0 does (tests/golden/babyai.jsonl.gz has the rows).
TEST_CASE("an earlier level's locked room changes what a used environment draws, also after a restore", "[envs][unit]") {
  constexpr int kRows = 300;
  const auto make = [](const std::string& keys) {
    return EnvBatch(Envs().Create(Config::Parse("{type: BabyAI-SynthLoc-v0" + keys + "}"), {.num_envs = kRows}));
  };
  const std::string forgets = ", stale_locked_room: false";
  EnvBatch fresh = make(""), used = make(""), restored = make(""), fresh_forgetful = make(forgets),
           used_forgetful = make(forgets);
  used.Reset(5000);
  used_forgetful.Reset(5000);
  restored.Load(used.Save());
  for (EnvBatch* batch : {&fresh, &used, &restored, &fresh_forgetful, &used_forgetful}) batch->Reset(0);
  CHECK((used.Rows() != fresh.Rows()));
  CHECK((restored.Rows() == used.Rows()));
  CHECK((used_forgetful.Rows() == fresh_forgetful.Rows()));
}

}  // namespace
}  // namespace rove::minigrid
