// probe/random_replay: an off-policy agent that acts uniformly within the bounds of each action element and folds every sampled
// byte into a digest; so a wrong, missing or reordered sample changes it.
#include <algorithm>
#include <string>

#include "agents/agent.h"
#include "core/archive.h"
#include "tests/probes/digest.h"

namespace rove {
namespace {

class RandomPolicy final : public Policy {
 public:
  RandomPolicy(ActMode mode, const TensorSpec& action) : mode_(mode), action_(action) {}
  void Sync(const ParamSnapshot&) override {}
  void Act(const ActInput& in, const ActOutput& out) override {
    const std::int64_t width = action_.shape.count();
    auto to = out.action.As<float>().begin();
    for (std::size_t i = 0; i < in.env_id.size(); ++i) {
      NoiseStream stream = in.noise->At(static_cast<std::uint64_t>(in.env_id[i]), static_cast<std::uint64_t>(in.step));
      for (std::int64_t k = 0; k < width; ++k) {
        const double part = mode_ == ActMode::kEvaluate ? 0.5 : stream.UniformDouble();
        *to++ = static_cast<float>(action_.low_of(k) + part * (action_.high_of(k) - action_.low_of(k)));
      }
      out.extra[0].As<std::int64_t>()[i] = 2 * in.step + (mode_ == ActMode::kRandom ? 1 : 0);
    }
  }

 private:
  ActMode mode_;
  TensorSpec action_;
};

class RandomReplay final : public Agent {
 public:
  RandomReplay(const TensorSpec& action, const AgentTraits& traits) : action_(action), traits_(traits) {}
  AgentTraits traits() const override { return traits_; }
  std::span<const TensorSpec> extra_spec() const override { return {&step_, 1}; }
  std::span<const TensorSpec> state_spec() const override { return {}; }
  std::unique_ptr<Policy> MakePolicy(ActMode mode) const override { return std::make_unique<RandomPolicy>(mode, action_); }

  Metrics Learn(const BatchView& batch, std::int64_t env_steps) override {
    // The step that Act stamped must grow by one along each sequence: no seam, no gap, no other environment. It begins anew after
    // the dead row at which imported rows were cut.
    const auto stamp = batch.extra[0].As<std::int64_t>();
    for (int t = 0; t < batch.T; ++t) {
      for (int b = 0; b < batch.n; ++b) {
        const std::int64_t step = stamp[batch.index(t, b)] / 2, next = stamp[batch.index(t + 1, b)] / 2;
        if (stamp[batch.index(t, b)] % 2 != 0) {
          last_random_ = std::max(last_random_, step);
        } else {
          first_policy_ = std::min(first_policy_, step);
        }
        if (next == step + 1 || (next == 0 && batch.dead(t, b))) continue;
        throw SystemError("probe/random_replay: sequence " + std::to_string(b) + " breaks after row " + std::to_string(t));
      }
    }
    digest_ = Digest(batch, digest_ + static_cast<std::uint64_t>(env_steps));
    ++updates_;
    Metrics metrics;
    metrics.Set("probe/digest", static_cast<double>(digest_ >> 32));
    metrics.Set("probe/updates", static_cast<double>(updates_));
    metrics.Set("probe/last_random", static_cast<double>(last_random_));
    metrics.Set("probe/first_policy", static_cast<double>(first_policy_));
    return metrics;
  }

  std::shared_ptr<const ParamSnapshot> Snapshot(std::int64_t version) const override {
    return std::make_shared<ParamSnapshot>(version);
  }
  void Serialize(Archive& ar) override {
    ar("digest", digest_);
    ar("updates", updates_);
    ar("last_random", last_random_);
    ar("first_policy", first_policy_);
  }

 private:
  TensorSpec action_;
  AgentTraits traits_;
  std::uint64_t digest_ = 0;
  std::int64_t updates_ = 0;
  std::int64_t last_random_ = -1, first_policy_ = 1 << 30;                                        // steps, of the sampled rows
  TensorSpec step_ = {.name = "step", .dtype = DType::kI64, .shape = {}, .low = {}, .high = {}};  // twice; odd: acted at random
};

const AgentRegistrar kRandomReplay("probe/random_replay", "test only: random actions, digests of replayed sequences",
                                   [](const Config& config, const AgentDeps& deps) {
                                     AgentTraits traits{.on_policy = false,
                                                        .sequence_length = 5,
                                                        .batch_size = 8,
                                                        .updates_per_frame = 0.3,
                                                        .random_frames = 50};
                                     config.Get("updates_per_frame", &traits.updates_per_frame, Positive());
                                     config.Get("random_frames", &traits.random_frames, AtLeast(0));
                                     const TensorSpec& action = deps.env.action;
                                     if (action.dtype != DType::kF32 || action.low.empty())
                                       config.Fail("needs a bounded f32 action");
                                     return std::make_unique<RandomReplay>(action, traits);
                                   });

}  // namespace
}  // namespace rove
