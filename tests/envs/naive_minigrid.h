// MiniGrid written the slow and obvious way: one struct a cell, the rules of Farama Minigrid 3.1.0 (minigrid_env.py step and
// gen_obs, Grid.process_vis) in the order in which they read. Starts from a state that the fast engine reports and shares none of
// its code; levels are compared with recorded traces instead.
#pragma once

#include <array>
#include <map>
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
  static constexpr int kView = 7;
  enum Type { kUnseen, kEmpty, kWall, kFloor, kDoor, kKey, kBall, kBox, kGoal, kLava };
  enum DoorState { kOpen, kClosed, kLocked };

  NaiveMiniGrid(const GridState& s, bool see_through_walls) : see_through_walls_(see_through_walls) {
    width_ = s.width;
    height_ = s.height;
    for (std::size_t i = 0; i < s.grid.size(); i += 3) cells_.push_back({s.grid[i], s.grid[i + 1], s.grid[i + 2], {}});
    for (const auto& [x, y, type, color, state] : s.box) At(x, y).content = {{type, color, state, {}}};
    agent_ = s.agent;
    max_steps_ = s.max_steps;
    mission_ = s.mission;
    if (s.carrying) hand_ = {{(*s.carrying)[0], (*s.carrying)[1], (*s.carrying)[2], {}}};
  }

  struct Result {
    double reward = 0;
    bool terminated = false, truncated = false;
  };

  Result Step(int action) {
    Result r;
    ++steps_;
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
    if (action == 4 && !hand_.empty() && type == kEmpty) {
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
    if (action == 3 && IsMissionTarget()) r = {success, true, r.truncated};
    return r;
  }

  // [view column][view row][type, colour, state]
  std::array<std::uint8_t, kView * kView * 3> Image() const {
    NaiveObject view[kView][kView];
    const auto [dx, dy] = Ahead();
    for (int i = 0; i < kView; ++i) {
      for (int j = 0; j < kView; ++j) {
        const int forward = kView - 1 - j, right = i - kView / 2;
        const int x = agent_[0] + forward * dx - right * dy, y = agent_[1] + forward * dy + right * dx;
        const bool inside = x >= 0 && y >= 0 && x < width_ && y < height_;
        view[i][j] = inside ? cells_[static_cast<std::size_t>(x * height_ + y)] : NaiveObject{kWall, 5, 0, {}};
      }
    }
    bool lit[kView][kView] = {};
    lit[kView / 2][kView - 1] = true;
    const auto clear = [&](int i, int j) {
      const NaiveObject& o = view[i][j];
      return o.type != kWall && !(o.type == kDoor && o.state != kOpen);
    };
    for (int j = kView - 1; j >= 0; --j) {
      for (int i = 0; i < kView - 1; ++i) {
        if (!lit[i][j] || !clear(i, j)) continue;
        lit[i + 1][j] = true;
        if (j > 0) lit[i][j - 1] = lit[i + 1][j - 1] = true;
      }
      for (int i = kView - 1; i > 0; --i) {
        if (!lit[i][j] || !clear(i, j)) continue;
        lit[i - 1][j] = true;
        if (j > 0) lit[i][j - 1] = lit[i - 1][j - 1] = true;
      }
    }
    view[kView / 2][kView - 1] = hand_.empty() ? NaiveObject{} : hand_[0];
    std::array<std::uint8_t, kView * kView * 3> image;
    auto out = image.begin();
    for (int i = 0; i < kView; ++i) {
      for (int j = 0; j < kView; ++j) {
        const bool seen = lit[i][j] || see_through_walls_;
        const NaiveObject& o = view[i][j];
        for (const int code : {o.type, o.color, o.state}) *out++ = static_cast<std::uint8_t>(seen ? code : 0);
      }
    }
    return image;
  }

  const std::array<int, 3>& agent() const { return agent_; }
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
  // "pick up the C ball": the hand holds that ball.
  bool IsMissionTarget() const {
    static const std::map<std::string, int> kColors = {{"red", 0},    {"green", 1},  {"blue", 2},
                                                       {"purple", 3}, {"yellow", 4}, {"grey", 5}};
    const std::string prefix = "pick up the ", suffix = " ball";
    if (!mission_.starts_with(prefix) || hand_.empty()) return false;
    const std::string color = mission_.substr(prefix.size(), mission_.size() - prefix.size() - suffix.size());
    return hand_[0].type == kBall && hand_[0].color == kColors.at(color);
  }

  bool see_through_walls_;
  int width_, height_, max_steps_, steps_ = 0;
  std::vector<NaiveObject> cells_, hand_;  // x outermost
  std::array<int, 3> agent_;               // x, y, direction
  std::string mission_;
};

}  // namespace rove
