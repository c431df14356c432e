#include "envs/solvable.h"

#include <algorithm>
#include <map>
#include <vector>

namespace rove {
namespace {

// Upstream's object indices.
enum Type { kEmpty = 1, kWall = 2, kFloor = 3, kDoor = 4, kKey = 5, kBall = 6, kBox = 7, kGoalCell = 8, kLava = 9 };
enum DoorState { kOpen, kClosed, kLocked };

struct Object {
  int type = kEmpty, color = 0, state = 0;
  bool can_be_carried() const { return type >= kKey && type <= kBox; }
  bool is_door(int door_state) const { return type == kDoor && state == door_state; }
};

using Cells = std::vector<std::uint8_t>;  // a set of cells

class Search {
 public:
  Search(const GridState& s, const GridGoal& goal) : width_(s.width), height_(s.height), goal_(goal) {
    for (std::size_t i = 0; i + 2 < s.grid.size(); i += 3) grid_.push_back({s.grid[i], s.grid[i + 1], s.grid[i + 2]});
    for (const auto& [x, y, type, color, state] : s.box) content_[Index(x, y)] = {type, color, state};
    start_ = Index(s.agent[0], s.agent[1]);
    if (s.carrying) hand_ = {(*s.carrying)[0], (*s.carrying)[1], (*s.carrying)[2]};
    if (s.carried_content) hand_content_ = {(*s.carried_content)[0], (*s.carried_content)[1], (*s.carried_content)[2]};
  }

  // Whether the goal is out of reach even if whatever can be carried is nowhere in the way and always at hand: then it is out of
  // reach. Keys collect, boxes open and stay.
  bool Hopeless() const {
    std::array<bool, 6> keys{};
    const auto collect = [&](const Object& o) {
      if (o.type == kKey) keys[static_cast<std::size_t>(o.color)] = true;
    };
    collect(hand_);
    collect(hand_content_);
    if (IsTarget(hand_) || IsTarget(hand_content_)) return false;
    for (bool found_key = true; found_key;) {
      const auto before = keys;
      const Cells seen = Flood(start_, [&](int cell) {
        const Object& o = grid_[static_cast<std::size_t>(cell)];
        const bool carried_away = o.can_be_carried() && goal_.kind != GridGoal::kPickUpOnly;
        const bool opens = o.type == kDoor && (o.state != kLocked || keys[static_cast<std::size_t>(o.color)]);
        return carried_away || opens || Passable(o);
      });
      for (int cell = 0; cell < std::ssize(grid_); ++cell) {
        if (!Touches(seen, cell)) continue;
        const Object& o = grid_[static_cast<std::size_t>(cell)];
        collect(o);
        const auto content = content_.find(cell);
        if (content != content_.end()) collect(content->second);
        if (IsTarget(o) || (content != content_.end() && IsTarget(content->second))) return false;
        if (goal_.kind == GridGoal::kReach && o.type == kGoalCell) return false;
        const bool can_open = o.type == kDoor && (o.state != kLocked || keys[static_cast<std::size_t>(o.color)]);
        if (goal_.kind == GridGoal::kOpenDoor && can_open) return false;
      }
      found_key = keys != before;
    }
    return true;
  }

  // Does what brings it further, one thing after another, each of which keeps all others possible: what was reachable stays so.
  bool FindsWay() {
    Cells explored(grid_.size());
    for (;;) {
      const Cells reach = Reach();
      for (std::size_t i = 0; i < reach.size(); ++i) explored[i] |= reach[i];
      if (Solved(reach)) return true;
      if (goal_.kind == GridGoal::kPickUpOnly) return false;
      if (!OpensSomething(reach) && !FetchesKey(reach) && !TakesAway(reach, explored)) return false;
    }
  }

 private:
  bool Picks() const { return goal_.kind == GridGoal::kPickUp || goal_.kind == GridGoal::kPickUpOnly; }
  bool IsTarget(const Object& o) const { return Picks() && o.type == goal_.type && o.color == goal_.color; }
  int Index(int x, int y) const { return x * height_ + y; }
  Object& At(int cell) { return grid_[static_cast<std::size_t>(cell)]; }
  template <class F>
  void ForNeighbors(int cell, const F& f) const {
    const int x = cell / height_, y = cell % height_;
    if (x > 0) f(cell - height_);
    if (x + 1 < width_) f(cell + height_);
    if (y > 0) f(cell - 1);
    if (y + 1 < height_) f(cell + 1);
  }
  // Where the agent may walk. A goal cell ends the episode: nothing lies behind it.
  static bool Passable(const Object& o) { return o.type == kEmpty || o.type == kFloor || o.is_door(kOpen); }

  template <class F>
  Cells Flood(int from, const F& enters) const {
    Cells seen(grid_.size());
    std::vector<int> stack = {from};
    seen[static_cast<std::size_t>(from)] = 1;
    while (!stack.empty()) {
      const int cell = stack.back();
      stack.pop_back();
      ForNeighbors(cell, [&](int next) {
        auto& mark = seen[static_cast<std::size_t>(next)];
        if (mark || !enters(next)) return;
        mark = 1;
        stack.push_back(next);
      });
    }
    return seen;
  }
  Cells Reach() const {
    return Flood(start_, [&](int cell) { return Passable(grid_[static_cast<std::size_t>(cell)]); });
  }
  bool Touches(const Cells& reach, int cell) const {  // in it, or beside it
    bool touches = reach[static_cast<std::size_t>(cell)];
    ForNeighbors(cell, [&](int next) { touches = touches || reach[static_cast<std::size_t>(next)]; });
    return touches;
  }

  bool Solved(const Cells& reach) {
    if (IsTarget(hand_)) return true;
    for (int cell = 0; cell < std::ssize(grid_); ++cell) {
      const Object& o = At(cell);
      if (!Touches(reach, cell)) continue;
      if (goal_.kind == GridGoal::kReach && o.type == kGoalCell) return true;
      if (goal_.kind == GridGoal::kOpenDoor && o.type == kDoor && (o.state != kLocked || HoldsKey(o.color))) return true;
      if (IsTarget(o) && (hand_.type == kEmpty || PutsDown(reach))) return true;
    }
    return false;
  }

  bool HoldsKey(int color) const { return hand_.type == kKey && hand_.color == color; }

  // All doors and boxes that can be opened from here. An open door is in nobody's way, and nor is a box that is gone.
  bool OpensSomething(const Cells& reach) {
    bool opened = false;
    for (int cell = 0; cell < std::ssize(grid_); ++cell) {
      Object& o = At(cell);
      if (!Touches(reach, cell)) continue;
      if (o.is_door(kClosed) || (o.is_door(kLocked) && HoldsKey(o.color))) {
        o.state = kOpen;
        opened = true;
      } else if (o.type == kBox && !IsTarget(o)) {
        const auto content = content_.find(cell);
        o = content == content_.end() ? Object{} : content->second;
        if (content != content_.end()) content_.erase(content);
        opened = true;
      }
    }
    return opened;
  }

  bool FetchesKey(const Cells& reach) {
    for (int door = 0; door < std::ssize(grid_); ++door) {
      if (!At(door).is_door(kLocked) || !Touches(reach, door)) continue;
      for (int key = 0; key < std::ssize(grid_); ++key) {
        if (At(key).type == kKey && At(key).color == At(door).color && Touches(reach, key) && PicksUp(reach, key)) return true;
      }
    }
    return false;
  }

  // An object where the agent has never been, and behind which there may be something.
  bool TakesAway(const Cells& reach, const Cells& explored) {
    for (int cell = 0; cell < std::ssize(grid_); ++cell) {
      if (!At(cell).can_be_carried() || explored[static_cast<std::size_t>(cell)] || !Touches(reach, cell)) continue;
      bool leads_on = false;
      ForNeighbors(cell, [&](int next) {
        const int type = At(next).type;
        leads_on = leads_on || (!reach[static_cast<std::size_t>(next)] && type != kWall && type != kLava);
      });
      if (leads_on && PicksUp(reach, cell)) return true;
    }
    return false;
  }

  bool PicksUp(const Cells& reach, int cell) {
    if (hand_.type != kEmpty && !PutsDown(reach)) return false;
    hand_ = At(cell);  // never a box: they are opened first
    At(cell) = {};
    return true;
  }

  // Puts the hand's object on a cell without which all that can be reached or touched still can.
  bool PutsDown(const Cells& reach) {
    for (int cell = 0; cell < std::ssize(grid_); ++cell) {
      if (!reach[static_cast<std::size_t>(cell)] || At(cell).type != kEmpty) continue;
      int beside = -1;
      ForNeighbors(cell, [&](int next) { beside = reach[static_cast<std::size_t>(next)] ? next : beside; });
      if (beside < 0) continue;
      const Cells left = Flood(beside, [&](int next) { return next != cell && reach[static_cast<std::size_t>(next)]; });
      bool keeps = true;
      for (std::size_t i = 0; i < reach.size(); ++i) keeps = keeps && (left[i] || !reach[i] || static_cast<int>(i) == cell);
      ForNeighbors(cell, [&](int next) {
        keeps = keeps && (reach[static_cast<std::size_t>(next)] || At(next).type == kWall || Touches(left, next));
      });
      if (!keeps) continue;
      At(cell) = hand_;
      if (hand_.type == kBox && hand_content_.type != kEmpty) content_[cell] = hand_content_;
      hand_ = hand_content_ = {};
      start_ = beside;
      return true;
    }
    return false;
  }

  int width_, height_;
  GridGoal goal_;
  std::vector<Object> grid_;
  std::map<int, Object> content_;  // of the box in a cell
  int start_ = 0;                  // a cell of where the agent can go
  Object hand_, hand_content_;     // kEmpty: nothing
};

}  // namespace

Solvability Solve(const GridState& state, const GridGoal& goal) {
  if (goal.kind == GridGoal::kUnknown) return Solvability::kUnknown;
  Search search(state, goal);
  if (search.Hopeless()) return Solvability::kUnsolvable;
  return search.FindsWay() ? Solvability::kSolvable : Solvability::kUnknown;
}

}  // namespace rove
