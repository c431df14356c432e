// The batch engine of the Control Suite's tasks: snapshots, options, errors. Exactness is tests/cli/verify_dm_control_test.cc's.
#include "envs/dm_control/dm_control_env.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "tests/envs/env_batch.h"

namespace rove::dm_control {
namespace {

EnvBatch Make(const std::string& id, int n, const std::string& options = "") {
  return EnvBatch(
      Envs().Create(Config::Parse("{type: dm_control/" + id + (options.empty() ? "" : ", " + options) + "}"), {.num_envs = n}));
}

void RandomStep(EnvBatch& batch, int t) {
  batch.DrawActions(Noise(5, "dm_control test").At(0, static_cast<std::uint64_t>(t)));
  batch.Step();
}

Physics& PhysicsOf(EnvBatch& batch, int row) { return dynamic_cast<DmControl&>(batch.env()).physics(row); }

TEST_CASE("100 steps after a snapshot in mid-contact equal the uninterrupted run bit for bit", "[envs][unit]") {
  for (const char* id : {"finger-spin", "finger-turn_hard", "walker-run", "cheetah-run", "ball_in_cup-catch", "point_mass-hard",
                         "reacher-easy", "cartpole-three_poles", "acrobot-swingup"}) {
    INFO(id);
    EnvBatch run = Make(id, 3);
    run.Reset(11);
    int differences = 0, contacts = 0;
    for (int snapshot = 0; snapshot < 3; ++snapshot) {
      for (int t = 0; t < 61; ++t) RandomStep(run, t);
      for (int row = 0; row < 3; ++row) contacts += PhysicsOf(run, row).data().ncon;
      EnvBatch copy = Make(id, 3);
      copy.Reset(1000);
      for (int t = 0; t < 7; ++t) RandomStep(copy, t);  // so that what is not restored differs
      const std::string saved = run.Save();
      copy.Load(saved);
      CHECK((copy.Save() == saved));
      for (int row = 0; row < 3; ++row) {  // though every step writes them anew
        const mjModel& model = PhysicsOf(run, row).model();
        CHECK(std::equal(PhysicsOf(run, row).data().ctrl, PhysicsOf(run, row).data().ctrl + model.nu,
                         PhysicsOf(copy, row).data().ctrl));
      }
      for (int t = 0; t < 100; ++t) {
        RandomStep(run, 500 + t);
        RandomStep(copy, 500 + t);
        differences += run.Rows() != copy.Rows();
      }
      CHECK((run.Save() == copy.Save()));
    }
    CHECK(differences == 0);
    if (std::string(id).starts_with("walker") || std::string(id).starts_with("cheetah")) CHECK(contacts > 0);
  }
}

TEST_CASE("the warm start is part of the state: without it a walker goes elsewhere", "[envs][unit]") {
  EnvBatch run = Make("walker-run", 1), copy = Make("walker-run", 1);
  run.Reset(11);
  for (int t = 0; t < 200; ++t) RandomStep(run, t);
  copy.Load(run.Save());
  std::fill_n(PhysicsOf(copy, 0).data().qacc_warmstart, 9, 0.0);
  for (int t = 0; t < 100; ++t) {
    RandomStep(run, t);
    RandomStep(copy, t);
  }
  CHECK(run.Rows() != copy.Rows());
}

TEST_CASE("a restored finger feels the touch that it felt", "[envs][unit]") {
  EnvBatch run = Make("finger-spin", 1), copy = Make("finger-spin", 1);
  run.Reset(11);
  const auto touch = [&run] { return run.obs<double>("touch"); };
  int t = 0;
  while (touch()[0] + touch()[1] == 0 && t < 1000) RandomStep(run, t++);
  REQUIRE(touch()[0] + touch()[1] > 0);
  copy.Load(run.Save());
  const Physics &a = PhysicsOf(run, 0), &b = PhysicsOf(copy, 0);
  CHECK(std::equal(a.data().sensordata, a.data().sensordata + a.model().nsensordata, b.data().sensordata));
}

TEST_CASE("action repeat sums rewards and shows every k-th observation of the plain run", "[envs][unit]") {
  EnvBatch plain = Make("cheetah-run", 2), repeated = Make("cheetah-run", 2, "action_repeat: 3, time_limit: 1.0");
  CHECK(plain.spec().max_steps == 1000);
  CHECK(repeated.spec().max_steps == 34);  // 100 control steps: 33 of three, one of one
  plain.Reset(5);
  repeated.Reset(5);
  for (int t = 0; t < 34; ++t) {
    for (EnvBatch* batch : {&plain, &repeated}) batch->DrawActions(Noise(1, "repeat").At(0, static_cast<std::uint64_t>(t)));
    double sum[2] = {};
    for (int k = 0; k < (t < 33 ? 3 : 1); ++k) {
      plain.Step();
      for (int row = 0; row < 2; ++row) sum[row] += plain.reward(row);
    }
    repeated.Step();
    for (int row = 0; row < 2; ++row) CHECK(repeated.reward(row) == sum[row]);
    for (const char* key : {"position", "velocity"}) {
      const auto a = plain.obs<double>(key), b = repeated.obs<double>(key);
      CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
    }
    CHECK(repeated.end(0) == (t < 33 ? 0 : kTruncated));
  }
}

TEST_CASE("flat_observation is the keys one behind the other, and f32 their rounding", "[envs][unit]") {
  EnvBatch keys = Make("finger-turn_easy", 2), flat = Make("finger-turn_easy", 2, "flat_observation: true"),
           small = Make("finger-turn_easy", 2, "flat_observation: true, observation_type: f32");
  REQUIRE(flat.spec().obs.size() == 1);
  CHECK(flat.spec().obs[0].shape == Shape{12});
  for (EnvBatch* batch : {&keys, &flat, &small}) {
    batch->Reset(3);
    for (int t = 0; t < 20; ++t) RandomStep(*batch, t);
  }
  std::vector<double> joined;
  for (const char* key : {"position", "velocity", "touch", "target_position", "dist_to_target"}) {
    const auto values = keys.obs<double>(key);
    const auto width = values.size() / 2;
    joined.insert(joined.end(), values.begin() + static_cast<std::ptrdiff_t>(width), values.end());
  }
  const auto row = flat.obs<double>("observations").subspan(12);
  CHECK(std::equal(row.begin(), row.end(), joined.begin(), joined.end()));
  const auto rounded = small.obs<float>("observations").subspan(12);
  for (std::size_t i = 0; i < 12; ++i) CHECK(rounded[i] == static_cast<float>(joined[i]));
}

TEST_CASE("sparse forms pay the dense reward from their threshold on, and nothing below", "[envs][unit]") {
  // No random walker reaches 0.7, so that one is pushed: its speed is set before a step.
  struct Pair {
    const char *sparse, *dense;
    double threshold, speed;
  };
  for (const Pair& pair : {Pair{"cheetah-run_sparse", "cheetah-run", 0.25, 4}, Pair{"walker-run_sparse", "walker-run", 0.25, 5},
                           Pair{"walker-walk_sparse", "walker-walk", 0.7, 1}}) {
    INFO(pair.sparse);
    EnvBatch sparse = Make(pair.sparse, 1), dense = Make(pair.dense, 1);
    int paid = 0, unpaid = 0;
    for (Seed seed = 0; seed < 30; ++seed) {
      for (EnvBatch* batch : {&sparse, &dense}) {
        batch->Reset(seed);
        mjData& d = PhysicsOf(*batch, 0).data();
        if (seed % 2 == 0) {
          std::fill_n(d.qpos, 9, 0.0);
          d.qvel[std::string(pair.sparse).starts_with("walker") ? 1 : 0] = pair.speed;  // rootx
          PhysicsOf(*batch, 0).Forward();
        }
        RandomStep(*batch, static_cast<int>(seed));
      }
      const bool above = dense.reward() >= pair.threshold;
      (above ? paid : unpaid) += dense.reward() > 0;
      CHECK(sparse.reward() == (above ? dense.reward() : 0));
    }
    CHECK(paid > 0);
    CHECK(unpaid > 0);
  }
}

TEST_CASE("a simulation that breaks down ends its episode with discount 0, or raises", "[envs][unit]") {
  EnvBatch batch = Make("cheetah-run", 3), strict = Make("cheetah-run", 3, "on_physics_error: raise");
  for (EnvBatch* b : {&batch, &strict}) {
    b->Reset(4);
    RandomStep(*b, 0);
    PhysicsOf(*b, 1).data().qvel[2] = 1e11;  // beyond MuJoCo's limit of 1e10
  }
  batch.Step();
  CHECK(batch.end(1) == kTerminated);
  CHECK(batch.discount(1) == 0);
  CHECK(batch.reward(1) == 0);
  CHECK(batch.step_type(1) == StepType::kLast);
  for (const double x : batch.obs<double>("position").subspan(8, 8)) CHECK(x == 0);  // the model's own pose
  CHECK(batch.end(0) == 0);
  batch.Step();
  CHECK(batch.step_type(1) == StepType::kFirst);
  for (int t = 0; t < 20; ++t) RandomStep(batch, t);
  for (int row = 0; row < 3; ++row) CHECK(std::isfinite(batch.reward(row)));
  CHECK_THROWS_WITH(strict.Step(), Catch::Contains("environment 1: the simulation is invalid: mjWARN_BADQVEL"));
}

TEST_CASE("an action that is no number is an error that names row and element; a huge one is clamped", "[envs][unit]") {
  EnvBatch batch = Make("cheetah-run", 2), one = Make("cheetah-run", 2);
  batch.Reset(4);
  one.Reset(4);
  std::ranges::fill(batch.action().As<float>(), 1e6f);
  std::ranges::fill(one.action().As<float>(), 1.0f);
  batch.Step();
  one.Step();
  CHECK(batch.Rows() == one.Rows());
  batch.action().As<float>()[6 + 4] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(batch.Step(), Catch::Contains("environment 1: action[4] is nan"));
}

TEST_CASE("a seed makes a used row a new one, also where the task writes to the model", "[envs][unit]") {
  for (const char* id : {"point_mass-hard", "reacher-hard", "finger-turn_hard"}) {
    INFO(id);
    EnvBatch used = Make(id, 2), fresh = Make(id, 2);
    used.Reset(1);
    for (int t = 0; t < 30; ++t) RandomStep(used, t);
    used.Reset(7);
    fresh.Reset(7);
    for (int t = 0; t < 30; ++t) {
      RandomStep(used, t);
      RandomStep(fresh, t);
    }
    CHECK(used.Rows() == fresh.Rows());
  }
}

TEST_CASE("wrong options are refused with their place", "[envs][unit]") {
  CHECK_THROWS_WITH(Make("cheetah-run", 1, "action_repeat: 0"), Catch::Contains("action_repeat"));
  CHECK_THROWS_WITH(Make("cheetah-run", 1, "time_limit: -1"), Catch::Contains("time_limit"));
  CHECK_THROWS_WITH(Make("cheetah-run", 1, "observation_type: f16"), Catch::Contains("f32"));
  CHECK(Make("cheetah-run", 1, "time_limit: 0").spec().max_steps == 0);
}

}  // namespace
}  // namespace rove::dm_control
