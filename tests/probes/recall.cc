// probe/recall: remember a cue. The first observation shows one of the cues, the `delay` after it show none; then a bell rings
// and the action of the cue's number pays 1, any other 0, and the episode terminates. Every observation between is the same, so
// what a policy without memory can do is guess.
#include <algorithm>
#include <string>

#include "core/archive.h"
#include "core/rng.h"
#include "envs/registry.h"

namespace rove {
namespace {

class Recall final : public Env {
 public:
  Recall(std::int32_t cues, int delay) : cues_(cues), delay_(delay) {
    spec_.obs = {{.name = "observation", .dtype = DType::kF32, .shape = {cues + 1}, .low = {0}, .high = {1}},
                 {.name = "state_key", .dtype = DType::kI64, .shape = {}, .low = {}, .high = {}, .role = Role::kPrivileged}};
    spec_.action = {.name = "action", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {cues - 1.0}};
    spec_.max_steps = 0;  // no time limit: an episode terminates by itself
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
    NoiseStream stream = Noise(seed_, "probe/recall").At(episode_, 0);
    cue_ = static_cast<std::int32_t>(stream.Below(static_cast<std::uint32_t>(cues_)));
    Write(out, row, 0, 0, StepType::kFirst);
  }

  void Step(ConstTensorView action, const StepColumns& out, int row) override {
    const std::int32_t choice = action.As<std::int32_t>()[0];
    if (choice < 0 || choice >= cues_) {
      throw SystemError("probe/recall: row " + std::to_string(row) + ": no action " + std::to_string(choice));
    }
    const bool last = step_ == delay_ + 1;
    ++step_;
    Write(out, row, last && choice == cue_ ? 1 : 0, last ? kTerminated : 0, last ? StepType::kLast : StepType::kMid);
  }

  void Serialize(Archive& ar) override {
    ar.Section("recall", 1, [&](int) {
      ar("seed", seed_);
      ar("episode", episode_);
      ar("step", step_);
      ar("cue", cue_);
    });
  }

 private:
  void Write(const StepColumns& out, int row, double reward, std::uint8_t end, StepType step_type) const {
    const auto at = static_cast<std::size_t>(row), width = static_cast<std::size_t>(cues_) + 1;
    const auto observation = out.obs[0].As<float>().subspan(width * at, width);
    std::ranges::fill(observation, 0.0f);
    if (step_ == 0) observation[static_cast<std::size_t>(cue_)] = 1;
    if (step_ == delay_ + 1) observation[width - 1] = 1;  // the bell
    out.obs[1].As<std::int64_t>()[at] = step_ * cues_ + cue_;
    out.reward[at] = reward;
    out.discount[at] = end != 0 ? 0.0f : 1.0f;
    out.end[at] = end;
    out.step_type[at] = step_type;
  }

  std::int32_t cues_;
  int delay_;
  EnvSpec spec_;
  Seed seed_ = 0;
  std::uint64_t episode_ = 0;
  std::int32_t step_ = 0, cue_ = 0;
};

const EnvRegistrar kRecall("probe/recall", "test only: remember a cue", [](const Config& config) {
  std::int32_t cues = 2;
  int delay = 4;
  config.Get("cues", &cues, InRange(2, 16));
  config.Get("delay", &delay, InRange(0, 1000));
  return std::make_unique<Recall>(cues, delay);
});

}  // namespace
}  // namespace rove
