#include "envs/dm_control/dm_control_env.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/archive.h"
#include "envs/mujoco_version.h"

namespace rove::dm_control {
namespace {

constexpr int kMaxValues = 64;  // of the largest task's observations

EnvSpec MakeSpec(const TaskInfo& info, const mjModel& model, const Options& options) {
  EnvSpec spec;
  std::int64_t total = 0;
  for (const Observation& o : info.observations) {
    spec.obs.push_back({o.name, options.observation, o.shape, {}, {}, Role::kPolicy});
    total += o.shape.count();
  }
  ROVE_CHECK_LE(total, kMaxValues);
  if (options.flat_observation) spec.obs = {{"observations", options.observation, {total}, {}, {}, Role::kPolicy}};
  spec.action = {"action", options.action, {model.nu}, {}, {}, Role::kPolicy};
  for (int i = 0; i < model.nu; ++i) {
    ROVE_CHECK(model.actuator_ctrllimited[i]);
    spec.action.low.push_back(model.actuator_ctrlrange[2 * i]);
    spec.action.high.push_back(model.actuator_ctrlrange[2 * i + 1]);
  }
  return spec;
}

template <class T>
const double* Spread(const double* from, const TensorView& column, std::size_t row) {
  const auto count = column.row_bytes() / sizeof(T);
  T* const to = static_cast<T*>(column.data) + row * count;
  std::transform(from, from + count, to, [](double x) { return static_cast<T>(x); });
  return from + count;
}

}  // namespace

Options ReadOptions(const Config& config, const TaskInfo& task) {
  Options options;
  options.time_limit_s = task.time_limit_s;
  int observation = 1, action = 0;
  constexpr std::string_view kFloats[] = {"f32", "f64"};
  config.Get("time_limit", &options.time_limit_s, AtLeast(0));
  config.Get("action_repeat", &options.action_repeat, InRange(1, 1000));
  config.Get("flat_observation", &options.flat_observation);
  config.Choice("observation_type", &observation, kFloats);
  config.Choice("action_type", &action, kFloats);
  config.GetEnum("on_physics_error", &options.on_physics_error, {"terminate", "raise"});
  options.observation = observation == 0 ? DType::kF32 : DType::kF64;
  options.action = action == 0 ? DType::kF32 : DType::kF64;
  return options;
}

DmControl::DmControl(std::unique_ptr<Task> task, const Options& options, int n)
    : task_(std::move(task)), options_(options), spec_(MakeSpec(task_->info(), *task_->models().active, options)) {
  ROVE_CHECK_GT(n, 0);
  const TaskInfo& info = task_->info();
  const double control_step_s = task_->models().active->opt.timestep * info.substeps;
  if (options.time_limit_s > 0) {
    constexpr double kLongest = 1 << 30;
    step_limit_ = static_cast<std::int32_t>(std::clamp(std::ceil(options.time_limit_s / control_step_s), 1.0, kLongest));
    spec_.max_steps = (step_limit_ + options.action_repeat - 1) / options.action_repeat;
  }
  for (const Observation& o : info.observations) num_values_ += static_cast<int>(o.shape.count());
  rows_.reserve(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) rows_.push_back({Physics(task_->models(), info.owns_model), {}});
}

void DmControl::Begin(Row& row) const {
  row.steps = 0;
  row.last = 0;
  row.physics.Reset();
  task_->InitializeEpisode(row.physics, row.random);
  row.physics.Forward();
}

DmControl::Outcome DmControl::Advance(Row& row, std::size_t index) const {
  Outcome outcome;
  try {
    for (int k = 0; k < options_.action_repeat && outcome.end == 0; ++k) {
      row.physics.Step(task_->info().substeps);
      outcome.reward += task_->Reward(row.physics);
      if (++row.steps == step_limit_) outcome.end = kTruncated;
    }
  } catch (const PhysicsError& error) {
    if (options_.on_physics_error == OnPhysicsError::kRaise)
      throw SystemError(
          fmt::format("environment {}: {}; on_physics_error: terminate ends the episode instead", index, error.what()));
    row.physics.Reset();
    const bool at_limit = ++row.steps == step_limit_;
    outcome = {0, static_cast<std::uint8_t>(kTerminated | (at_limit ? kTruncated : 0))};
  }
  row.last = outcome.end != 0;
  return outcome;
}

void DmControl::SetControl(Row& row, std::size_t index, ConstTensorView action) const {
  const int count = row.physics.model().nu;
  mjtNum* const ctrl = row.physics.data().ctrl;
  const std::size_t first = index * static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const double value = action.dtype == DType::kF32 ? static_cast<double>(static_cast<const float*>(action.data)[first + i])
                                                     : static_cast<const double*>(action.data)[first + i];
    if (!std::isfinite(value)) throw SystemError(fmt::format("environment {}: action[{}] is {}", index, i, value));
    ctrl[i] = value;
  }
}

void DmControl::Write(std::size_t index, const Outcome& outcome, StepType type, const StepColumns& out) const {
  double values[kMaxValues];
  task_->Observe(rows_[index].physics, values);
  const double* from = values;
  for (const TensorView& column : out.obs) {
    from = options_.observation == DType::kF32 ? Spread<float>(from, column, index) : Spread<double>(from, column, index);
  }
  out.reward[index] = outcome.reward;
  out.discount[index] = (outcome.end & kTerminated) != 0 ? 0.0f : 1.0f;
  out.end[index] = outcome.end;
  out.step_type[index] = type;
}

void DmControl::Reset(std::span<const int> rows, std::span<const std::optional<Seed>> seeds, const StepColumns& out) {
  ROVE_CHECK_EQ(rows.size(), seeds.size());
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const auto index = static_cast<std::size_t>(rows[k]);
    Row& row = rows_[index];
    if (seeds[k]) {
      row.random.Reseed(*seeds[k]);
      row.physics.RestoreModel();
    }
    Begin(row);
    Write(index, {}, StepType::kFirst, out);
  }
}

void DmControl::Step(ConstTensorView action, int begin, int end, const StepColumns& out) {
  ROVE_CHECK(action.dtype == options_.action);
  for (auto index = static_cast<std::size_t>(begin); index < static_cast<std::size_t>(end); ++index) {
    Row& row = rows_[index];
    if (row.last) {
      Begin(row);
      Write(index, {}, StepType::kFirst, out);
      continue;
    }
    SetControl(row, index, action);
    const Outcome outcome = Advance(row, index);
    Write(index, outcome, outcome.end != 0 ? StepType::kLast : StepType::kMid, out);
  }
}

void DmControl::Serialize(Archive& ar) {
  ar.Section("dm_control", 1, [&](int) {
    std::int32_t count = size();
    ar("rows", count);
    if (count != size()) throw SystemError(fmt::format("dm_control: {} rows are stored, {} are here", count, size()));
    for (int row = 0; row < size(); ++row) SerializeRow(ar, row);
  });
}

void DmControl::SerializeRow(Archive& ar, int index) {
  Row& row = rows_[static_cast<std::size_t>(index)];
  ar("random", row.random);
  ar("steps", row.steps);
  ar("last", row.last);
  if (step_limit_ > 0 && row.steps >= step_limit_ + static_cast<int>(row.last))
    throw SystemError(fmt::format("dm_control: a row at step {} does not fit a limit of {}", row.steps, step_limit_));
  if (task_->info().owns_model) {
    for (const std::span<mjtNum> field : task_->ModelFields(row.physics.own_model()))
      ar.Block("model", field.data(), field.size_bytes());
  }
  ar("physics", row.physics);
}

PhysicsState DmControl::InspectPhysics(int row) const {
  const Physics& physics = rows_[static_cast<std::size_t>(row)].physics;
  const mjModel& m = physics.model();
  const mjData& d = physics.data();
  return {{d.qpos, d.qpos + m.nq}, {d.qvel, d.qvel + m.nv}, task_->info().substeps};
}

}  // namespace rove::dm_control
