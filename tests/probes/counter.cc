// probe/counter: an on-policy agent whose only weight is a digest of every byte it has learned from, and whose actions depend on
// it; so two runs agree if and only if they saw the same bytes.
#include "agents/agent.h"
#include "core/archive.h"
#include "tests/probes/digest.h"

namespace rove {
namespace {

struct CounterSnapshot final : ParamSnapshot {
  CounterSnapshot(std::int64_t v, std::uint64_t d) : ParamSnapshot(v), digest(d) {}
  std::uint64_t digest;
};

class CounterPolicy final : public Policy {
 public:
  CounterPolicy(ActMode mode, std::uint32_t choices) : mode_(mode), choices_(choices) {}
  void Sync(const ParamSnapshot& snapshot) override { digest_ = static_cast<const CounterSnapshot&>(snapshot).digest; }
  void Act(const ActInput& in, const ActOutput& out) override {
    for (std::size_t i = 0; i < in.env_id.size(); ++i) {
      NoiseStream stream = in.noise->At(static_cast<std::uint64_t>(in.env_id[i]), static_cast<std::uint64_t>(in.step));
      const std::uint32_t drawn = mode_ == ActMode::kEvaluate ? 0 : stream.Below(choices_);
      const std::uint32_t learned = mode_ == ActMode::kRandom ? 0 : static_cast<std::uint32_t>(digest_ % choices_);
      out.action.As<std::int32_t>()[i] = static_cast<std::int32_t>((drawn + learned) % choices_);
      out.extra[0].As<std::int64_t>()[i] = static_cast<std::int64_t>(digest_) + in.step;
    }
  }

 private:
  ActMode mode_;
  std::uint32_t choices_;
  std::uint64_t digest_ = 0;
};

class Counter final : public Agent {
 public:
  explicit Counter(std::int64_t choices) : choices_(static_cast<std::uint32_t>(choices)) {}
  AgentTraits traits() const override { return {}; }
  std::span<const TensorSpec> extra_spec() const override { return extra_; }
  std::span<const TensorSpec> state_spec() const override { return {}; }
  std::unique_ptr<Policy> MakePolicy(ActMode mode) const override { return std::make_unique<CounterPolicy>(mode, choices_); }
  Metrics Learn(const BatchView& batch, std::int64_t env_steps) override {
    digest_ = Digest(batch, digest_ + static_cast<std::uint64_t>(env_steps));
    Metrics metrics;
    metrics.Set("probe/digest", static_cast<double>(digest_ >> 32));
    return metrics;
  }
  std::shared_ptr<const ParamSnapshot> Snapshot(std::int64_t version) const override {
    return std::make_shared<CounterSnapshot>(version, digest_);
  }
  void Serialize(Archive& ar) override { ar("digest", digest_); }

 private:
  std::uint32_t choices_;
  std::uint64_t digest_ = 0;
  std::vector<TensorSpec> extra_ = {{.name = "stamp", .dtype = DType::kI64, .shape = {}, .low = {}, .high = {}}};
};

const AgentRegistrar kCounter("probe/counter", "test only: a digest of all it learned from",
                              [](const Config& config, const AgentDeps& deps) {
                                const std::int64_t choices = deps.env.action.num_choices();
                                if (choices == 0) config.Fail("needs a discrete action");
                                return std::make_unique<Counter>(choices);
                              });

}  // namespace
}  // namespace rove
