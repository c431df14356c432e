// walker: a planar biped. dm_control 1.0.7, suite/walker.py and walker.xml; the sparse forms are those of MADE (Zhang et al.
// 2021, their fork of the suite).
#include <fmt/format.h>

#include "envs/dm_control/task.h"

namespace rove::dm_control {
namespace {

std::string Leg(const char* side, const char* y) {
  return fmt::format(R"(<body name="{0}_thigh" pos="0 {1} -0.3">
        <joint name="{0}_hip" range="-20 100"/>
        <geom pos="0 0 -0.225" size="0.05 0.225"/>
        <body name="{0}_leg" pos="0 0 -0.7">
          <joint name="{0}_knee" pos="0 0 0.25" range="-150 0"/>
          <geom size="0.04 0.25"/>
          <body name="{0}_foot" pos="0.06 0 -0.25">
            <joint name="{0}_ankle" pos="-0.06 0 0" range="-45 45"/>
            <geom zaxis="1 0 0" size="0.05 0.1"/>
          </body>
        </body>
      </body>)",
                     side, y);
}

std::string Motors(const char* side) {
  return fmt::format(
      R"(<motor joint="{0}_hip" gear="100"/><motor joint="{0}_knee" gear="50"/><motor joint="{0}_ankle" gear="20"/>)", side);
}

std::string Mjcf() {
  return R"(<mujoco model="walker">
  <option timestep="0.0025"/>)" +
         SizeElement(16, 72) + R"(
  <default>
    <motor ctrllimited="true" ctrlrange="-1 1"/>
    <joint axis="0 -1 0" limited="true" damping="0.1" armature="0.01" solimplimit="0 0.99 0.01"/>
    <geom type="capsule" contype="1" conaffinity="0" friction="0.7 0.1 0.1"/>
    <default class="root"><joint limited="false" armature="0" damping="0"/></default>
  </default>
  <worldbody>
    <geom type="plane" conaffinity="1" pos="248 0 0" size="250 0.8 0.2" zaxis="0 0 1"/>
    <body name="torso" pos="0 0 1.3">
      <joint name="rootz" type="slide" axis="0 0 1" class="root"/>
      <joint name="rootx" type="slide" axis="1 0 0" class="root"/>
      <joint name="rooty" axis="0 1 0" class="root"/>
      <geom size="0.07 0.3"/>
      )" +
         Leg("right", "-0.05") + Leg("left", "0.05") + R"(
    </body>
  </worldbody>
  <actuator>)" +
         Motors("right") + Motors("left") + R"(</actuator>
  <sensor><subtreelinvel name="velocity" body="torso"/></sensor>
</mujoco>)";
}

constexpr double kStandHeight = 1.2;  // m, of the torso
constexpr double kWalkSpeed = 1, kRunSpeed = 8;

class Walker final : public Task {
 public:
  // speed 0: stand. Rewards below `threshold` are paid as 0.
  explicit Walker(double speed, double threshold)
      : Task({.mjcf = Mjcf(),
              .observations = {{"orientations", {14}}, {"height", {}}, {"velocity", {9}}},
              .time_limit_s = 25,
              .substeps = 10}),
        speed_(speed),
        threshold_(threshold),
        torso_(Id(mjOBJ_BODY, "torso")),
        velocity_(Sensor("velocity")) {}

  void InitializeEpisode(Physics& physics, LegacyRandom& random) const override { RandomizeJoints(physics, random); }

  void Observe(const Physics& physics, double* out) const override {
    for (int body = 1; body < model().nbody; ++body) {
      *out++ = Xmat(physics, body, kXx);
      *out++ = Xmat(physics, body, kXz);
    }
    *out++ = Height(physics);
    Append(out, physics.data().qvel, model().nv);
  }

  double Reward(const Physics& physics) const override {
    const double standing = Tolerance(Height(physics), {kStandHeight, kInfinity}, kStandHeight / 2);
    const double upright = (1 + Xmat(physics, torso_, kZz)) / 2;
    const double stand = (3 * standing + upright) / 4;
    if (speed_ == 0) return stand;
    const double moving = Tolerance(physics.data().sensordata[velocity_], {speed_, kInfinity}, speed_ / 2, Sigmoid::kLinear, 0.5);
    const double reward = stand * (5 * moving + 1) / 6;
    return reward < threshold_ ? 0 : reward;
  }

 private:
  double Height(const Physics& physics) const { return physics.data().xpos[3 * torso_ + 2]; }

  double speed_, threshold_;
  int torso_, velocity_;
};

TaskRegistrar Register(const std::string& id, const std::string& doc, double speed, double threshold = 0) {
  return {id, doc, [=] { return std::make_unique<Walker>(speed, threshold); }};
}
const TaskRegistrar kTasks[] = {
    Register("walker-stand", "stand upright", 0), Register("walker-walk", "walk at 1 m/s", kWalkSpeed),
    Register("walker-run", "run at 8 m/s", kRunSpeed),
    Register("walker-walk_sparse", "walk, paid only where the dense reward is 0.7 or more (MADE)", kWalkSpeed, 0.7),
    Register("walker-run_sparse", "run, paid only where the dense reward is 0.25 or more (MADE)", kRunSpeed, 0.25)};

}  // namespace
}  // namespace rove::dm_control
