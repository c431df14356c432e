#include "envs/minigrid/wrappers.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rove::minigrid {
namespace {

// A death pays `cost` on top and ends nothing: the step went forward against such a cell, or the agent stands on one.
class NoDeath final : public Wrapper {
 public:
  NoDeath(std::uint32_t types, double cost) : types_(types), cost_(cost) {}

  void Apply(const WrappedStep& step, Outcome* outcome) override {
    const bool going = step.action == kForward && Deadly(step.front);
    if (!outcome->terminated || !(going || Deadly(step.here))) return;
    outcome->terminated = false;
    outcome->reward += cost_;
  }

 private:
  bool Deadly(Cell cell) const { return types_ >> Encode(cell)[0] & 1; }
  std::uint32_t types_;  // bit: upstream's object index
  double cost_;
};

std::unique_ptr<Wrapper> ReadNoDeath(const Config& config) {
  static const std::vector<std::string> kNames = {"unseen", "empty", "wall", "floor", "door",
                                                  "key",    "ball",  "box",  "goal",  "lava"};
  std::vector<std::string> types;
  double cost = -1;
  config.Require("types", &types);
  config.Get("cost", &cost);
  std::uint32_t bits = 0;
  for (const std::string& type : types) {
    const auto at = std::ranges::find(kNames, type) - kNames.begin();
    if (at <= kEmpty || type == "goal" || at == std::ssize(kNames))
      config.At("types").Fail("\"" + type + "\" is none of wall, floor, door, key, ball, box, lava");
    bits |= 1u << at;
  }
  return std::make_unique<NoDeath>(bits, cost);
}

// scale / sqrt(n) for the n-th visit, over all episodes of an environment.
class VisitBonus final : public Wrapper {
 public:
  VisitBonus(const Layout& layout, int num_actions, bool with_action, double scale, int n)
      : layout_(layout),
        num_actions_(num_actions),
        with_action_(with_action),
        scale_(scale),
        row_size_(static_cast<std::size_t>(layout.width * layout.height * (with_action ? 4 * num_actions : 1))),
        counts_(static_cast<std::size_t>(n) * row_size_) {}

  void Apply(const WrappedStep& step, Outcome* outcome) override {
    const State& state = step.state;
    int at = layout_.index(state.x, state.y);
    if (with_action_) at = (at * 4 + state.direction) * num_actions_ + step.action;
    std::uint32_t& count = counts_[step.row * row_size_ + static_cast<std::size_t>(at)];
    if (count < std::numeric_limits<std::uint32_t>::max()) ++count;
    outcome->reward += 1 / std::sqrt(static_cast<double>(count)) * scale_;
  }

  void SerializeRow(Archive& ar, std::size_t row) override {
    ar.Block("visits", counts_.data() + row * row_size_, row_size_ * sizeof counts_[0]);
  }

 private:
  Layout layout_;
  int num_actions_;
  bool with_action_;
  double scale_;
  std::size_t row_size_;               // counters of one environment
  std::vector<std::uint32_t> counts_;  // [n][cell] or [n][cell][direction][action]
};

}  // namespace

Wrappers ReadWrappers(const Config& config, const FamilyInfo& info, int n) {
  Wrappers wrappers;
  for (const Config& one : config.List("wrappers")) {
    enum { kNoDeath, kPositionBonus, kActionBonus };
    int type = 0;
    std::string name;
    one.Require("type", &name);
    one.Choice("type", &type, std::array<std::string_view, 3>{"no_death", "position_bonus", "action_bonus"});
    double scale = 1;
    if (type == kPositionBonus) one.Get("scale", &scale);
    if (type == kNoDeath)
      wrappers.push_back(ReadNoDeath(one));
    else
      wrappers.push_back(std::make_unique<VisitBonus>(info.layout, info.num_actions, type == kActionBonus, scale, n));
  }
  return wrappers;
}

}  // namespace rove::minigrid
