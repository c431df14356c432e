// finger: a two-link finger turns a free spinner. dm_control 1.0.7, suite/finger.py and finger.xml (after Tassa et al. 2010).
#include <cmath>
#include <numbers>

#include "envs/dm_control/task.h"

namespace rove::dm_control {
namespace {

std::string Mjcf() {
  return R"(<mujoco model="finger">
  <option timestep="0.01" cone="elliptic" iterations="200"><flag gravity="disable"/></option>)" +
         SizeElement(16, 64) + R"(
  <default>
    <geom solimp="0 0.9 0.01"/>
    <joint axis="0 -1 0"/>
    <motor ctrllimited="true" ctrlrange="-1 1"/>
    <default class="finger"><joint damping="2.5" limited="true"/></default>
  </default>
  <worldbody>
    <geom type="plane" size="0.6 0.2 10"/>
    <body name="proximal" pos="-0.2 0 0.4" childclass="finger">
      <geom type="cylinder" fromto="0 -0.033 0 0 0.033 0" size="0.034"/>
      <joint name="proximal" range="-110 110" ref="-90"/>
      <geom type="capsule" fromto="0 0 0 0 0 -0.17" size="0.03"/>
      <body name="distal" pos="0 0 -0.18">
        <joint name="distal" range="-110 110"/>
        <geom type="capsule" fromto="0 0 0 0 0 -0.16" size="0.028" contype="0" conaffinity="0"/>
        <geom type="capsule" fromto="0 0 -0.13 0 0 -0.161" size="0.03"/>
        <site name="touchtop" type="ellipsoid" pos="0.01 0 -0.17" size="0.025 0.03 0.025"/>
        <site name="touchbottom" type="ellipsoid" pos="-0.01 0 -0.17" size="0.025 0.03 0.025"/>
      </body>
    </body>
    <body name="spinner" pos="0.2 0 0.4">
      <joint name="hinge" frictionloss="0.1" damping="0.5"/>
      <geom name="cap1" type="capsule" pos="0.02 0 0" size="0.04 0.09"/>
      <geom type="capsule" pos="-0.02 0 0" size="0.04 0.09"/>
      <site name="tip" pos="0 0 0.13" size="0.02"/>
      <geom type="cylinder" fromto="0 -0.045 0 0 0.045 0" size="0.02"/>
    </body>
    <site name="target" pos="0 0 0.4" size="0.03"/>
  </worldbody>
  <actuator><motor joint="proximal" gear="30"/><motor joint="distal" gear="15"/></actuator>
  <sensor>
    <jointpos name="proximal" joint="proximal"/>
    <jointpos name="distal" joint="distal"/>
    <jointvel name="proximal_velocity" joint="proximal"/>
    <jointvel name="distal_velocity" joint="distal"/>
    <jointvel name="hinge_velocity" joint="hinge"/>
    <framepos name="tip" objtype="site" objname="tip"/>
    <framepos name="target" objtype="site" objname="target"/>
    <framepos name="spinner" objtype="xbody" objname="spinner"/>
    <touch name="touchtop" site="touchtop"/>
    <touch name="touchbottom" site="touchbottom"/>
    <framepos name="touchtop_pos" objtype="site" objname="touchtop"/>
    <framepos name="touchbottom_pos" objtype="site" objname="touchbottom"/>
  </sensor>
</mujoco>)";
}

constexpr double kSpinVelocity = 15;   // rad/s, of the hinge
constexpr double kSpinDamping = 0.03;  // of the hinge, while spinning is the task
constexpr int kMaxTries = 1000;

std::vector<Observation> Keys(bool turn) {
  std::vector<Observation> keys = {{"position", {4}}, {"velocity", {3}}, {"touch", {2}}};
  if (turn) {
    keys.push_back({"target_position", {2}});
    keys.push_back({"dist_to_target", {}});
  }
  return keys;
}

class Finger final : public Task {
 public:
  // target_radius 0: spin.
  explicit Finger(double target_radius)
      : Task({.mjcf = Mjcf(), .observations = Keys(target_radius > 0), .substeps = 2, .owns_model = true}),
        target_radius_(target_radius),
        hinge_(Id(mjOBJ_JOINT, "hinge")),
        cap_(Id(mjOBJ_GEOM, "cap1")),
        target_(Id(mjOBJ_SITE, "target")),
        joints_(Sensor("proximal")),
        velocities_(Sensor("proximal_velocity")),
        hinge_velocity_(Sensor("hinge_velocity")),
        tip_at_(Sensor("tip")),
        target_at_(Sensor("target")),
        spinner_at_(Sensor("spinner")),
        touch_(Sensor("touchtop")) {}

  void InitializeEpisode(Physics& physics, LegacyRandom& random) const override {
    mjModel& m = physics.own_model();
    if (target_radius_ == 0) {
      m.dof_damping[m.jnt_dofadr[hinge_]] = kSpinDamping;
    } else {
      const double angle = random.Uniform(-std::numbers::pi, std::numbers::pi);
      const mjtNum* const anchor = physics.data().xanchor + 3 * hinge_;
      const mjtNum* const cap = m.geom_size + 3 * cap_;
      const double radius = cap[0] + cap[1] + cap[2];
      m.site_pos[3 * target_] = anchor[0] + radius * std::sin(angle);
      m.site_pos[3 * target_ + 2] = anchor[2] + radius * std::cos(angle);
      m.site_size[3 * target_] = target_radius_;
    }
    for (int i = 0; i < kMaxTries; ++i) {
      RandomizeJoints(physics, random);
      physics.Forward();
      if (physics.data().ncon == 0) return;
    }
    throw SystemError("dm_control/finger: no pose without contact in 1000 draws");
  }

  std::vector<std::span<mjtNum>> ModelFields(mjModel& m) const override {
    return {{m.site_pos + 3 * target_, 3}, {m.site_size + 3 * target_, 1}, {m.dof_damping + m.jnt_dofadr[hinge_], 1}};
  }

  void Observe(const Physics& physics, double* out) const override {
    const mjtNum* const s = physics.data().sensordata;
    double tip[2], target[2];
    FromSpinner(s, tip_at_, tip);
    FromSpinner(s, target_at_, target);
    out = Append(out, s + joints_, 2);
    out = Append(out, tip, 2);
    out = Append(out, s + velocities_, 3);
    for (int i = 0; i < 2; ++i) *out++ = std::log1p(s[touch_ + i]);
    if (target_radius_ == 0) return;
    out = Append(out, target, 2);
    *out = ToTarget(physics, tip, target);
  }

  double Reward(const Physics& physics) const override {
    const mjtNum* const s = physics.data().sensordata;
    if (target_radius_ == 0) return s[hinge_velocity_] <= -kSpinVelocity ? 1 : 0;
    double tip[2], target[2];
    FromSpinner(s, tip_at_, tip);
    FromSpinner(s, target_at_, target);
    return ToTarget(physics, tip, target) <= 0 ? 1 : 0;
  }

 private:
  // x and z of a sensed position, seen from the spinner.
  void FromSpinner(const mjtNum* s, int sensor, double out[2]) const {
    out[0] = s[sensor] - s[spinner_at_];
    out[1] = s[sensor + 2] - s[spinner_at_ + 2];
  }
  // From the tip to the target's edge; negative inside.
  double ToTarget(const Physics& physics, const double tip[2], const double target[2]) const {
    return Distance(target, tip, 2) - physics.model().site_size[3 * target_];
  }

  double target_radius_;
  int hinge_, cap_, target_, joints_, velocities_, hinge_velocity_, tip_at_, target_at_, spinner_at_, touch_;
};

TaskRegistrar Register(const std::string& id, const std::string& doc, double target_radius) {
  return {id, doc, [=] { return std::make_unique<Finger>(target_radius); }};
}
const TaskRegistrar kTasks[] = {Register("finger-spin", "spin a free body with a finger, paid from 15 rad/s on", 0),
                                Register("finger-turn_easy", "turn the body's tip to a target of 7 cm", 0.07),
                                Register("finger-turn_hard", "turn the body's tip to a target of 3 cm", 0.03)};

}  // namespace
}  // namespace rove::dm_control
