// probe/point: a point in the square [-2, 2]^2 pushed to a goal, with another range for each element of the action. Reaching the
// goal pays 1 and terminates; a time limit truncates; both may come in one step.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/archive.h"
#include "core/rng.h"
#include "envs/registry.h"

namespace rove {
namespace {

constexpr std::array<double, 2> kGoal = {0.5, -0.75};
constexpr double kReach = 0.3, kPush = 0.25, kWind = 0.1;

class Point final : public Env {
 public:
  explicit Point(int max_steps) {
    spec_.obs = {{.name = "position", .dtype = DType::kF32, .shape = {2}, .low = {-2}, .high = {2}}};
    spec_.action = {.name = "action", .dtype = DType::kF32, .shape = {2}, .low = {-1, -2}, .high = {1, 0.5}};
    spec_.max_steps = max_steps;
    spec_.success_return = 0.5;
  }

  const EnvSpec& spec() const override { return spec_; }

  void Reset(std::optional<Seed> seed, const StepColumns& out, int row) override {
    if (seed) {
      seed_ = *seed;
      episode_ = 0;
    }
    ++episode_;
    step_ = 0;
    NoiseStream stream = Stream();
    for (double& x : position_) x = 4 * stream.UniformDouble() - 2;
    Write(out, row, 0, 0, StepType::kFirst);
  }

  void Step(ConstTensorView action, const StepColumns& out, int row) override {
    ++step_;
    NoiseStream stream = Stream();
    bool reached = true;
    for (std::size_t k = 0; k < 2; ++k) {
      const double push = action.As<float>()[k];
      if (!(push >= spec_.action.low[k] && push <= spec_.action.high[k])) {
        throw SystemError("probe/point: row " + std::to_string(row) + ": action[" + std::to_string(k) + "] is " +
                          std::to_string(push));
      }
      const double moved = position_[k] + kPush * push + kWind * (2 * stream.UniformDouble() - 1);
      position_[k] = std::clamp(moved, -2.0, 2.0);
      reached = reached && std::abs(position_[k] - kGoal[k]) < kReach;
    }
    const int end = (reached ? kTerminated : 0) | (step_ == spec_.max_steps ? kTruncated : 0);
    Write(out, row, reached ? 1 : 0, static_cast<std::uint8_t>(end), end != 0 ? StepType::kLast : StepType::kMid);
  }

  void Serialize(Archive& ar) override {
    ar.Section("point", 1, [&](int) {
      ar("seed", seed_);
      ar("episode", episode_);
      ar("step", step_);
      ar("position", position_);
    });
  }

 private:
  NoiseStream Stream() const { return Noise(seed_, "probe/point").At(episode_, static_cast<std::uint64_t>(step_)); }

  void Write(const StepColumns& out, int row, double reward, std::uint8_t end, StepType step_type) const {
    const auto at = static_cast<std::size_t>(row);
    for (std::size_t k = 0; k < 2; ++k) out.obs[0].As<float>()[2 * at + k] = static_cast<float>(position_[k]);
    out.reward[at] = reward;
    out.discount[at] = (end & kTerminated) != 0 ? 0.0f : 1.0f;
    out.end[at] = end;
    out.step_type[at] = step_type;
  }

  EnvSpec spec_;
  Seed seed_ = 0;
  std::uint64_t episode_ = 0;
  std::int32_t step_ = 0;
  std::array<double, 2> position_{};
};

const EnvRegistrar kPoint("probe/point", "test only: push a point to a goal", [](const Config& config) {
  int max_steps = 25;
  config.Get("max_steps", &max_steps, AtLeast(1));
  return std::make_unique<Point>(max_steps);
});

}  // namespace
}  // namespace rove
