// ball_in_cup: throw a ball on a string into the cup it hangs from. dm_control 1.0.7, suite/ball_in_cup.py and ball_in_cup.xml.
#include <cmath>

#include "envs/dm_control/task.h"

namespace rove::dm_control {
namespace {

std::string Mjcf() {
  return R"(<mujoco model="ball_in_cup">
  <option timestep="0.002"/>)" +
         SizeElement(20, 72) + R"(
  <default>
    <motor ctrllimited="true" ctrlrange="-1 1" gear="5"/>
    <default class="cup"><joint type="slide" damping="3" stiffness="20"/><geom type="capsule" size="0.008"/></default>
  </default>
  <worldbody>
    <geom type="plane" size="0.6 0.2 10"/>
    <body name="cup" pos="0 0 0.6" childclass="cup">
      <joint name="cup_x" axis="1 0 0"/>
      <joint name="cup_z" axis="0 0 1"/>
      <geom fromto="-0.05 0 0 -0.05 0 -0.075"/>
      <geom fromto="-0.05 0 -0.075 -0.025 0 -0.1"/>
      <geom fromto="-0.025 0 -0.1 0.025 0 -0.1"/>
      <geom fromto="0.025 0 -0.1 0.05 0 -0.075"/>
      <geom fromto="0.05 0 -0.075 0.05 0 0"/>
      <site name="cup" pos="0 0 -0.108" size="0.005"/>
      <site name="target" type="box" pos="0 0 -0.05" size="0.05 0.006 0.05"/>
    </body>
    <body name="ball" pos="0 0 0.2">
      <joint name="ball_x" type="slide" axis="1 0 0"/>
      <joint name="ball_z" type="slide" axis="0 0 1"/>
      <geom name="ball" type="sphere" size="0.025"/>
      <site name="ball" size="0.005"/>
    </body>
  </worldbody>
  <tendon>
    <spatial name="string" limited="true" range="0 0.3"><site site="ball"/><site site="cup"/></spatial>
  </tendon>
  <actuator><motor joint="cup_x"/><motor joint="cup_z"/></actuator>
</mujoco>)";
}

class BallInCup final : public Task {
 public:
  BallInCup()
      : Task({.mjcf = Mjcf(), .observations = {{"position", {4}}, {"velocity", {4}}}, .substeps = 10}),
        target_(Id(mjOBJ_SITE, "target")),
        ball_(Id(mjOBJ_BODY, "ball")),
        ball_radius_(model().geom_size[3 * Id(mjOBJ_GEOM, "ball")]) {}

  void InitializeEpisode(Physics& physics, LegacyRandom& random) const override {
    mjData& d = physics.data();
    do {
      d.qpos[2] = random.Uniform(-0.2, 0.2);
      d.qpos[3] = random.Uniform(0.2, 0.5);
      physics.Forward();
    } while (d.ncon > 0);
  }

  void Observe(const Physics& physics, double* out) const override {
    out = Append(out, physics.data().qpos, 4);
    Append(out, physics.data().qvel, 4);
  }

  double Reward(const Physics& physics) const override {
    for (const int axis : {0, 2}) {
      const double apart = std::abs(physics.data().site_xpos[3 * target_ + axis] - physics.data().xpos[3 * ball_ + axis]);
      if (!(apart < model().site_size[3 * target_ + axis] - ball_radius_)) return 0;
    }
    return 1;
  }

 private:
  int target_, ball_;
  double ball_radius_;
};

const TaskRegistrar kCatch("ball_in_cup-catch", "throw a ball on a string into a cup, paid while it is in",
                           [] { return std::make_unique<BallInCup>(); });

}  // namespace
}  // namespace rove::dm_control
