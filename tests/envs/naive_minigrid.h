// MiniGrid written the slow and obvious way: one struct a cell, the rules of Farama Minigrid 3.1.0 (minigrid_env.py step and
// gen_obs, Grid.process_vis) in the order in which they read. Starts from a state that the fast engine reports and shares none of
// its code; levels are compared with recorded traces instead.
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "envs/inspectable.h"

namespace rove {

struct NaiveObject {
  int type = 1, color = 0, state = 0;  // upstream's codes; 1 0 0 is the empty cell
  std::vector<NaiveObject> content;    // of a box: none or one
  bool operator==(const NaiveObject&) const = default;
};

class NaiveMiniGrid {
 public:
  enum Type { kUnseen, kEmpty, kWall, kFloor, kDoor, kKey, kBall, kBox, kGoal, kLava };
  enum DoorState { kOpen, kClosed, kLocked };

  NaiveMiniGrid(const GridState& s, bool see_through_walls, bool noisy_tv = false, int view = 7)
      : see_through_walls_(see_through_walls), noisy_tv_(noisy_tv), view_(view) {
    width_ = s.width;
    height_ = s.height;
    for (std::size_t i = 0; i < s.grid.size(); i += 3) cells_.push_back({s.grid[i], s.grid[i + 1], s.grid[i + 2], {}});
    for (const auto& [x, y, type, color, state] : s.box) At(x, y).content = {{type, color, state, {}}};
    agent_ = s.agent;
    max_steps_ = s.max_steps;
    mission_ = s.mission;
    rng_.set_state(s.rng);
    first_ = cells_;
    if (s.carrying) hand_ = {{(*s.carrying)[0], (*s.carrying)[1], (*s.carrying)[2], {}}};
  }

  struct Result {
    double reward = 0;
    bool terminated = false, truncated = false;
  };

  Result Step(int action) {
    Result r;
    ++steps_;
    if (mission_.starts_with("go to the matching object") && action == 3) action = 5;
    const std::vector<NaiveObject> hand_before = hand_;
    const bool red_before = DoorIsOpen(0), blue_before = DoorIsOpen(2);
    const double success = 1 - 0.9 * (static_cast<double>(steps_) / max_steps_);
    const auto [dx, dy] = Ahead();
    const int fx = agent_[0] + dx, fy = agent_[1] + dy;
    NaiveObject& front = At(fx, fy);
    const int type = front.type;
    if (action == 0) agent_[2] = (agent_[2] + 3) % 4;
    if (action == 1) agent_[2] = (agent_[2] + 1) % 4;
    if (action == 2) {
      if (type == kEmpty || type == kFloor || type == kGoal || type == kLava || (type == kDoor && front.state == kOpen)) {
        agent_[0] = fx;
        agent_[1] = fy;
      }
      if (type == kGoal) r = {success, true, false};
      if (type == kLava) r.terminated = true;
    }
    if (action == 3 && hand_.empty() && (type == kKey || type == kBall || type == kBox)) {
      hand_ = {front};
      front = {};
    }
    if (action == 4 && noisy_tv_) {
      constexpr int kByName[] = {2, 1, 5, 3, 0, 4};  // blue, green, grey, purple, red, yellow
      const int color = kByName[rng_.Integers(0, 6)];
      for (auto* objects : {&cells_, &hand_}) {
        for (NaiveObject& o : *objects) o.color = o.type == kBall ? color : o.color;
      }
    } else if (action == 4 && !hand_.empty() && type == kEmpty) {
      front = hand_[0];
      hand_.clear();
    }
    if (action == 5 && type == kDoor) {
      if (front.state == kLocked) {
        if (!hand_.empty() && hand_[0].type == kKey && hand_[0].color == front.color) front.state = kOpen;
      } else {
        front.state = front.state == kOpen ? kClosed : kOpen;
      }
    }
    if (action == 5 && type == kBox) {
      const NaiveObject inside = front.content.empty() ? NaiveObject{} : front.content[0];
      front = inside;
    }
    r.truncated = steps_ >= max_steps_;
    // What upstream's subclasses add, read off the mission's words.
    const auto end = [&](bool paid) { r = {paid ? success : 0, true, r.truncated}; };
    const std::vector<std::string> words = Words();
    if (mission_.starts_with("pick up the ")) {
      if (action == 3 && Holds(words[3], words[4])) end(true);
    } else if (mission_ == "open the door") {
      if (action == 5 && front.type == kDoor && front.state == kOpen) end(true);
    } else if (mission_ == "open the red door then the blue door") {
      if (DoorIsOpen(2))
        end(red_before);
      else if (DoorIsOpen(0) && blue_before)
        end(false);
    } else if (mission_.starts_with("go to the matching object")) {
      for (std::size_t at = static_cast<std::size_t>(2 * height_); at < first_.size(); ++at) {
        if (first_[at].type != kKey && first_[at].type != kBall) continue;
        const int x = static_cast<int>(at) / height_, y = static_cast<int>(at) % height_;
        const int beside = y < height_ / 2 ? y + 1 : y - 1;
        if (agent_[0] == x && agent_[1] == beside) end(first_[at] == first_[static_cast<std::size_t>(height_ + height_ / 2 - 1)]);
      }
    } else if (mission_.starts_with("go to the ")) {
      const auto [x, y] = FirstPlace(words[3], words[4]);
      if (action == 5) end(false);
      if (action == 6) end(std::abs(agent_[0] - x) + std::abs(agent_[1] - y) == 1);
    } else if (mission_.starts_with("put the ")) {  // put the C t near the C t
      const auto [x, y] = FirstPlace(words[6], words[7]);
      if (action == 3 && !hand_.empty() && !Holds(words[2], words[3])) end(false);
      if (action == 4 && !hand_before.empty()) end(hand_.empty() && std::abs(fx - x) <= 1 && std::abs(fy - y) <= 1);
    } else if (words.size() >= 4 && words[words.size() - 3] == "a") {  // ... a C t
      if (!hand_.empty()) end(Holds(words[words.size() - 2], words[words.size() - 1]));
    }
    return r;
  }

  // Puts the agent somewhere else, with something in its hand (the empty cell: nothing).
  void SetAgent(const std::array<int, 3>& agent, const NaiveObject& carried) {
    agent_ = agent;
    hand_.clear();
    if (carried.type != kEmpty) hand_.push_back(carried);
  }

  // [view column][view row][type, colour, state]
  std::vector<std::uint8_t> Image() const {
    static const NaiveObject kOutside{kWall, 5, 0, {}}, kNothing;
    const int v = view_;
    std::vector<const NaiveObject*> cell(static_cast<std::size_t>(v * v));
    std::vector<std::uint8_t> light(cell.size());
    const auto view = [&](int i, int j) -> const NaiveObject*& { return cell[static_cast<std::size_t>(i * v + j)]; };
    const auto lit = [&](int i, int j) -> std::uint8_t& { return light[static_cast<std::size_t>(i * v + j)]; };
    const auto [dx, dy] = Ahead();
    for (int i = 0; i < v; ++i) {
      for (int j = 0; j < v; ++j) {
        const int forward = v - 1 - j, right = i - v / 2;
        const int x = agent_[0] + forward * dx - right * dy, y = agent_[1] + forward * dy + right * dx;
        const bool inside = x >= 0 && y >= 0 && x < width_ && y < height_;
        view(i, j) = inside ? &cells_[static_cast<std::size_t>(x * height_ + y)] : &kOutside;
      }
    }
    lit(v / 2, v - 1) = 1;
    const auto clear = [&](int i, int j) {
      const NaiveObject& o = *view(i, j);
      return o.type != kWall && !(o.type == kDoor && o.state != kOpen);
    };
    for (int j = v - 1; j >= 0; --j) {
      for (int i = 0; i < v - 1; ++i) {
        if (!lit(i, j) || !clear(i, j)) continue;
        lit(i + 1, j) = 1;
        if (j > 0) lit(i, j - 1) = lit(i + 1, j - 1) = 1;
      }
      for (int i = v - 1; i > 0; --i) {
        if (!lit(i, j) || !clear(i, j)) continue;
        lit(i - 1, j) = 1;
        if (j > 0) lit(i, j - 1) = lit(i - 1, j - 1) = 1;
      }
    }
    view(v / 2, v - 1) = hand_.empty() ? &kNothing : &hand_[0];
    std::vector<std::uint8_t> image;
    for (int i = 0; i < v; ++i) {
      for (int j = 0; j < v; ++j) {
        const bool seen = lit(i, j) || see_through_walls_;
        const NaiveObject& o = *view(i, j);
        for (const int code : {o.type, o.color, o.state}) image.push_back(static_cast<std::uint8_t>(seen ? code : 0));
      }
    }
    return image;
  }

  const std::array<int, 3>& agent() const { return agent_; }
  Pcg64::State rng() const { return rng_.state(); }
  const std::vector<NaiveObject>& hand() const { return hand_; }  // none or one
  std::vector<std::uint8_t> Grid() const {                        // as GridState::grid
    std::vector<std::uint8_t> codes;
    for (const NaiveObject& o : cells_) {
      for (const int code : {o.type, o.color, o.state}) codes.push_back(static_cast<std::uint8_t>(code));
    }
    return codes;
  }

  std::vector<std::array<int, 5>> Boxes() const {  // as GridState::box
    std::vector<std::array<int, 5>> filled;
    for (int x = 0; x < width_; ++x) {
      for (int y = 0; y < height_; ++y) {
        for (const NaiveObject& o : cells_[static_cast<std::size_t>(x * height_ + y)].content)
          filled.push_back({x, y, o.type, o.color, o.state});
      }
    }
    return filled;
  }

 private:
  NaiveObject& At(int x, int y) { return cells_[static_cast<std::size_t>(x * height_ + y)]; }
  std::pair<int, int> Ahead() const {
    return agent_[2] == 0   ? std::pair{1, 0}
           : agent_[2] == 1 ? std::pair{0, 1}
           : agent_[2] == 2 ? std::pair{-1, 0}
                            : std::pair{0, -1};
  }
  static int ColorCode(const std::string& name) {
    static const std::map<std::string, int> kCodes = {{"red", 0},    {"green", 1},  {"blue", 2},
                                                      {"purple", 3}, {"yellow", 4}, {"grey", 5}};
    return kCodes.at(name);
  }
  static int TypeCode(const std::string& name) {
    static const std::map<std::string, int> kCodes = {{"door", kDoor}, {"key", kKey}, {"ball", kBall}, {"box", kBox}};
    return kCodes.at(name);
  }
  std::vector<std::string> Words() const {
    std::istringstream text(mission_);
    return {std::istream_iterator<std::string>(text), {}};
  }
  bool Holds(const std::string& color, const std::string& type) const {
    return !hand_.empty() && hand_[0].type == TypeCode(type) && hand_[0].color == ColorCode(color);
  }
  // Where the level began with that object.
  std::pair<int, int> FirstPlace(const std::string& color, const std::string& type) const {
    const auto at = std::find_if(first_.begin(), first_.end(),
                                 [&](const NaiveObject& o) { return o.type == TypeCode(type) && o.color == ColorCode(color); }) -
                    first_.begin();
    return {static_cast<int>(at) / height_, static_cast<int>(at) % height_};
  }
  bool DoorIsOpen(int color) const {
    return std::ranges::any_of(cells_,
                               [=](const NaiveObject& o) { return o.type == kDoor && o.color == color && o.state == kOpen; });
  }

  bool see_through_walls_, noisy_tv_;
  int view_;
  int width_, height_, max_steps_, steps_ = 0;
  std::vector<NaiveObject> cells_, first_, hand_;  // x outermost; first_: the cells of the level's beginning
  std::array<int, 3> agent_;                       // x, y, direction
  std::string mission_;
  Pcg64 rng_;
};

}  // namespace rove
