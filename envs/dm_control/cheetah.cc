// cheetah: a planar runner with two legs. dm_control 1.0.7, suite/cheetah.py and cheetah.xml; the sparse form is that of
// MADE (Zhang et al. 2021, their fork of the suite).
#include <algorithm>

#include "envs/dm_control/task.h"

namespace rove::dm_control {
namespace {

std::string Mjcf() {
  return R"(<mujoco model="cheetah">
  <compiler settotalmass="14"/>
  <option timestep="0.01"/>)" +
         SizeElement(32, 136) + R"(
  <default>
    <motor ctrllimited="true" ctrlrange="-1 1"/>
    <default class="limb">
      <joint axis="0 1 0" limited="true" armature="0.1"/>
      <geom type="capsule" condim="3" friction="0.4 0.1 0.1"/>
    </default>
    <default class="root"><joint limited="false" armature="0" damping="0" stiffness="0"/></default>
  </default>
  <worldbody>
    <geom type="plane" pos="98 0 0" size="100 0.8 0.5"/>
    <body name="torso" pos="0 0 0.7" childclass="limb">
      <joint name="rootx" type="slide" axis="1 0 0" class="root"/>
      <joint name="rootz" type="slide" axis="0 0 1" class="root"/>
      <joint name="rooty" type="hinge" axis="0 1 0" class="root"/>
      <geom fromto="-0.5 0 0 0.5 0 0" size="0.046"/>
      <geom pos="0.6 0 0.1" euler="0 50 0" size="0.046 0.15"/>
      <body pos="-0.5 0 0">
        <joint name="bthigh" range="-30 60" stiffness="240" damping="6"/>
        <geom pos="0.1 0 -0.13" euler="0 -218 0" size="0.046 0.145"/>
        <body pos="0.16 0 -0.25">
          <joint name="bshin" range="-50 50" stiffness="180" damping="4.5"/>
          <geom pos="-0.14 0 -0.07" euler="0 -116 0" size="0.046 0.15"/>
          <body pos="-0.28 0 -0.14">
            <joint name="bfoot" range="-230 50" stiffness="120" damping="3"/>
            <geom pos="0.03 0 -0.097" euler="0 -15 0" size="0.046 0.094"/>
          </body>
        </body>
      </body>
      <body pos="0.5 0 0">
        <joint name="fthigh" range="-57 0.40" stiffness="180" damping="4.5"/>
        <geom pos="-0.07 0 -0.12" euler="0 30 0" size="0.046 0.133"/>
        <body pos="-0.14 0 -0.24">
          <joint name="fshin" range="-70 50" stiffness="120" damping="3"/>
          <geom pos="0.065 0 -0.09" euler="0 -34 0" size="0.046 0.106"/>
          <body pos="0.13 0 -0.18">
            <joint name="ffoot" range="-28 28" stiffness="60" damping="1.5"/>
            <geom pos="0.045 0 -0.07" euler="0 -34 0" size="0.046 0.07"/>
          </body>
        </body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor joint="bthigh" gear="120"/>
    <motor joint="bshin" gear="90"/>
    <motor joint="bfoot" gear="60"/>
    <motor joint="fthigh" gear="90"/>
    <motor joint="fshin" gear="60"/>
    <motor joint="ffoot" gear="30"/>
  </actuator>
  <sensor><subtreelinvel name="velocity" body="torso"/></sensor>
</mujoco>)";
}

constexpr double kRunSpeed = 10;  // m/s

class Cheetah final : public Task {
 public:
  // Rewards below `threshold` are paid as 0.
  explicit Cheetah(double threshold)
      : Task({.mjcf = Mjcf(), .observations = {{"position", {8}}, {"velocity", {9}}}, .time_limit_s = 10}),
        threshold_(threshold),
        velocity_(Sensor("velocity")) {}

  void InitializeEpisode(Physics& physics, LegacyRandom& random) const override {
    mjData& d = physics.data();
    for (int joint = 0; joint < model().njnt; ++joint) {
      if (model().jnt_limited[joint])
        d.qpos[joint] = random.Uniform(model().jnt_range[2 * joint], model().jnt_range[2 * joint + 1]);
    }
    physics.Step(200);  // it falls and comes to rest
    d.time = 0;
  }

  void Observe(const Physics& physics, double* out) const override {
    out = Append(out, physics.data().qpos + 1, model().nq - 1);
    Append(out, physics.data().qvel, model().nv);
  }

  double Reward(const Physics& physics) const override {
    const double speed = physics.data().sensordata[velocity_];
    const double reward = Tolerance(speed, {kRunSpeed, kInfinity}, kRunSpeed, Sigmoid::kLinear, 0);
    return reward < threshold_ ? 0 : reward;
  }

 private:
  double threshold_;
  int velocity_;
};

const TaskRegistrar kRun("cheetah-run", "run forward, paid by speed up to 10 m/s", [] { return std::make_unique<Cheetah>(0); });
const TaskRegistrar kSparse("cheetah-run_sparse", "the same, paid only from 2.5 m/s on (MADE)",
                            [] { return std::make_unique<Cheetah>(0.25); });

}  // namespace
}  // namespace rove::dm_control
