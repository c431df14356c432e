// pendulum: swing up a single pole with a motor too weak to lift it. dm_control 1.0.7, suite/pendulum.py and pendulum.xml.
#include <cmath>
#include <numbers>

#include "envs/dm_control/task.h"

namespace rove::dm_control {
namespace {

std::string Mjcf() {
  return R"(<mujoco model="pendulum">
  <option timestep="0.02"><flag contact="disable" energy="enable"/></option>)" +
         SizeElement(4, 8) + R"(
  <worldbody>
    <geom type="plane" size="2 2 0.2"/>
    <body name="pole" pos="0 0 0.6">
      <joint name="hinge" axis="0 1 0" damping="0.1"/>
      <geom type="cylinder" fromto="0 -0.03 0 0 0.03 0" size="0.021" mass="0"/>
      <geom type="capsule" fromto="0 0 0 0 0 0.5" size="0.02" mass="0"/>
      <geom type="sphere" pos="0 0 0.5" size="0.05" mass="1"/>
    </body>
  </worldbody>
  <actuator><motor joint="hinge" gear="1" ctrllimited="true" ctrlrange="-1 1"/></actuator>
</mujoco>)";
}

class Pendulum final : public Task {
 public:
  Pendulum() : Task({.mjcf = Mjcf(), .observations = {{"orientation", {2}}, {"velocity", {1}}}}), pole_(Id(mjOBJ_BODY, "pole")) {}

  void InitializeEpisode(Physics& physics, LegacyRandom& random) const override {
    physics.data().qpos[0] = random.Uniform(-std::numbers::pi, std::numbers::pi);
  }

  void Observe(const Physics& physics, double* out) const override {
    *out++ = Xmat(physics, pole_, kZz);
    *out++ = Xmat(physics, pole_, kXz);
    *out = physics.data().qvel[0];
  }

  double Reward(const Physics& physics) const override {
    static const double kUpright = std::cos(8 * (std::numbers::pi / 180));
    return Tolerance(Xmat(physics, pole_, kZz), {kUpright, 1});
  }

 private:
  int pole_;
};

const TaskRegistrar kSwingup("pendulum-swingup", "swing up a pole with a weak motor, paid within 8 degrees of upright",
                             [] { return std::make_unique<Pendulum>(); });

}  // namespace
}  // namespace rove::dm_control
