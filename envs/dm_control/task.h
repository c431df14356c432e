// A task of the DeepMind Control Suite: a model, how an episode begins, what is observed, what is paid. A newcomer adds one with
// one .cc: a class derived from Task and a TaskRegistrar. Figures and orders are dm_control 1.0.7's (suite/*.py, suite/*.xml).
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/legacy_random.h"
#include "envs/dm_control/physics.h"
#include "envs/dm_control/tolerance.h"
#include "envs/registry.h"

namespace rove::dm_control {

// One entry of upstream's ordered dictionary of observations; always float64.
struct Observation {
  std::string name;
  Shape shape;
};

struct TaskInfo {
  std::string mjcf;
  std::vector<Observation> observations;
  double time_limit_s = 20;
  int substeps = 1;         // physics steps in one control step
  bool owns_model = false;  // it writes to the model, so each row needs its own
};

// Immutable after construction and shared by all rows: the state of an episode is in Physics and LegacyRandom.
class Task {
 public:
  explicit Task(TaskInfo info) : info_(std::move(info)), models_(info_.mjcf) {}
  virtual ~Task() = default;
  const TaskInfo& info() const { return info_; }
  const Models& models() const { return models_; }

  // After Physics::Reset: draws the initial state, in upstream's order.
  virtual void InitializeEpisode(Physics& physics, LegacyRandom& random) const = 0;
  // All observations in the order of info(), one behind the other.
  virtual void Observe(const Physics& physics, double* out) const = 0;
  // Of the step that led to this state. data().ctrl holds the action as it was given, not clipped.
  virtual double Reward(const Physics& physics) const = 0;
  // What InitializeEpisode writes in the model, for snapshots. owns_model only.
  virtual std::vector<std::span<mjtNum>> ModelFields(mjModel&) const { return {}; }

 protected:
  const mjModel& model() const { return *models_.active; }
  int Id(mjtObj kind, const char* name) const;  // of an object that the model has
  int Sensor(const char* name) const { return model().sensor_adr[Id(mjOBJ_SENSOR, name)]; }

 private:
  TaskInfo info_;
  Models models_;
};

struct TaskRegistrar {
  // id: "cheetah-run", registered as dm_control/cheetah-run
  TaskRegistrar(const std::string& id, const std::string& doc, std::function<std::unique_ptr<Task>()> make);
};

// dm_control.suite.utils.randomizers.randomize_limited_and_rotational_joints for slides and hinges, in joint order: a limited
// one uniform in its range, an unlimited hinge in [-pi, pi), an unlimited slide stays.
void RandomizeJoints(Physics& physics, LegacyRandom& random);

// Element of a body's rotation matrix, row-major [3, 3]: upstream's 'xx' is 0, 'xz' 2, 'zz' 8.
enum MatrixElement { kXx = 0, kXz = 2, kZz = 8 };
inline double Xmat(const Physics& physics, int body, MatrixElement element) { return physics.data().xmat[9 * body + element]; }

inline double* Append(double* out, const mjtNum* values, int count) { return std::copy_n(values, count, out); }

// |a - b| of `size` coordinates, 2 or 3, summed as numpy's dot does on the recording machine: (0 + 2) + 1.
double Distance(const mjtNum* a, const mjtNum* b, int size);

// mean over the actuators of tolerance(u, margin=1, value_at_margin=0, sigmoid='quadratic')
double SmallControl(const Physics& physics);

}  // namespace rove::dm_control
