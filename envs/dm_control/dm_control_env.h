// The batch engine of the DeepMind Control Suite's tasks: n simulations of one task, stepped in place into the caller's columns.
// dm_control.rl.control.Environment 1.0.7. The suite's tasks have no end but their time limit, which truncates.
#pragma once

#include <memory>
#include <vector>

#include "envs/dm_control/task.h"
#include "envs/inspectable.h"
#include "envs/snapshots.h"

namespace rove::dm_control {

enum class OnPhysicsError { kTerminate, kRaise };

struct Options {
  double time_limit_s = 0;          // of one episode, simulated; 0: none
  int action_repeat = 1;            // control steps in one step: rewards are summed, and an episode's end stops it
  bool flat_observation = false;    // one column `observations`, all keys in order, instead of a column a key
  DType observation = DType::kF64;  // or f32, half the memory in a replay
  DType action = DType::kF32;       // what agents write; f64 takes recorded actions as they are
  // terminate: the episode ends with discount 0 and reward 0, showing the model's initial state. raise: Error(kSystem).
  OnPhysicsError on_physics_error = OnPhysicsError::kTerminate;
};
Options ReadOptions(const Config& config, const TaskInfo& task);  // default time limit: the task's own

class DmControl final : public VectorEnv, public RowSnapshots, public PhysicsInspectable {
 public:
  DmControl(std::unique_ptr<Task> task, const Options& options, int n);
  const EnvSpec& spec() const override { return spec_; }
  int size() const override { return static_cast<int>(rows_.size()); }
  // Seeds are RandomState's, see LegacyRandom::Reseed. A seeded row is as one just made, its model included.
  void Reset(std::span<const int> rows, std::span<const std::optional<Seed>> seeds, const StepColumns& out) override;
  void Step(ConstTensorView action, int begin, int end, const StepColumns& out) override;
  void Serialize(Archive& ar) override;
  void SerializeRow(Archive& ar, int row) override;
  PhysicsState InspectPhysics(int row) const override;
  const Task& task() const { return *task_; }
  Physics& physics(int row) { return rows_[static_cast<std::size_t>(row)].physics; }

 private:
  struct Row {
    Physics physics;
    LegacyRandom random;
    std::int32_t steps = 0;  // control steps of this episode
    std::uint8_t last = 0;   // the last step was kLast
  };
  struct Outcome {
    double reward = 0;
    std::uint8_t end = 0;
  };
  void Begin(Row& row) const;
  Outcome Advance(Row& row, std::size_t index) const;
  void SetControl(Row& row, std::size_t index, ConstTensorView action) const;
  void Write(std::size_t index, const Outcome& outcome, StepType type, const StepColumns& out) const;

  std::unique_ptr<Task> task_;
  Options options_;
  EnvSpec spec_;
  std::int32_t step_limit_ = 0;  // control steps; 0 = none
  int num_values_ = 0;           // observed numbers
  std::vector<Row> rows_;
};

}  // namespace rove::dm_control
