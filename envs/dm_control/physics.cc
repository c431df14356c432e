#include "envs/dm_control/physics.h"

#include "core/archive.h"

namespace rove::dm_control {
namespace {

void ThrowIfRaised(const WarningCounts& before, const mjData& data) {
  const std::string raised = NewWarnings(before, data);
  if (!raised.empty()) throw PhysicsError(raised);
}

}  // namespace

Models::Models(const std::string& mjcf) : active(LoadModel(mjcf)), passive(CopyModel(*active)) {
  passive->opt.disableflags |= mjDSBL_ACTUATION;
}

Physics::Physics(const Models& models, bool own_model)
    : models_(models), own_(own_model ? CopyModel(*models.active) : nullptr), data_(MakeData(*models.active)) {}

void Physics::RestoreModel() {
  if (own_) mj_copyModel(own_.get(), models_.active.get());
}

void Physics::ComputeDerived() {
  if (!own_) {
    mj_forward(models_.passive.get(), data_.get());
    return;
  }
  own_->opt.disableflags |= mjDSBL_ACTUATION;
  mj_forward(own_.get(), data_.get());
  own_->opt.disableflags &= ~mjDSBL_ACTUATION;
}

void Physics::Reset() {
  mj_resetData(&model(), data_.get());
  ComputeDerived();
}

void Physics::Forward() {
  const WarningCounts before = Warnings(*data_);
  ComputeDerived();
  ThrowIfRaised(before, *data_);
}

void Physics::Step(int substeps) {
  const mjModel* const m = &model();
  mjData* const d = data_.get();
  const WarningCounts before = Warnings(*d);
  if (m->opt.integrator == mjINT_RK4) {  // mj_step2 would integrate by Euler
    mj_step(m, d);
  } else {
    mj_step2(m, d);
  }
  for (int i = 1; i < substeps; ++i) mj_step(m, d);
  mj_step1(m, d);
  ThrowIfRaised(before, *d);
}

void Physics::Serialize(Archive& ar) {
  const mjModel& m = model();
  mjData& d = *data_;
  const auto field = [&ar](const char* name, mjtNum* values, int count) {
    ar.Block(name, values, static_cast<std::size_t>(count) * sizeof(mjtNum));
  };
  field("qpos", d.qpos, m.nq);
  field("qvel", d.qvel, m.nv);
  field("act", d.act, m.na);
  field("ctrl", d.ctrl, m.nu);
  ar("time", d.time);
  // mj_step1 recomputes what follows from position and velocity, but it moves neither the warm start nor the sensors of forces.
  if (ar.reading()) mj_step1(&m, &d);
  field("qacc_warmstart", d.qacc_warmstart, m.nv);
  field("sensordata", d.sensordata, m.nsensordata);
}

}  // namespace rove::dm_control
