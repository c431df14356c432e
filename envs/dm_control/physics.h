// One row's simulation, stepped in the order that makes states equal upstream's bit for bit.
// dm_control.mujoco.engine.Physics 1.0.7 with legacy_step=True.
#pragma once

#include <string>

#include "core/error.h"
#include "envs/dm_control/mujoco_shim.h"

namespace rove {
class Archive;
}

namespace rove::dm_control {

// MuJoCo raised a warning: numbers too large or not finite, or a full buffer.
class PhysicsError : public Error {
 public:
  explicit PhysicsError(const std::string& warnings) : Error(ErrorKind::kSystem, "the simulation is invalid: " + warnings) {}
};

// A compiled model and the same with its actuators off, both constant and shared by all rows and threads. Resets need the second
// one; upstream toggles the bit in the one model it has.
struct Models {
  explicit Models(const std::string& mjcf);
  ModelPtr active, passive;
};

class Physics {
 public:
  // models must outlive this. own_model: this row's task writes to its model, so it gets a copy.
  Physics(const Models& models, bool own_model);

  const mjModel& model() const { return own_ ? *own_ : *models_.active; }
  mjModel& own_model() { return *own_; }  // only with own_model
  const mjData& data() const { return *data_; }
  mjData& data() { return *data_; }

  // The model as compiled: what earlier episodes wrote to it is gone.
  void RestoreModel();
  // The initial state of the model, time 0, warm start cleared; derived quantities computed. Throws nothing: upstream swallows
  // what is invalid here.
  void Reset();
  // Computes all derived quantities of the present state with the actuators off. In MuJoCo before 3.3.6 each call moves the
  // solver's warm start, so their number matters. Throws PhysicsError.
  void Forward();
  // `substeps` physics steps under data().ctrl. Afterwards positions, velocities and what follows from them are those of the new
  // state, forces and accelerations those of the last substep's begin. Throws PhysicsError; the state is then undefined.
  void Step(int substeps);

  // Exact state in mid-episode; derived quantities are recomputed on reading.
  void Serialize(Archive& ar);

 private:
  void ComputeDerived();

  const Models& models_;
  ModelPtr own_;
  DataPtr data_;
};

}  // namespace rove::dm_control
