#include "envs/minigrid/babyai/instruction.h"

namespace rove::minigrid {
namespace {

constexpr std::array<Word, kNumColors> kColorWords = {WordNumber("red"),    WordNumber("green"),  WordNumber("blue"),
                                                      WordNumber("purple"), WordNumber("yellow"), WordNumber("grey")};
constexpr Word KindWord(Kind kind) {
  switch (kind) {
    case kKey: return WordNumber("key");
    case kBall: return WordNumber("ball");
    case kBox: return WordNumber("box");
    case kDoor: return WordNumber("door");
    default: return WordNumber("object");
  }
}

class Speller {
 public:
  explicit Speller(std::span<Word, kMaxWords> words) : words_(words) {}
  template <std::size_t N>
  void Say(const Word (&words)[N]) {
    for (const Word word : words) words_[count_++] = word;
  }
  void Say(const Description& d) {
    Say({d.several ? WordNumber("a") : WordNumber("the")});
    if (d.color != kAnyColor) Say({kColorWords[d.color]});
    Say({KindWord(d.kind)});
    switch (d.where) {
      case Where::kAnywhere: break;
      case Where::kLeft: Say({WordNumber("on"), WordNumber("your"), WordNumber("left")}); break;
      case Where::kRight: Say({WordNumber("on"), WordNumber("your"), WordNumber("right")}); break;
      case Where::kFront: Say({WordNumber("in"), WordNumber("front"), WordNumber("of"), WordNumber("you")}); break;
      case Where::kBehind: Say({WordNumber("behind"), WordNumber("you")}); break;
    }
  }
  void Say(const Clause& clause) {
    switch (clause.verb) {
      case Verb::kGoTo: Say({WordNumber("go"), WordNumber("to")}); break;
      case Verb::kPickUp: Say({WordNumber("pick"), WordNumber("up")}); break;
      case Verb::kOpen: Say({WordNumber("open")}); break;
      case Verb::kPutNext: Say({WordNumber("put")}); break;
    }
    Say(clause.what);
    if (clause.verb != Verb::kPutNext) return;
    Say({WordNumber("next"), WordNumber("to")});
    Say(clause.next_to);
  }
  int count() const { return static_cast<int>(count_); }

 private:
  std::span<Word, kMaxWords> words_;
  std::size_t count_ = 0;
};

}  // namespace

Instruction Single(const Clause& clause) { return {.clauses = {clause}, .size = {1, 0}, .order = Order::kSingle}; }
Instruction Ordered(const Clause& first, Order order, const Clause& second) {
  return {.clauses = {first, second}, .size = {1, 1}, .order = order};
}

int NumWalks(const Instruction& instruction) {
  int walks = 0;
  for (int k = 0; k < instruction.num_clauses(); ++k)
    walks += instruction.clauses[static_cast<std::size_t>(k)].verb == Verb::kPutNext ? 2 : 1;
  return walks;
}

int Spell(const Instruction& instruction, std::span<Word, kMaxWords> words) {
  Speller speller(words);
  std::size_t next = 0;
  for (std::size_t part = 0; part < instruction.size.size() && instruction.size[part] > 0; ++part) {
    if (part == 1 && instruction.order == Order::kBefore) speller.Say({WordNumber(","), WordNumber("then")});
    if (part == 1 && instruction.order == Order::kAfter) speller.Say({WordNumber("after"), WordNumber("you")});
    for (int k = 0; k < instruction.size[part]; ++k) {
      if (k > 0) speller.Say({WordNumber("and")});
      speller.Say(instruction.clauses[next++]);
    }
  }
  return speller.count();
}

}  // namespace rove::minigrid
