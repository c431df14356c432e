// acrobot: two links, a motor at the elbow only. dm_control 1.0.7, suite/acrobot.py and acrobot.xml (after Coulom 2002).
#include <numbers>

#include "envs/dm_control/task.h"

namespace rove::dm_control {
namespace {

std::string Mjcf() {
  return R"(<mujoco model="acrobot">
  <option timestep="0.01" integrator="RK4"><flag constraint="disable" energy="enable"/></option>)" +
         SizeElement(4, 8) + R"(
  <default><joint damping="0.05"/><geom type="capsule" mass="1"/></default>
  <worldbody>
    <geom type="plane" size="3 3 0.2"/>
    <site name="target" pos="0 0 4" size="0.2"/>
    <body name="upper_arm" pos="0 0 2">
      <joint name="shoulder" axis="0 1 0"/>
      <geom type="cylinder" fromto="0 -0.06 0 0 0.06 0" size="0.051" mass="0"/>
      <geom fromto="0 0 0 0 0 1" size="0.05"/>
      <body name="lower_arm" pos="0 0 1">
        <joint name="elbow" axis="0 1 0"/>
        <geom fromto="0 0 0 0 0 1" size="0.049"/>
        <site name="tip" pos="0 0 1" size="0.01"/>
      </body>
    </body>
  </worldbody>
  <actuator><motor joint="elbow" gear="2" ctrllimited="true" ctrlrange="-1 1"/></actuator>
</mujoco>)";
}

class Acrobot final : public Task {
 public:
  explicit Acrobot(bool sparse)
      : Task({.mjcf = Mjcf(), .observations = {{"orientations", {4}}, {"velocity", {2}}}, .time_limit_s = 10}),
        margin_(sparse ? 0 : 1),
        upper_arm_(Id(mjOBJ_BODY, "upper_arm")),
        lower_arm_(Id(mjOBJ_BODY, "lower_arm")),
        target_(Id(mjOBJ_SITE, "target")),
        tip_(Id(mjOBJ_SITE, "tip")) {}

  void InitializeEpisode(Physics& physics, LegacyRandom& random) const override {
    for (int i = 0; i < 2; ++i) physics.data().qpos[i] = random.Uniform(-std::numbers::pi, std::numbers::pi);
  }

  void Observe(const Physics& physics, double* out) const override {
    for (const MatrixElement element : {kXz, kZz}) {
      for (const int arm : {upper_arm_, lower_arm_}) *out++ = Xmat(physics, arm, element);
    }
    Append(out, physics.data().qvel, 2);
  }

  double Reward(const Physics& physics) const override {
    const mjtNum* const sites = physics.data().site_xpos;
    const double radius = model().site_size[3 * target_];
    return Tolerance(Distance(sites + 3 * target_, sites + 3 * tip_, 3), {0, radius}, margin_);
  }

 private:
  double margin_;
  int upper_arm_, lower_arm_, target_, tip_;
};

const TaskRegistrar kDense("acrobot-swingup", "raise the tip of a double pendulum to a target, motor at the elbow",
                           [] { return std::make_unique<Acrobot>(false); });
const TaskRegistrar kSparse("acrobot-swingup_sparse", "the same, paid only within the target",
                            [] { return std::make_unique<Acrobot>(true); });

}  // namespace
}  // namespace rove::dm_control
