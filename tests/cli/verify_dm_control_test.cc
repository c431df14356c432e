// `rove verify dm_control` on recorded episodes of the reference (tests/golden, cut by tools/reduce_golden.py), on episodes with
// one thing changed, and on files that are no such recording.
#include "cli/verify_dm_control.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/line_reader.h"
#include "core/error.h"
#include "envs/mujoco_version.h"
#include "tests/cli/rove_runner.h"

namespace rove {
namespace {

using Json = nlohmann::json;

std::string GoldenOf(const std::string& version) {
  return ROVE_SOURCE_DIR "/tests/golden/dm_control_mujoco" + version + ".json.gz";
}

const Json& Golden() {  // of the engine that is linked
  static const Json file = [] {
    LineReader reader(GoldenOf(MujocoVersion()));
    std::string line;
    reader.Next(&line);
    return Json::parse(line);
  }();
  return file;
}

Json Only(const std::string& task) { return {{"_meta", Golden().at("_meta")}, {task, Golden().at(task)}}; }

DmControlSummary Verify(const Json& file) {
  const Sandbox sandbox("verify_dm");
  return VerifyDmControl(sandbox.Write("trace.json", file.dump()));
}

TEST_CASE("every recorded episode of the Control Suite matches, the second of each task included", "[cli][golden]") {
  const Ran ran = RunRove({"verify", "dm_control", GoldenOf(MujocoVersion())});
  CHECK(ran.status == 0);
  CHECK(ran.out == "MuJoCo " + MujocoVersion() +
                       ": 21 tasks compared, 0 tasks of the file are not in this program\n"
                       "compared: 42 episodes, 42 initial states, 420 observations, 5376 rewards\n"
                       "all 21 tasks match\n");
}

// The recorded episodes would prove little if nothing were paid in them.
TEST_CASE("the recorded episodes hold rewards, contacts and time limits", "[cli][golden]") {
  int paid = 0, limits = 0;
  for (const auto& [name, task] : Golden().items()) {
    if (name == "_meta") continue;
    for (const Json& episode : task.at("episodes")) {
      limits += episode.at("last") == 2;
      for (const Json& reward : episode.at("rew")) paid += reward.is_number() && reward > 1e-3;
    }
  }
  CHECK(paid > 1000);
  CHECK(limits == 21);
}

TEST_CASE("one changed number of a recording is found, and named with task, episode, step, field and both values",
          "[cli][unit]") {
  const auto next = [](Json& number) { number = std::nextafter(number.get<double>(), 1e9); };
  struct Case {
    std::function<void(Json& task)> change;
    std::string report;  // after "cheetah/run, "
  };
  const Case cases[] = {
      {[&](Json& task) { next(task["episodes"][0]["qpos0"][3]); }, "episode 1, qpos0[3] is "},
      {[&](Json& task) { next(task["episodes"][1]["qvel0"][0]); }, "episode 2, qvel0[0] is "},
      {[&](Json& task) { next(task["episodes"][0]["obs"]["0"][0]); }, "episode 1, reset, position[0] is "},
      {[&](Json& task) { next(task["episodes"][0]["obs"]["1000"][16]); }, "episode 1, step 1000, velocity[8] is "},
      {[&](Json& task) { next(task["episodes"][1]["obs"]["200"][8]); }, "episode 2, step 200, velocity[0] is "},
      {[](Json& task) { task["episodes"][0]["rew"][9] = task["episodes"][0]["rew"][9].get<double>() * (1 + 1e-11); },
       "episode 1, step 10, reward is "},
      {[](Json& task) { task["episodes"][0]["last"] = 1; }, "episode 1, last step type is 2, recorded 1"},
      {[](Json& task) { task["episodes"][0]["discount"] = 0.0; }, "episode 1, discount is 1.0, recorded 0.0"},
      {[](Json& task) { task["episodes"][0]["obs"]["5"].erase(0); }, "episode 1, step 5, observation's size is 17, recorded 16"},
      {[](Json& task) { task["nsub"] = 2; }, "nsub is 1, recorded 2"},
      {[](Json& task) { task["hi"][5] = 2.0; }, "hi is [1.0,1.0,1.0,1.0,1.0,1.0], recorded [1.0,1.0,1.0,1.0,1.0,2.0]"},
      {[](Json& task) { task["obs_spec"][0][0] = "place"; }, "obs_spec is "},
  };
  for (const Case& c : cases) {
    INFO(c.report);
    Json file = Only("cheetah/run");
    CHECK(Verify(file).ok());
    c.change(file["cheetah/run"]);
    const DmControlSummary summary = Verify(file);
    CHECK_FALSE(summary.ok());
    CHECK(summary.mismatched_tasks == 1);
    CHECK_THAT(summary.first_mismatch.value_or(""), Catch::StartsWith("cheetah/run, " + c.report) && Catch::Contains("recorded"));
  }
}

TEST_CASE("another environment seed or action seed is found", "[cli][unit]") {
  Json other_level = Only("walker/run"), other_actions = other_level;
  other_level["_meta"]["seed"] = 43;
  other_actions["_meta"]["action_seed"] = 8;
  CHECK_THAT(Verify(other_level).first_mismatch.value_or(""), Catch::StartsWith("walker/run, episode 1, qpos0[2] is "));
  CHECK_THAT(Verify(other_actions).first_mismatch.value_or(""), Catch::StartsWith("walker/run, episode 1, step 1, "));
}

TEST_CASE("a reward may differ by numpy's rounding only, and a tiny one by 1e-15", "[cli][unit]") {
  Json file = Only("point_mass/hard");
  Json& reward = file["point_mass/hard"]["episodes"][0]["rew"][9];
  REQUIRE(reward.get<double>() < 1e-200);
  reward = 9e-16;
  CHECK(Verify(file).ok());
  reward = 2e-15;
  CHECK_FALSE(Verify(file).ok());
}

TEST_CASE("tasks that this program lacks are counted, and a file of them proves nothing", "[cli][unit]") {
  Json file = {
      {"_meta", Golden().at("_meta")}, {"dog/run", Golden().at("cheetah/run")}, {"fish/swim", Golden().at("cheetah/run")}};
  const DmControlSummary summary = Verify(file);
  CHECK(summary.tasks == 0);
  CHECK(summary.skipped_tasks == 2);
  CHECK_FALSE(summary.ok());
  CHECK_THAT(Report(summary), Catch::EndsWith("nothing was compared\n"));
  const Sandbox sandbox("verify_dm");
  const Ran ran = RunRove({"verify", "dm_control", sandbox.Write("few.json", file.dump())});
  CHECK(ran.status == 1);
  CHECK_THAT(ran.err, Catch::Contains("few.json: nothing was compared"));
}

TEST_CASE("a recording without episodes, or with an observation of no step, is refused", "[cli][unit]") {
  const auto refused = [](const std::function<void(Json&)>& change, const std::string& what) {
    Json file = Only("pendulum/swingup");
    change(file["pendulum/swingup"]);
    CHECK_THROWS_WITH(Verify(file), Catch::Contains(what));
  };
  refused([](Json& task) { task["episodes"] = Json::array(); }, "pendulum/swingup, no episodes");
  refused([](Json& task) { task["episodes"][0]["obs"]["5000"] = task["episodes"][0]["obs"]["0"]; },
          "pendulum/swingup, episode 1, observations of no step");
}

TEST_CASE("a recording of another MuJoCo is refused, not compared", "[cli][unit]") {
  for (const char* version : {"2.2.2", "3.17.0"}) {
    if (version == MujocoVersion()) continue;
    const Ran ran = RunRove({"verify", "dm_control", GoldenOf(version)});
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, Catch::Contains("recorded with MuJoCo " + std::string(version)) && Catch::Contains(MujocoVersion()) &&
                            Catch::Contains("./dev setup --mujoco"));
    CHECK(std::ranges::count(ran.err, '\n') == 1);
  }
}

TEST_CASE("a file that is no recording is an error of the user's that names it", "[cli][unit]") {
  const Sandbox sandbox("verify_dm");
  Json short_rewards = Only("pendulum/swingup");
  short_rewards["pendulum/swingup"]["episodes"][0]["rew"].erase(0);
  const std::pair<std::string, std::string> cases[] = {
      {sandbox / "nowhere", "nowhere: cannot be read"},
      {sandbox.Write("empty", ""), "empty: not a recorded trace: "},
      {sandbox.Write("words", "no trace"), "words: not a recorded trace: "},
      {sandbox.Write("meta", "{}"), "meta: not a recorded trace: "},
      {sandbox.Write("rewards", short_rewards.dump()), "rewards: pendulum/swingup, episode 1, rewards are lacking"},
  };
  for (const auto& [path, what] : cases) {
    const Ran ran = RunRove({"verify", "dm_control", path});
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Catch::Contains(what));
    CHECK(std::ranges::count(ran.err, '\n') == 1);
  }
}

}  // namespace
}  // namespace rove
