// point_mass: push a point to the centre of a table. dm_control 1.0.7, suite/point_mass.py and point_mass.xml.
#include <array>
#include <cmath>

#include "envs/dm_control/planar_arena.h"
#include "envs/dm_control/task.h"

namespace rove::dm_control {
namespace {

std::string Mjcf() {
  return R"(<mujoco model="point_mass">
  <option timestep="0.02"><flag contact="disable"/></option>)" +
         SizeElement(4, 16) + R"(
  <default>
    <joint type="slide" limited="true" range="-0.29 0.29" damping="1"/>
    <motor gear="0.1" ctrllimited="true" ctrlrange="-1 1"/>
  </default>
  <worldbody>
    )" + PlanarArena("0.1") +
         R"(<body name="pointmass" pos="0 0 0.01">
      <joint name="root_x" axis="1 0 0"/>
      <joint name="root_y" axis="0 1 0"/>
      <geom name="pointmass" type="sphere" size="0.01" mass="0.3"/>
    </body>
    <geom name="target" type="sphere" pos="0 0 0.01" size="0.015"/>
  </worldbody>
  <tendon>
    <fixed name="t1"><joint joint="root_x" coef="1"/><joint joint="root_y" coef="0"/></fixed>
    <fixed name="t2"><joint joint="root_x" coef="0"/><joint joint="root_y" coef="1"/></fixed>
  </tendon>
  <actuator><motor tendon="t1"/><motor tendon="t2"/></actuator>
</mujoco>)";
}

class PointMass final : public Task {
 public:
  // random_directions: each episode draws the directions in which the two motors push.
  explicit PointMass(bool random_directions)
      : Task({.mjcf = Mjcf(), .observations = {{"position", {2}}, {"velocity", {2}}}, .owns_model = random_directions}),
        target_(Id(mjOBJ_GEOM, "target")),
        mass_(Id(mjOBJ_GEOM, "pointmass")) {}

  void InitializeEpisode(Physics& physics, LegacyRandom& random) const override {
    RandomizeJoints(physics, random);
    if (!info().owns_model) return;
    constexpr double kParallel = 0.9;  // cosine from which two directions are too much alike
    const auto first = Direction(random);
    auto second = Direction(random);
    while (std::abs(first[0] * second[0] + first[1] * second[1]) > kParallel) second = Direction(random);
    mjtNum* const directions = physics.own_model().wrap_prm;
    std::copy_n(first.data(), 2, directions);
    std::copy_n(second.data(), 2, directions + 2);
  }

  std::vector<std::span<mjtNum>> ModelFields(mjModel& m) const override { return {{m.wrap_prm, 4}}; }

  void Observe(const Physics& physics, double* out) const override {
    out = Append(out, physics.data().qpos, 2);
    Append(out, physics.data().qvel, 2);
  }

  double Reward(const Physics& physics) const override {
    const mjtNum* const geoms = physics.data().geom_xpos;
    const double radius = model().geom_size[3 * target_];
    const double near = Tolerance(Distance(geoms + 3 * target_, geoms + 3 * mass_, 3), {0, radius}, radius);
    return near * ((SmallControl(physics) + 4) / 5);
  }

 private:
  static std::array<double, 2> Direction(LegacyRandom& random) {
    const double x = random.Normal(), y = random.Normal();
    const double length = std::sqrt(x * x + y * y);
    return {x / length, y / length};
  }

  int target_, mass_;
};

const TaskRegistrar kEasy("point_mass-easy", "push a point to the centre of a table",
                          [] { return std::make_unique<PointMass>(false); });
const TaskRegistrar kHard("point_mass-hard", "the same, the motors' directions drawn anew each episode",
                          [] { return std::make_unique<PointMass>(true); });

}  // namespace
}  // namespace rove::dm_control
