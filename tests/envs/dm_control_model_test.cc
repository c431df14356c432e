// The re-authored models against fingerprints of upstream's, compiled by MuJoCo 2.2.2 (dm_control 1.0.7): every bit of the
// inertial and joint arrays (A) and of the collision arrays (B).
#include <catch2/catch.hpp>
#include <cmath>

#include "envs/dm_control/dm_control_env.h"
#include "envs/mujoco_version.h"

namespace rove::dm_control {
namespace {

class Fnv1a {
 public:
  template <class T>
  void Add(const T* values, std::int64_t count) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(values);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count) * sizeof(T); ++i) hash_ = (hash_ ^ bytes[i]) * 1099511628211u;
  }
  std::uint32_t folded() const { return static_cast<std::uint32_t>((hash_ >> 32) ^ hash_); }

 private:
  std::uint64_t hash_ = 1469598103934665603u;
};

std::uint32_t FingerprintA(const mjModel& m) {
  Fnv1a hash;
  hash.Add(m.body_parentid, m.nbody);
  hash.Add(m.body_pos, 3 * m.nbody);
  hash.Add(m.body_quat, 4 * m.nbody);
  hash.Add(m.body_ipos, 3 * m.nbody);
  hash.Add(m.body_iquat, 4 * m.nbody);
  hash.Add(m.body_mass, m.nbody);
  hash.Add(m.body_inertia, 3 * m.nbody);
  hash.Add(m.jnt_type, m.njnt);
  hash.Add(m.jnt_bodyid, m.njnt);
  hash.Add(m.jnt_limited, m.njnt);
  hash.Add(m.jnt_solref, mjNREF * m.njnt);
  hash.Add(m.jnt_solimp, mjNIMP * m.njnt);
  hash.Add(m.jnt_pos, 3 * m.njnt);
  hash.Add(m.jnt_axis, 3 * m.njnt);
  hash.Add(m.jnt_stiffness, m.njnt);
  hash.Add(m.jnt_range, 2 * m.njnt);
  hash.Add(m.qpos0, m.nq);
  hash.Add(m.qpos_spring, m.nq);
  hash.Add(m.dof_armature, m.nv);
  hash.Add(m.dof_damping, m.nv);
  hash.Add(m.dof_frictionloss, m.nv);
  hash.Add(m.dof_invweight0, m.nv);
  return hash.folded();
}

std::uint32_t FingerprintB(const mjModel& m) {
  Fnv1a hash;
  hash.Add(m.geom_type, m.ngeom);
  hash.Add(m.geom_bodyid, m.ngeom);
  hash.Add(m.geom_contype, m.ngeom);
  hash.Add(m.geom_conaffinity, m.ngeom);
  hash.Add(m.geom_condim, m.ngeom);
  hash.Add(m.geom_priority, m.ngeom);
  hash.Add(m.geom_solref, mjNREF * m.ngeom);
  hash.Add(m.geom_solimp, mjNIMP * m.ngeom);
  hash.Add(m.geom_size, 3 * m.ngeom);
  hash.Add(m.geom_pos, 3 * m.ngeom);
  hash.Add(m.geom_quat, 4 * m.ngeom);
  hash.Add(m.geom_friction, 3 * m.ngeom);
  hash.Add(m.geom_margin, m.ngeom);
  return hash.folded();
}

struct Expected {
  const char* id;
  std::array<std::int64_t, 5> sizes;  // nq, nv, nbody, ngeom, nsite
  double mass, inertia, invweight;
  std::uint32_t a, b;  // b 0: not recorded
};
constexpr Expected kExpected[] = {
    {"acrobot-swingup", {2, 2, 3, 4, 2}, 2, .3841680899, 14.14607779, 0xe8d5c9d9, 0x9f45affe},
    {"ball_in_cup-catch", {4, 4, 3, 7, 3}, .1306027612, .0004344148269, 61.25476427, 0x6d54561b, 0x41b04efe},
    {"cartpole-balance", {2, 2, 3, 5, 0}, 1.1, .06728262264, 32.07574641, 0x8a67abe0, 0x322004db},
    {"cartpole-two_poles", {3, 3, 4, 6, 0}, 1.2, .08623191195, 147.5807936, 0x042a9557, 0},
    {"cartpole-three_poles", {4, 4, 5, 7, 0}, 1.3, .1051812013, 281.3034818, 0x0604a803, 0},
    {"cheetah-run", {9, 9, 8, 9, 0}, 14, 1.942501328, 37.55791325, 0xe25ff0e7, 0xcf68fb69},
    {"finger-spin", {3, 3, 4, 8, 4}, 3.97905329, .04033750886, 696.9103483, 0x51c740ad, 0x9e6b3593},
    {"pendulum-swingup", {1, 1, 2, 4, 0}, 1, .003, 3.984063745, 0x7312c3b4, 0x5848b142},
    {"point_mass-easy", {2, 2, 2, 7, 0}, .3, 3.6e-05, 6.666666667, 0x1b4bb37a, 0x7f14a00a},
    {"reacher-easy", {2, 2, 4, 10, 0}, .08168140899, .0002092719586, 23308.76015, 0x4e2a85b8, 0x25246b9e},
    {"walker-run", {9, 9, 8, 8, 0}, 28.54032206, 1.649146496, 100.0471344, 0xcdc2038a, 0x91cab325},
};

const mjModel& Model(VectorEnv& env) { return *dynamic_cast<DmControl&>(env).task().models().active; }

double Sum(const mjtNum* values, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += std::abs(values[i]);
  return sum;
}

TEST_CASE("the models have upstream's sizes, masses and inertias to the recorded digits", "[envs][golden]") {
  for (const Expected& want : kExpected) {
    INFO(want.id);
    const auto env = Envs().Create(Config::Parse("type: dm_control/" + std::string(want.id)), {});
    const mjModel& m = Model(*env);
    CHECK(std::array<std::int64_t, 5>{m.nq, m.nv, m.nbody, m.ngeom, m.nsite} == want.sizes);
    // Ten significant digits are recorded.
    CHECK(Sum(m.body_mass, m.nbody) == Approx(want.mass).epsilon(1e-9));
    CHECK(Sum(m.body_inertia, 3 * m.nbody) == Approx(want.inertia).epsilon(1e-9));
    CHECK(Sum(m.dof_invweight0, m.nv) == Approx(want.invweight).epsilon(1e-9));
  }
}

TEST_CASE("the models are upstream's to the last bit", "[envs][golden]") {
  if (MujocoVersion() != "2.2.2") return;  // compilers of other versions differ in last bits
  for (const Expected& want : kExpected) {
    INFO(want.id);
    const auto env = Envs().Create(Config::Parse("type: dm_control/" + std::string(want.id)), {});
    CHECK(FingerprintA(Model(*env)) == want.a);
    if (want.b != 0) CHECK(FingerprintB(Model(*env)) == want.b);
  }
}

}  // namespace
}  // namespace rove::dm_control
