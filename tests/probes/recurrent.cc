// probe/recurrent: an on-policy agent with recurrent state and no network. Its memory is a decayed sum of observations and the
// number of steps since the episode began; it acts on the memory and learns a threshold from it. Learn works the memory out again
// from the stored state and throws if the engine kept, cleared, stored or partitioned it otherwise.
#include <array>

#include "agents/agent.h"
#include "core/archive.h"
#include "tests/probes/digest.h"

namespace rove {
namespace {

using Memory = std::array<float, 2>;

Memory Next(const Memory& memory, std::span<const float> observation) {
  float sum = 0.75f * memory[0];
  for (const float x : observation) sum += x;
  return {sum, memory[1] + 1};
}

// Row `at` of a [.., width] f32 column.
std::span<float> Row(const TensorView& column, std::size_t at, std::size_t width) {
  return column.As<float>().subspan(at * width, width);
}
Memory ReadMemory(std::span<const float> row) { return {row[0], row[1]}; }

struct RecurrentSnapshot final : ParamSnapshot {
  RecurrentSnapshot(std::int64_t v, double t) : ParamSnapshot(v), threshold(t) {}
  double threshold;
};

class RecurrentPolicy final : public Policy {
 public:
  RecurrentPolicy(ActMode mode, std::uint32_t choices, std::size_t width) : mode_(mode), choices_(choices), width_(width) {}
  void Sync(const ParamSnapshot& snapshot) override { threshold_ = static_cast<const RecurrentSnapshot&>(snapshot).threshold; }
  void Act(const ActInput& in, const ActOutput& out) override {
    for (std::size_t i = 0; i < in.env_id.size(); ++i) {
      const Memory next =
          Next(ReadMemory(in.state[0].As<float>().subspan(2 * i, 2)), in.obs[0].As<float>().subspan(i * width_, width_));
      NoiseStream stream = in.noise->At(static_cast<std::uint64_t>(in.env_id[i]), static_cast<std::uint64_t>(in.step));
      const bool draw = mode_ == ActMode::kRandom || (mode_ == ActMode::kExplore && stream.Uniform() < 0.5f);
      const std::uint32_t greedy = next[0] > threshold_ ? choices_ - 1 : 0;
      out.action.As<std::int32_t>()[i] = static_cast<std::int32_t>(draw ? stream.Below(choices_) : greedy);
      for (const TensorView* to : {&out.extra[0], &out.next_state[0]}) std::ranges::copy(next, Row(*to, i, 2).begin());
    }
  }

 private:
  ActMode mode_;
  std::uint32_t choices_;
  std::size_t width_;
  double threshold_ = 0;
};

class Recurrent final : public Agent {
 public:
  Recurrent(std::int64_t choices, std::int64_t width, int sequence_length)
      : choices_(static_cast<std::uint32_t>(choices)), width_(static_cast<std::size_t>(width)), length_(sequence_length) {}
  AgentTraits traits() const override { return {.sequence_length = length_}; }
  std::span<const TensorSpec> extra_spec() const override { return {&trace_, 1}; }
  std::span<const TensorSpec> state_spec() const override { return {&memory_, 1}; }
  std::unique_ptr<Policy> MakePolicy(ActMode mode) const override {
    return std::make_unique<RecurrentPolicy>(mode, choices_, width_);
  }

  Metrics Learn(const BatchView& batch, std::int64_t) override {
    double sum = 0, live = 0;
    for (int i = 0; i < batch.n; ++i) {
      Memory memory = ReadMemory(Row(batch.state[0], batch.index(0, i), 2));
      for (int t = 0; t <= batch.T; ++t) {
        const std::size_t at = batch.index(t, i);
        if (batch.step_type[at] == StepType::kFirst) memory = {};
        if (length_ > 0 && t % length_ == 0 && t / length_ < batch.state[0].shape.dim[0]) {
          Check(memory, Row(batch.state[0], batch.index(t / length_, i), 2), t, i);
        }
        memory = Next(memory, Row(batch.obs[0], at, width_));
        Check(memory, Row(batch.extra[0], at, 2), t, i);
        if (t == batch.T || batch.dead(t, i)) continue;
        sum += (batch.total[at] - 0.05) * (memory[0] - threshold_);
        ++live;
      }
    }
    if (live > 0) threshold_ += 0.1 * sum / live;
    digest_ = Digest(batch, digest_);
    Metrics metrics;
    metrics.Set("probe/threshold", threshold_);
    return metrics;
  }

  std::shared_ptr<const ParamSnapshot> Snapshot(std::int64_t version) const override {
    return std::make_shared<RecurrentSnapshot>(version, threshold_);
  }
  void Serialize(Archive& ar) override {
    ar("threshold", threshold_);
    ar("digest", digest_);
  }

 private:
  static void Check(const Memory& expected, std::span<const float> found, int t, int i) {
    if (ReadMemory(found) == expected) return;
    throw SystemError("probe/recurrent: row " + std::to_string(t) + ", environment " + std::to_string(i) + ": memory [" +
                      std::to_string(found[0]) + ", " + std::to_string(found[1]) + "], expected [" + std::to_string(expected[0]) +
                      ", " + std::to_string(expected[1]) + "]");
  }

  std::uint32_t choices_;
  std::size_t width_;
  int length_;
  double threshold_ = 1;
  std::uint64_t digest_ = 0;
  TensorSpec trace_ = {.name = "trace", .dtype = DType::kF32, .shape = {2}, .low = {}, .high = {}};
  TensorSpec memory_ = {.name = "memory", .dtype = DType::kF32, .shape = {2}, .low = {}, .high = {}};
};

const AgentRegistrar kRecurrent("probe/recurrent", "test only: acts and learns on a recurrent memory",
                                [](const Config& config, const AgentDeps& deps) {
                                  int sequence_length = 0;
                                  config.Get("sequence_length", &sequence_length, InRange(0, deps.rollout_length));
                                  const TensorSpec& obs = deps.env.obs.at(0);
                                  const std::int64_t choices = deps.env.action.num_choices();
                                  if (choices == 0 || obs.dtype != DType::kF32)
                                    config.Fail("needs f32 observations and a discrete action");
                                  return std::make_unique<Recurrent>(choices, obs.shape.count(), sequence_length);
                                });

}  // namespace
}  // namespace rove
