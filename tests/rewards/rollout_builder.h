// Rollouts for tests of bonuses. A state is a number s in [0, 24): state_key holds s, image s % 3, position and direction s % 12
// together with it; so `view` sees 3 classes, `view_position_direction` 12 and `full_state` 24.
#pragma once

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/config.h"
#include "rewards/reward_module.h"

namespace rove::testing {

inline const EnvSpec& GridSpec() {
  static const EnvSpec spec{.obs = {{.name = "image", .dtype = DType::kU8, .shape = {1}, .low = {0}, .high = {2}},
                                    {.name = "direction", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {1}},
                                    {.name = "position", .dtype = DType::kI32, .shape = {2}, .low = {0}, .high = {1}},
                                    {.name = "state_key", .dtype = DType::kI64, .shape = {}, .low = {}, .high = {}}},
                            .action = {.name = "action", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {1}},
                            .max_steps = 0,
                            .success_return = {}};
  return spec;
}

class RolloutBuilder {
 public:
  RolloutBuilder(int T, int n) : slot_({.T = T, .n = n}, GridSpec().obs, GridSpec().action, {}, {}), view_(slot_.view()) {
    std::ranges::fill(view_.discount, 1.0f);
    std::ranges::fill(view_.step_type, StepType::kMid);
    for (int i = 0; i < n; ++i) {
      view_.step_type[view_.index(0, i)] = StepType::kFirst;
      SetState(0, i, 0);
    }
  }

  // The next states of all rows, [T*n] time-major; every episode starts in state 0 unless Start says otherwise.
  RolloutBuilder& States(const std::vector<int>& states) {
    for (std::size_t row = 0; row < states.size(); ++row) {
      SetState(static_cast<int>(row) / view_.n + 1, static_cast<int>(row) % view_.n, states[row]);
    }
    return *this;
  }
  RolloutBuilder& Start(int i, int state) {
    SetState(0, i, state);
    return *this;
  }
  RolloutBuilder& Rewards(const std::vector<float>& rewards) {
    std::ranges::copy(rewards, view_.reward.begin());
    return *this;
  }
  // The action at t ends column i's episode; row t + 1 is dead, and its next state is the next episode's start.
  RolloutBuilder& End(int t, int i) {
    view_.end[view_.index(t, i)] = kTerminated;
    view_.discount[view_.index(t, i)] = 0;
    view_.step_type[view_.index(t + 1, i)] = StepType::kLast;
    if (t + 2 <= view_.T) view_.step_type[view_.index(t + 2, i)] = StepType::kFirst;
    return *this;
  }
  RolloutSlot Build() { return std::move(slot_); }

 private:
  void SetState(int t, int i, int s) {
    const std::size_t row = view_.index(t, i);
    view_.obs[0].As<std::uint8_t>()[row] = static_cast<std::uint8_t>(s % 3);
    view_.obs[1].As<std::int32_t>()[row] = s / 3 % 2;
    view_.obs[2].As<std::int32_t>()[2 * row] = s / 6 % 2;
    view_.obs[3].As<std::int64_t>()[row] = s;
  }
  RolloutSlot slot_;
  RolloutView view_;
};

// A random walk over the states in which every step ends its episode with probability 1/8.
inline RolloutSlot RandomRollout(unsigned seed, int T, int n) {
  std::mt19937 random(seed);
  RolloutBuilder builder(T, n);
  std::vector<int> states;
  for (int row = 0; row < T * n; ++row) states.push_back(static_cast<int>(random() % 24));
  builder.States(states);
  for (int i = 0; i < n; ++i) {
    for (int t = 0; t < T; ++t) {
      if (random() % 8 == 0) builder.End(t++, i);  // the row after is dead and ends nothing
    }
  }
  return builder.Build();
}

// Rows [begin, begin + T) of a rollout as a slot of its own.
inline RolloutSlot Cut(RolloutSlot& whole, int begin, int T) {
  const RolloutView from = whole.view();
  RolloutSlot piece({.T = T, .n = from.n}, GridSpec().obs, GridSpec().action, {}, {});
  const RolloutView to = piece.view();
  const auto first = static_cast<std::ptrdiff_t>(from.index(begin, 0));
  const auto copy = [&](auto source, auto target) { std::copy_n(source.begin() + first, target.size(), target.begin()); };
  for (std::size_t k = 0; k < to.obs.size(); ++k) {
    std::memcpy(to.obs[k].data, from.obs[k].Rows(begin, T + 1).data, to.obs[k].bytes());
  }
  copy(from.step_type, to.step_type);
  copy(from.reward, to.reward);
  copy(from.discount, to.discount);
  copy(from.end, to.end);
  std::memcpy(to.action.data, from.action.Rows(begin, T).data, to.action.bytes());
  piece.first_step = from.first_step + begin;
  return piece;
}

// slot_rows 1: a made.count buffer may be as small as a test needs.
inline std::unique_ptr<RewardModule> MakeReward(const std::string& yaml, int num_envs) {
  return Rewards().Create(Config::Parse(yaml), {.env = GridSpec(), .num_envs = num_envs, .slot_rows = 1, .seed = 1});
}

inline std::vector<float> ScoreFresh(RewardModule& module, RolloutSlot& slot) {
  std::vector<float> out(slot.view().rows(), -1.0f);
  module.ScoreFresh(slot.view(), Noise(1, "test"), out);
  return out;
}

inline std::vector<float> ScoreReplayed(const RewardModule& module, RolloutSlot& slot) {
  std::vector<float> out(slot.view().rows(), -1.0f);
  module.ScoreReplayed(AsBatch(slot.view()), Noise(1, "test"), out);
  return out;
}

// Scores a rollout in pieces of the given lengths (the last one takes the rest). `between` runs after each piece and may replace
// the module.
template <class Between>
std::vector<float> ScoreInPieces(std::unique_ptr<RewardModule>& module, RolloutSlot& whole, const std::vector<int>& lengths,
                                 Between between) {
  std::vector<float> out;
  int begin = 0;
  for (std::size_t k = 0; begin < whole.view().T; ++k) {
    const int left = whole.view().T - begin, length = k < lengths.size() ? std::min(lengths[k], left) : left;
    RolloutSlot piece = Cut(whole, begin, length);
    const std::vector<float> scores = ScoreFresh(*module, piece);
    out.insert(out.end(), scores.begin(), scores.end());
    begin += length;
    between();
  }
  return out;
}
inline std::vector<float> ScoreInPieces(std::unique_ptr<RewardModule>& module, RolloutSlot& whole,
                                        const std::vector<int>& lengths) {
  return ScoreInPieces(module, whole, lengths, [] {});
}

// Saves the module and goes on with a new one of the same config that was restored from the bytes.
inline void SaveAndRestore(std::unique_ptr<RewardModule>& module, const std::string& yaml, int num_envs) {
  Archive written;
  module->Serialize(written);
  module = MakeReward(yaml, num_envs);
  Archive read(written.bytes(), "test");
  module->Serialize(read);
  read.ExpectEnd();
}

}  // namespace rove::testing
