#include "eval/evaluator.h"

#include <catch2/catch.hpp>
#include <map>
#include <memory>

#include "core/archive.h"
#include "core/parallel.h"
#include "envs/registry.h"

namespace rove {
namespace {

const std::vector<TensorSpec> kCounter = {{.name = "counter", .dtype = DType::kI32, .shape = {1}, .low = {}, .high = {}}};

// An episode of seed s lasts 1 + s mod 7 steps and pays the action at each; success is a return above 5.
class Payer final : public Env {
 public:
  const EnvSpec& spec() const override { return spec_; }
  void Reset(std::optional<Seed> seed, const StepColumns& out, int row) override {
    left_ = 1 + static_cast<int>(seed.value_or(3) % 7);
    Write(out, static_cast<std::size_t>(row), 0, StepType::kFirst);
  }
  void Step(ConstTensorView action, const StepColumns& out, int row) override {
    --left_;
    Write(out, static_cast<std::size_t>(row), action.As<std::int32_t>()[0], left_ == 0 ? StepType::kLast : StepType::kMid);
  }
  void Serialize(Archive& ar) override { ar("left", left_); }

 private:
  void Write(const StepColumns& out, std::size_t row, double reward, StepType type) {
    out.obs[0].As<std::int32_t>()[row] = left_;
    out.reward[row] = reward;
    out.end[row] = type == StepType::kLast ? kTerminated : 0;
    out.discount[row] = type == StepType::kLast ? 0 : 1;
    out.step_type[row] = type;
  }
  EnvSpec spec_{.obs = {{.name = "left", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {7}}},
                .action = {.name = "action", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {99}},
                .success_return = 5.0};
  int left_ = 0;
};

// Greedy: the action is a recurrent counter of the episode's steps (0, 1, 2, ...). Sampled: noise of (env id, step).
class CounterPolicy final : public Policy {
 public:
  explicit CounterPolicy(ActMode mode) : mode_(mode) {}
  void Sync(const ParamSnapshot&) override {}
  void Act(const ActInput& in, const ActOutput& out) override {
    for (std::size_t i = 0; i < in.step_type.size(); ++i) {
      const std::int32_t count = in.state[0].As<std::int32_t>()[i];
      NoiseStream noise = in.noise->At(static_cast<std::uint64_t>(in.env_id[i]), static_cast<std::uint64_t>(in.step));
      out.action.As<std::int32_t>()[i] = mode_ == ActMode::kEvaluate ? count : static_cast<std::int32_t>(noise.Below(100));
      out.next_state[0].As<std::int32_t>()[i] = count + 1;
    }
  }

 private:
  ActMode mode_;
};

class CounterAgent final : public Agent {
 public:
  AgentTraits traits() const override { return {}; }
  std::span<const TensorSpec> extra_spec() const override { return {}; }
  std::span<const TensorSpec> state_spec() const override { return kCounter; }
  std::unique_ptr<Policy> MakePolicy(ActMode mode) const override { return std::make_unique<CounterPolicy>(mode); }
  Metrics Learn(const BatchView&, std::int64_t) override { return {}; }
  std::shared_ptr<const ParamSnapshot> Snapshot(std::int64_t version) const override {
    return std::make_shared<ParamSnapshot>(version);
  }
  void Serialize(Archive&) override {}
};

EvalResult Play(int n, const EvalOptions& options) {
  const auto env = MakeVectorEnv(n, [] { return std::make_unique<Payer>(); });
  const CounterAgent agent;
  return Evaluate(*env, agent, *agent.Snapshot(0), options);
}

TEST_CASE("each episode is played from its own seed, with a recurrent state that starts at zero", "[eval][unit]") {
  const EvalOptions options{.episodes = 23, .mode = ActMode::kEvaluate, .seed = 11, .act_block = 4};
  const EvalResult result = Play(6, options);  // 6 rows: blocks of 4 and 2, four rounds, the last one not full
  REQUIRE(result.returns.size() == 23);
  for (std::size_t e = 0; e < 23; ++e) {
    const int length = 1 + static_cast<int>(DeriveSeed(11, "eval", e) % 7);
    CHECK(result.lengths[e] == length);
    CHECK(result.returns[e] == length * (length - 1) / 2);  // 0 + 1 + ... : the counter was cleared
    CHECK(result.success[e] == (length >= 4));              // 0 + 1 + 2 = 3, 0 + 1 + 2 + 3 = 6: above 5 from four steps on
  }
}

// Pays how many episodes it has begun, then ends; or never ends.
class Visitor final : public Env {
 public:
  explicit Visitor(bool ends) : ends_(ends) {}
  const EnvSpec& spec() const override { return spec_; }
  void Reset(std::optional<Seed>, const StepColumns& out, int row) override {
    ++episodes_;
    Write(out, static_cast<std::size_t>(row), 0, StepType::kFirst);
  }
  void Step(ConstTensorView, const StepColumns& out, int row) override {
    Write(out, static_cast<std::size_t>(row), episodes_, ends_ ? StepType::kLast : StepType::kMid);
  }
  void Serialize(Archive& ar) override { ar("episodes", episodes_); }

 private:
  static void Write(const StepColumns& out, std::size_t row, double reward, StepType type) {
    out.obs[0].As<std::int32_t>()[row] = 0;
    out.reward[row] = reward;
    out.end[row] = type == StepType::kLast ? kTerminated : 0;
    out.discount[row] = 1;
    out.step_type[row] = type;
  }
  EnvSpec spec_{.obs = {{.name = "nothing", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {0}}},
                .action = {.name = "action", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {99}},
                .success_return = {}};
  bool ends_;
  std::int32_t episodes_ = 0;
};

TEST_CASE("nothing goes from one episode to the next, nor from one evaluation to another", "[eval][unit]") {
  const auto env = MakeVectorEnv(2, [] { return std::make_unique<Visitor>(true); });
  const CounterAgent agent;
  for (int evaluation = 0; evaluation < 2; ++evaluation) {
    const EvalResult result = Evaluate(*env, agent, *agent.Snapshot(0), {.episodes = 7, .act_block = 2});
    CHECK(result.returns == std::vector<double>(7, 1));
  }
}

TEST_CASE("an episode that has no limit and does not end is an error, not a wait for ever", "[eval][unit]") {
  const auto env = MakeVectorEnv(1, [] { return std::make_unique<Visitor>(false); });
  const CounterAgent agent;
  CHECK_THROWS_WITH(Evaluate(*env, agent, *agent.Snapshot(0), {.episodes = 1, .act_block = 1}),
                    Catch::Contains("has not ended in 100000 steps") && Catch::Contains("evaluation.every=0"));
}

TEST_CASE("a sampled evaluation does not depend on the rows, the blocks or the threads", "[eval][threads]") {
  EvalOptions options{.episodes = 40, .mode = ActMode::kExplore, .seed = 5, .act_block = 4};
  const EvalResult expected = Play(40, options);
  for (const auto& [rows, block] : std::map<int, int>{{8, 4}, {12, 3}, {100, 8}, {1, 1}}) {
    options.act_block = block;
    CHECK(Play(rows, options).returns == expected.returns);
  }
  const int threads = Threads();
  for (const int count : {1, 3, 5}) {
    SetThreads(count);
    CHECK(Play(8, options).returns == expected.returns);
  }
  SetThreads(threads);
  options.seed = 6;
  CHECK(Play(40, options).returns != expected.returns);
}

}  // namespace
}  // namespace rove
