// reacher: bring the finger of a two-link arm to a target. dm_control 1.0.7, suite/reacher.py and reacher.xml.
#include <cmath>
#include <numbers>

#include "envs/dm_control/planar_arena.h"
#include "envs/dm_control/task.h"

namespace rove::dm_control {
namespace {

std::string Mjcf() {
  return R"(<mujoco model="reacher">
  <option timestep="0.02"><flag contact="disable"/></option>)" +
         SizeElement(4, 16) + R"(
  <default><joint axis="0 0 1" damping="0.01"/><motor gear="0.05" ctrllimited="true" ctrlrange="-1 1"/></default>
  <worldbody>
    )" + PlanarArena("10") +
         R"(<geom type="cylinder" fromto="0 0 0 0 0 0.02" size="0.011"/>
    <geom name="target" type="sphere" pos="0 0 0.01" size="0.05"/>
    <body name="arm" pos="0 0 0.01">
      <geom type="capsule" fromto="0 0 0 0.12 0 0" size="0.01"/>
      <joint name="shoulder"/>
      <body name="hand" pos="0.12 0 0">
        <geom type="capsule" fromto="0 0 0 0.1 0 0" size="0.01"/>
        <joint name="wrist" limited="true" range="-160 160"/>
        <body name="finger" pos="0.12 0 0"><geom name="finger" type="sphere" size="0.01"/></body>
      </body>
    </body>
  </worldbody>
  <actuator><motor joint="shoulder"/><motor joint="wrist"/></actuator>
</mujoco>)";
}

class Reacher final : public Task {
 public:
  explicit Reacher(double target_radius)
      : Task({.mjcf = Mjcf(), .observations = {{"position", {2}}, {"to_target", {2}}, {"velocity", {2}}}, .owns_model = true}),
        target_radius_(target_radius),
        target_(Id(mjOBJ_GEOM, "target")),
        finger_(Id(mjOBJ_GEOM, "finger")) {}

  void InitializeEpisode(Physics& physics, LegacyRandom& random) const override {
    mjModel& m = physics.own_model();
    m.geom_size[3 * target_] = target_radius_;
    RandomizeJoints(physics, random);
    const double angle = random.Uniform(0, 2 * std::numbers::pi), radius = random.Uniform(0.05, 0.20);
    m.geom_pos[3 * target_] = radius * std::sin(angle);
    m.geom_pos[3 * target_ + 1] = radius * std::cos(angle);
  }

  std::vector<std::span<mjtNum>> ModelFields(mjModel& m) const override {
    return {{m.geom_pos + 3 * target_, 2}, {m.geom_size + 3 * target_, 1}};
  }

  void Observe(const Physics& physics, double* out) const override {
    out = Append(out, physics.data().qpos, 2);
    for (int axis = 0; axis < 2; ++axis) *out++ = Target(physics)[axis] - Finger(physics)[axis];
    Append(out, physics.data().qvel, 2);
  }

  double Reward(const Physics& physics) const override {
    const double radii = physics.model().geom_size[3 * target_] + physics.model().geom_size[3 * finger_];
    return Tolerance(Distance(Target(physics), Finger(physics), 2), {0, radii});
  }

 private:
  const mjtNum* Target(const Physics& physics) const { return physics.data().geom_xpos + 3 * target_; }
  const mjtNum* Finger(const Physics& physics) const { return physics.data().geom_xpos + 3 * finger_; }

  double target_radius_;
  int target_, finger_;
};

const TaskRegistrar kEasy("reacher-easy", "touch a target of 5 cm with a two-link arm",
                          [] { return std::make_unique<Reacher>(0.05); });
const TaskRegistrar kHard("reacher-hard", "touch a target of 1.5 cm with a two-link arm",
                          [] { return std::make_unique<Reacher>(0.015); });

}  // namespace
}  // namespace rove::dm_control
