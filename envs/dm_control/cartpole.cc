// cartpole: a cart on a rail balances or swings up one to three poles. dm_control 1.0.7, suite/cartpole.py and cartpole.xml.
#include <fmt/format.h>

#include <algorithm>
#include <numbers>

#include "envs/dm_control/task.h"

namespace rove::dm_control {
namespace {

std::string Mjcf(int num_poles) {
  std::string poles, ends;
  for (int i = 1; i <= num_poles; ++i) {
    poles += fmt::format(R"(<body name="pole_{}" pos="0 0 {}"><joint name="hinge_{}" axis="0 1 0" damping="2e-6"/>
      <geom type="capsule" fromto="0 0 0 0 0 1" size="0.045" mass="0.1"/>)",
                         i, i == 1 ? 0 : 1, i);
    ends += "</body>";
  }
  return fmt::format(R"(<mujoco model="cartpole">
  <option timestep="0.01" integrator="RK4"><flag contact="disable" energy="enable"/></option>
  {}
  <worldbody>
    <geom type="plane" pos="0 0 {}" size="4 4 0.2"/>
    <geom type="capsule" pos="0 0.07 1" zaxis="1 0 0" size="0.02 2"/>
    <geom type="capsule" pos="0 -0.07 1" zaxis="1 0 0" size="0.02 2"/>
    <body name="cart" pos="0 0 1">
      <joint name="slider" type="slide" limited="true" axis="1 0 0" range="-1.8 1.8" solreflimit="0.08 1" damping="5e-4"/>
      <geom type="box" size="0.2 0.15 0.1" mass="1"/>
      {}{}
    </body>
  </worldbody>
  <actuator><motor joint="slider" gear="10" ctrllimited="true" ctrlrange="-1 1"/></actuator>
</mujoco>)",
                     SizeElement(8, 16), num_poles == 1 ? "-0.05" : fmt::format("{}", 0.95 - num_poles), poles, ends);
}

struct Variant {
  int num_poles = 1;
  bool swing_up = false, sparse = false;
};

class Cartpole final : public Task {
 public:
  explicit Cartpole(const Variant& variant)
      : Task({.mjcf = Mjcf(variant.num_poles),
              .observations = {{"position", {1 + 2 * variant.num_poles}}, {"velocity", {1 + variant.num_poles}}},
              .time_limit_s = 10}),
        variant_(variant) {}

  void InitializeEpisode(Physics& physics, LegacyRandom& random) const override {
    mjData& d = physics.data();
    const int nv = model().nv;
    if (variant_.swing_up) {
      d.qpos[0] = 0.01 * random.Normal();
      d.qpos[1] = std::numbers::pi + 0.01 * random.Normal();
      for (int i = 2; i < nv; ++i) d.qpos[i] = 0.1 * random.Normal();
    } else {
      d.qpos[0] = random.Uniform(-0.1, 0.1);
      for (int i = 1; i < nv; ++i) d.qpos[i] = random.Uniform(-0.034, 0.034);
    }
    for (int i = 0; i < nv; ++i) d.qvel[i] = 0.01 * random.Normal();
  }

  void Observe(const Physics& physics, double* out) const override {
    out = Append(out, physics.data().qpos, 1);
    for (int pole = 0; pole < variant_.num_poles; ++pole) {
      *out++ = Cosine(physics, pole);
      *out++ = Xmat(physics, kFirstPole + pole, kXz);
    }
    Append(out, physics.data().qvel, model().nv);
  }

  double Reward(const Physics& physics) const override { return variant_.sparse ? Sparse(physics) : Dense(physics); }

 private:
  static constexpr int kFirstPole = 2;  // body 0 is the world, body 1 the cart

  static double Cosine(const Physics& physics, int pole) { return Xmat(physics, kFirstPole + pole, kZz); }

  double Dense(const Physics& physics) const {
    double upright = 0, small_velocity = 1;
    for (int pole = 0; pole < variant_.num_poles; ++pole) {
      upright += (Cosine(physics, pole) + 1) / 2;
      small_velocity = std::min(small_velocity, Tolerance(physics.data().qvel[1 + pole], {0, 0}, 5));
    }
    const double centered = (1 + Tolerance(physics.data().qpos[0], {0, 0}, 2)) / 2;
    return upright / variant_.num_poles * ((4 + SmallControl(physics)) / 5) * ((1 + small_velocity) / 2) * centered;
  }

  double Sparse(const Physics& physics) const {
    double reward = Tolerance(physics.data().qpos[0], {-0.25, 0.25});
    for (int pole = 0; pole < variant_.num_poles; ++pole) reward *= Tolerance(Cosine(physics, pole), {0.995, 1});
    return reward;
  }

  Variant variant_;
};

TaskRegistrar Register(const std::string& id, const std::string& doc, Variant variant) {
  return {id, doc, [variant] { return std::make_unique<Cartpole>(variant); }};
}
const TaskRegistrar kTasks[] = {
    Register("cartpole-balance", "keep a pole upright on a cart", {}),
    Register("cartpole-balance_sparse", "the same, paid only while upright near the centre", {.sparse = true}),
    Register("cartpole-swingup", "swing a pole up and keep it there", {.swing_up = true}),
    Register("cartpole-swingup_sparse", "the same, paid only while upright near the centre", {.swing_up = true, .sparse = true}),
    Register("cartpole-two_poles", "swing up two poles, one on the other", {.num_poles = 2, .swing_up = true}),
    Register("cartpole-three_poles", "swing up three poles", {.num_poles = 3, .swing_up = true})};

}  // namespace
}  // namespace rove::dm_control
