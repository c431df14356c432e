// The tabular learners behind the engine.
#include <catch2/catch.hpp>

#include "agents/tabular.h"
#include "cli/run_setup.h"
#include "core/archive.h"
#include "engine/engine.h"
#include "envs/registry.h"

namespace rove::tabular {
namespace {

constexpr int kEpisodes = 300;

// A lock with H = 5: an episode is six steps and a dead row.
std::string RunYaml(const std::string& learner, int rollout) {
  return "env: {type: tabular/lock, count: 1, lock_seed: 4}\nagent: " + learner +
         "\nrun: {frames: " + std::to_string(6 * kEpisodes) + ", seed: 9, rollout: " + std::to_string(rollout) + "}\n";
}

std::string AgentState(const std::string& learner, int rollout) {
  RunSetup setup = BuildRun(Config::Parse(RunYaml(learner, rollout)));
  Engine engine(std::move(setup.parts), setup.engine);
  engine.Run();
  Archive ar;
  engine.Serialize("agent", ar);
  return ar.bytes();
}

TEST_CASE("the engine reaches the same tables as the direct call, bit for bit", "[agents][engine]") {
  const auto env = Envs().Create(Config::Parse("{type: tabular/lock, lock_seed: 4}"), {});
  const Mdp& mdp = dynamic_cast<const FiniteModel&>(*env).mdp();
  for (const std::string learner :
       {"{type: tabular.q_learning, bonus: {type: made.tabular, c: 0.1, buffer: 100}}",
        "{type: tabular.q_learning, bonus: {type: bernstein, c: 0.1}}", "{type: tabular.vi, bonus: {type: hoeffding, c: 0.05}}",
        "{type: tabular.oppo, bonus: {type: count, c: 0.1}}"}) {
    CAPTURE(learner);
    const auto direct = Learners().Create(Config::Parse(learner), {mdp.states(), mdp.actions(), mdp.horizon()});
    Play(mdp, *direct, kEpisodes, /*seed=*/9);
    Archive ar;
    direct->Serialize(ar);
    CHECK((AgentState(learner, /*rollout=*/7) == ar.bytes()));
    CHECK((AgentState(learner, /*rollout=*/1) == ar.bytes()));
  }
}

TEST_CASE("a tabular agent on an environment without `state` is refused with what it needs", "[agents][unit]") {
  const char* yaml = "env: {type: probe/corridor}\nagent: {type: tabular.vi, bonus: {type: none}}\nrun: {frames: 10}\n";
  CHECK_THROWS_WITH(BuildRun(Config::Parse(yaml)), Catch::Contains("`state` and `step`"));
}

}  // namespace
}  // namespace rove::tabular
