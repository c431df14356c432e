// probe/corridor: walk right from the middle of a corridor. A move slips the other way now and then; the right end pays 1 and
// terminates, the left end terminates, and a time limit truncates.
#include <algorithm>
#include <string>

#include "core/archive.h"
#include "core/rng.h"
#include "envs/registry.h"

namespace rove {
namespace {

struct CorridorOptions {
  std::int32_t length = 8;   // cells
  std::int32_t actions = 2;  // left, right [, stay]
  int max_steps = 20;
  double slip = 0.1;  // probability
};

class Corridor final : public Env {
 public:
  explicit Corridor(const CorridorOptions& options) : options_(options) {
    const double last = options.length - 1;
    spec_.obs = {{.name = "observation", .dtype = DType::kF32, .shape = {2}, .low = {0}, .high = {1}},
                 {.name = "position", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {last}, .role = Role::kPrivileged},
                 {.name = "state_key", .dtype = DType::kI64, .shape = {}, .low = {}, .high = {}, .role = Role::kPrivileged}};
    spec_.action = {.name = "action", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {options.actions - 1.0}};
    spec_.max_steps = options.max_steps;
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
    position_ = options_.length / 2;
    Write(out, row, 0, 0, StepType::kFirst);
  }

  void Step(ConstTensorView action, const StepColumns& out, int row) override {
    std::int32_t choice = action.As<std::int32_t>()[0];
    if (choice < 0 || choice >= options_.actions) {
      throw SystemError("probe/corridor: row " + std::to_string(row) + ": no action " + std::to_string(choice));
    }
    NoiseStream stream = Noise(seed_, "probe/corridor").At(episode_, static_cast<std::uint64_t>(step_));
    if (choice < 2 && stream.UniformDouble() < options_.slip) choice = 1 - choice;
    position_ += choice == 2 ? 0 : 2 * choice - 1;
    ++step_;
    const bool right = position_ == options_.length - 1;
    const int end = (right || position_ == 0 ? kTerminated : 0) | (step_ == options_.max_steps ? kTruncated : 0);
    Write(out, row, right ? 1 : 0, static_cast<std::uint8_t>(end), end != 0 ? StepType::kLast : StepType::kMid);
  }

  void Serialize(Archive& ar) override {
    ar.Section("corridor", 1, [&](int) {
      ar("seed", seed_);
      ar("episode", episode_);
      ar("step", step_);
      ar("position", position_);
    });
  }

 private:
  void Write(const StepColumns& out, int row, double reward, std::uint8_t end, StepType step_type) const {
    const auto at = static_cast<std::size_t>(row);
    const auto observation = out.obs[0].As<float>().subspan(2 * at, 2);
    observation[0] = static_cast<float>(position_) / static_cast<float>(options_.length - 1);
    observation[1] = static_cast<float>(step_) / static_cast<float>(options_.max_steps);
    out.obs[1].As<std::int32_t>()[at] = position_;
    out.obs[2].As<std::int64_t>()[at] = position_;
    out.reward[at] = reward;
    out.discount[at] = (end & kTerminated) != 0 ? 0.0f : 1.0f;
    out.end[at] = end;
    out.step_type[at] = step_type;
  }

  CorridorOptions options_;
  EnvSpec spec_;
  Seed seed_ = 0;
  std::uint64_t episode_ = 0;
  std::int32_t step_ = 0, position_ = 0;
};

const EnvRegistrar kCorridor("probe/corridor", "test only: a slippery corridor", [](const Config& config) {
  CorridorOptions options;
  config.Get("length", &options.length, InRange(3, 1 << 20));
  config.Get("actions", &options.actions, InRange(2, 3));
  config.Get("max_steps", &options.max_steps, AtLeast(1));
  config.Get("slip", &options.slip, InRange(0, 1));
  return std::make_unique<Corridor>(options);
});

}  // namespace
}  // namespace rove
