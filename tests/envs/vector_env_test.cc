// MakeVectorEnv: n scalar environments and autoreset, nothing else.
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/envs/env_batch.h"

namespace rove {
namespace {

// Ends after `length` steps and writes down every call it gets.
class Recorder final : public Env {
 public:
  Recorder(int length, std::ostringstream* calls) : length_(length), calls_(calls) {
    spec_.obs = {{"step", DType::kI32, {}, {0}, {100}, Role::kPolicy}};
    spec_.action = {"action", DType::kI32, {2}, {0}, {9}, Role::kPolicy};
  }
  const EnvSpec& spec() const override { return spec_; }

  void Reset(std::optional<Seed> seed, const StepColumns& out, int row) override {
    *calls_ << "reset " << row << " " << (seed ? std::to_string(*seed) : "on") << "; ";
    step_ = 0;
    Write(out, row, StepType::kFirst);
  }
  void Step(ConstTensorView action, const StepColumns& out, int row) override {
    const auto values = action.As<std::int32_t>();
    *calls_ << "step " << row << " " << ToString(action.shape) << " " << values[0] << values[1] << "; ";
    ++step_;
    Write(out, row, step_ == length_ ? StepType::kLast : StepType::kMid);
  }
  void Serialize(Archive& ar) override { ar("step", step_); }

 private:
  void Write(const StepColumns& out, int row, StepType type) const {
    const auto r = static_cast<std::size_t>(row);
    out.obs[0].As<std::int32_t>()[r] = step_;
    out.reward[r] = 0;
    out.discount[r] = type == StepType::kLast ? 0.0f : 1.0f;
    out.end[r] = type == StepType::kLast ? kTerminated : 0;
    out.step_type[r] = type;
  }

  int length_;
  std::ostringstream* calls_;
  EnvSpec spec_;
  std::int32_t step_ = 0;
};

// Row i ends after i + 1 steps; at time t row i is given the action (i, t).
class Fixture {
  std::ostringstream calls_;
  int made_ = 0, time_ = 0;

 public:
  EnvBatch batch;
  explicit Fixture(int n) : batch(MakeVectorEnv(n, [this] { return std::make_unique<Recorder>(++made_, &calls_); })) {}

  void Step(int begin, int end) {
    for (int row = 0; row < batch.n(); ++row) {
      const auto action = batch.action().As<std::int32_t>().subspan(static_cast<std::size_t>(2 * row), 2);
      action[0] = row;
      action[1] = time_;
    }
    ++time_;
    batch.Step(begin, end);
  }
  std::string Calls() {  // since the last call of this
    std::string text = calls_.str();
    calls_.str("");
    return text;
  }
};

TEST_CASE("row i is the i-th environment made, gets its own seed and its own action", "[envs][unit]") {
  Fixture f(3);
  CHECK(f.batch.n() == 3);
  f.batch.Reset(70);
  CHECK(f.Calls() == "reset 0 70; reset 1 71; reset 2 72; ");
  f.Step(0, 3);
  CHECK(f.Calls() == "step 0 [2] 00; step 1 [2] 10; step 2 [2] 20; ");
  CHECK(f.batch.step_type(0) == StepType::kLast);
  CHECK(f.batch.step_type(1) == StepType::kMid);
}

TEST_CASE("after kLast the next step resets without a seed and hands no action on", "[envs][unit]") {
  Fixture f(2);
  f.batch.Reset(1);
  f.Step(0, 2);
  f.Calls();
  f.Step(0, 2);
  CHECK(f.Calls() == "reset 0 on; step 1 [2] 11; ");
  CHECK(f.batch.step_type(0) == StepType::kFirst);
  CHECK(f.batch.step_type(1) == StepType::kLast);
  f.Step(0, 2);
  CHECK(f.Calls() == "step 0 [2] 02; reset 1 on; ");
}

TEST_CASE("Reset reaches the given rows in the given order, and an ended row starts over", "[envs][unit]") {
  Fixture f(3);
  f.batch.Reset(1);
  f.Step(0, 1);  // row 0 has ended
  f.Calls();
  const std::array<int, 2> rows = {2, 0};
  const std::array<std::optional<Seed>, 2> seeds = {std::nullopt, 5};
  f.batch.env().Reset(rows, seeds, f.batch.columns());
  f.Step(0, 3);
  CHECK(f.Calls() == "reset 2 on; reset 0 5; step 0 [2] 01; step 1 [2] 11; step 2 [2] 21; ");
}

TEST_CASE("Step stays within its range of rows", "[envs][unit]") {
  Fixture f(3);
  f.batch.Reset(1);
  f.Calls();
  f.Step(1, 2);
  f.Step(1, 1);
  CHECK(f.Calls() == "step 1 [2] 10; ");
}

TEST_CASE("a restored batch knows which rows have ended", "[envs][unit]") {
  Fixture f(2), copy(2);
  f.batch.Reset(1);
  f.Step(0, 2);  // row 0 has ended
  copy.batch.Load(f.batch.Save());
  copy.Step(0, 2);
  CHECK(copy.Calls() == "reset 0 on; step 1 [2] 10; ");
  CHECK(copy.batch.obs<std::int32_t>("step")[1] == 2);
}

}  // namespace
}  // namespace rove
