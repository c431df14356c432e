// rove train, eval and plot from outside, on an environment and an agent made for this file.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "agents/agent.h"
#include "core/archive.h"
#include "engine/run_folder.h"
#include "envs/mujoco_version.h"
#include "envs/registry.h"
#include "tests/cli/rove_runner.h"
#include "tests/engine/older_run.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

// Episodes of `length` steps that pay the action (0 or 1) at each; above half of the length is a success.
class Payer final : public Env {
 public:
  explicit Payer(int length) : length_(length) { spec_.success_return = length / 2.0; }
  const EnvSpec& spec() const override { return spec_; }
  void Reset(std::optional<Seed>, const StepColumns& out, int row) override {
    at_ = 0;
    Write(out, static_cast<std::size_t>(row), 0);
  }
  void Step(ConstTensorView action, const StepColumns& out, int row) override {
    const std::int32_t paid = action.As<std::int32_t>()[0];
    if (paid < 0 || paid > 1) {
      throw SystemError("environment " + std::to_string(row) + ": action " + std::to_string(paid) + " is not in 0..1");
    }
    ++at_;
    Write(out, static_cast<std::size_t>(row), paid);
  }
  void Serialize(Archive& ar) override { ar("at", at_); }

 private:
  void Write(const StepColumns& out, std::size_t row, double reward) const {
    const bool last = at_ == length_;
    out.obs[0].As<std::int32_t>()[row] = at_;
    out.reward[row] = reward;
    out.end[row] = last ? kTruncated : 0;
    out.discount[row] = 1;
    out.step_type[row] = last ? StepType::kLast : at_ == 0 ? StepType::kFirst : StepType::kMid;
  }
  EnvSpec spec_{.obs = {{.name = "at", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {1000}}},
                .action = {.name = "action", .dtype = DType::kI32, .shape = {}, .low = {0}, .high = {1}},
                .success_return = {}};
  int length_, at_ = 0;
};

const EnvRegistrar kPayer("probe/payer", "test: pays the action", [](const Config& config) {
  int length = 5;
  config.Get("length", &length, InRange(1, 1000));
  return std::make_unique<Payer>(length);
});

// Explores by fair coins, evaluates greedily with 1, and counts its updates.
class CoinPolicy final : public Policy {
 public:
  explicit CoinPolicy(ActMode mode) : mode_(mode) {}
  void Sync(const ParamSnapshot&) override {}
  void Act(const ActInput& in, const ActOutput& out) override {
    for (std::size_t i = 0; i < in.env_id.size(); ++i) {
      NoiseStream coin = in.noise->At(static_cast<std::uint64_t>(in.env_id[i]), static_cast<std::uint64_t>(in.step));
      out.action.As<std::int32_t>()[i] = mode_ == ActMode::kEvaluate ? 1 : static_cast<std::int32_t>(coin.Below(2));
    }
  }

 private:
  ActMode mode_;
};

class CoinAgent final : public Agent {
 public:
  AgentTraits traits() const override { return {}; }
  std::span<const TensorSpec> extra_spec() const override { return {}; }
  std::span<const TensorSpec> state_spec() const override { return {}; }
  std::unique_ptr<Policy> MakePolicy(ActMode mode) const override { return std::make_unique<CoinPolicy>(mode); }
  Metrics Learn(const BatchView&, std::int64_t) override {
    ++updates_;
    return {};
  }
  std::shared_ptr<const ParamSnapshot> Snapshot(std::int64_t version) const override {
    return std::make_shared<ParamSnapshot>(version);
  }
  void Serialize(Archive& ar) override { ar("updates", updates_); }

 private:
  std::int64_t updates_ = 0;
};

const AgentRegistrar kCoin("probe/coin", "test: fair coins", [](const Config& config, const AgentDeps&) {
  float unused_rate = 0.5f;
  config.Get("rate", &unused_rate, InRange(0, 1));
  return std::make_unique<CoinAgent>();
});

constexpr const char* kConfig =
    "# A test.\n"
    "env: {type: probe/payer, count: 3}\n"
    "agent: {type: probe/coin}\n"
    "run: {frames: 200, rollout: 10}\n"
    "log: {every: 2}\n"
    "checkpoint: {every: 3}\n"
    "evaluation: {every: 100, episodes: 4}\n";

void CheckRefused(const Ran& ran, const std::string& what) {
  INFO(ran.err);
  CHECK(ran.status == 2);
  CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  CHECK_THAT(ran.err, Contains(what));
}

TEST_CASE("a run leaves its config, metrics, timing, TensorBoard file and checkpoints, and says how to go on", "[cli][unit]") {
  const Sandbox box("train");
  const std::string config = box.Write("a.yaml", kConfig), run = box / "run";
  const Ran ran = RunRove({"train", config, "--run", run, "run.seed=7"});
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  CHECK_THAT(ran.out, Contains("seed 7") && Contains("probe/payer x 3") && Contains("rove eval " + run));
  for (const char* name : {"config.yaml", "metrics.jsonl", "timing.jsonl", "checkpoints", "events.out.tfevents.rove"}) {
    CHECK(std::filesystem::exists(run + "/" + name));
  }
  CHECK_THAT(Slurp(run + "/metrics.jsonl"), Contains("\"eval/return_mean\"") && !Contains("time/"));

  const Ran again = RunRove({"train", run + "/config.yaml", "--run", box / "again"});  // the resolved config is the same run
  CHECK(again.status == 0);
  CHECK(Slurp(run + "/metrics.jsonl") == Slurp(box / "again/metrics.jsonl"));
}

TEST_CASE("a run trains on some levels and is evaluated on others; held_out refuses what is in both", "[cli][unit]") {
  const Sandbox box("levels");
  const std::string config =
      box.Write("a.yaml",
                "env: {type: MiniGrid-DoorKey-5x5-v0, max_steps: 4, count: 2, levels: {first: 0, count: 10}}\n"
                "agent: {type: probe/coin}\n"
                "run: {frames: 40, rollout: 10}\n"
                "evaluation: {every: 20, episodes: 2, levels: {first: 10, count: 5}, held_out: true}\n");
  const std::string run = box / "run";
  const Ran ran = RunRove({"train", config, "--run", run});
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  REQUIRE(RunRove({"train", run + "/config.yaml", "--run", box / "again"}).status == 0);  // the resolved config is the same run
  CHECK(Slurp(run + "/metrics.jsonl") == Slurp(box / "again/metrics.jsonl"));
  const auto refused = [&](const std::string& override_, const std::string& what) {
    CheckRefused(RunRove({"train", config, "--run", box / "no", override_}), what);
  };
  refused("evaluation.levels.first=9", "evaluation.held_out: the level of seed 9 is both trained and evaluated on");
  refused("env.levels={seeds: [3, 12]}", "the level of seed 12 is both");
  refused("evaluation.levels.order=cycle", "evaluation.levels: order: cycle would begin anew");
  refused("evaluation.levels={first: 3}", "count");
  const std::string free =
      box.Write("b.yaml",
                "env: {type: probe/payer, count: 2}\nagent: {type: probe/coin}\nrun: {frames: 40, rollout: 10}\n"
                "evaluation: {every: 20, episodes: 2}\n");
  CheckRefused(RunRove({"train", free, "--run", box / "no", "evaluation.levels={seed: 3}"}),
               "probe/payer has no levels to choose from");
  CheckRefused(RunRove({"train", free, "--run", box / "no", "evaluation.held_out=true"}), "training may meet any level");
}

TEST_CASE("a resumed run may go further and nothing else", "[cli][unit]") {
  const Sandbox box("resume");
  const std::string config = box.Write("a.yaml", kConfig), run = box / "run", whole = box / "whole";
  REQUIRE(RunRove({"train", config, "--run", run, "evaluation.every=0", "log.every=1000"}).status == 0);
  const auto files = box.Files();
  CheckRefused(RunRove({"train", config, "--run", run}), "already holds a run");
  CheckRefused(RunRove({"train", "--resume", run, "run.seed=2"}), "run.seed: the run was started with 1, got 2");
  CheckRefused(RunRove({"train", "--resume", run, "agent.rate=0.1"}), "agent.rate");
  CheckRefused(RunRove({"train", "--resume", run, "env.length=6"}), "env.length");
  CheckRefused(RunRove({"train", "--resume", box / "none"}), "none");
  CheckRefused(RunRove({"train", run}), "is a folder, not a config");
  {
    const RunFolder busy(run, true);
    CheckRefused(RunRove({"train", "--resume", run}), "is in use by process");
    CHECK(RunRove({"eval", run, "--episodes", "2"}).status == 0);  // reading needs no lock
  }
  CHECK(box.Files() == files);

  const Ran more = RunRove({"train", "--resume", run, "run.frames=400", "run.threads=1"});
  CHECK(more.status == 0);
  CHECK(more.err == "run.frames: 200 -> 400; schedules that end with the run now end there\n");
  CheckRefused(RunRove({"train", "--resume", run, "run.frames=300"}), "frames already, got 300");
  const Ran done = RunRove({"train", "--resume", run});
  CHECK(done.status == 0);
  CHECK_THAT(done.out, Contains("of 400"));
}

TEST_CASE("a run of a build that lacked a key is evaluated and resumed with the key's default, and with nothing else",
          "[cli][unit]") {
  const Sandbox box("drift");
  const std::string config = box.Write("a.yaml", kConfig), run = box / "run";
  REQUIRE(RunRove({"train", config, "--run", run}).status == 0);
  const std::string whole = Slurp(run + "/config.yaml");
  ForgetKey(run, "  rate:");
  CHECK(RunRove({"eval", run, "--episodes", "2"}).status == 0);
  CheckRefused(RunRove({"train", "--resume", run, "agent.rate=0.1", "--allow-drift"}),
               "agent.rate: the run was started with 0.5");
  CheckRefused(RunRove({"train", "--resume", run, "mix.clip=[-1,1]", "--allow-drift"}), "mix.clip");
  const Ran resumed = RunRove({"train", "--resume", run, "run.frames=400", "checkpoint.every=0"});
  INFO(resumed.err);
  CHECK(resumed.status == 0);
  CHECK_THAT(resumed.err, Contains("has no key agent.rate, which is newer; it goes on with the default"));
  CHECK(RunRove({"eval", run, "--episodes", "2"}).status == 0);
  CHECK(RunRove({"train", "--resume", run, "run.frames=600"}).status == 0);
  // Another value in the file is no older config.
  std::ofstream(run + "/config.yaml") << std::string(whole).replace(whole.find("  rate: 0.5"), 11, "  rate: 0.4");
  CheckRefused(RunRove({"train", "--resume", run, "--allow-drift"}), "belongs to another config");
}

TEST_CASE("a folder with other files is not taken for a run", "[cli][unit]") {
  const Sandbox box("foreign");
  const std::string config = box.Write("a.yaml", kConfig);
  CheckRefused(RunRove({"train", config, "--run", box / "."}), "holds other files (a.yaml)");
  CHECK(box.Files() == std::vector<std::string>{"a.yaml"});
}

TEST_CASE("progress as JSON is one object a line, and the last one is the result", "[cli][unit]") {
  const Sandbox box("json");
  const Ran ran = RunRove({"train", box.Write("a.yaml", kConfig), "--run", box / "run", "--json-progress"});
  REQUIRE(ran.status == 0);
  std::istringstream lines(ran.out);
  std::vector<nlohmann::json> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
  REQUIRE(rows.size() >= 3);
  CHECK(rows.front()["event"] == "start");
  CHECK(rows.front()["libraries"].contains("zlib"));
  CHECK(rows.front()["libraries"]["MuJoCo"] == MujocoVersion());
  CHECK(rows[1]["event"] == "progress");
  CHECK(rows.back()["event"] == "end");
  CHECK(rows.back()["frames"].get<int>() >= 200);
  CHECK(rows.back()["stopped"] == false);
}

TEST_CASE("eval plays greedy and sampled episodes of the newest checkpoint", "[cli][unit]") {
  const Sandbox box("eval");
  const std::string run = box / "run";
  REQUIRE(RunRove({"train", box.Write("a.yaml", kConfig), "--run", run}).status == 0);
  const Ran ran = RunRove({"eval", run, "--episodes", "50", "--json"});
  REQUIRE(ran.status == 0);
  const auto report = nlohmann::json::parse(ran.out);
  const auto &greedy = report["modes"]["greedy"], &sampled = report["modes"]["sampled"];
  CHECK(greedy["return_mean"] == 5);  // five steps of action 1
  CHECK(greedy["return_mean_interval"] == nlohmann::json({5, 5}));
  CHECK(greedy["success_rate"] == 1);
  CHECK(greedy["returns"].size() == 50);
  // Binomial(5, 1/2): mean 2.5, standard error 0.158; six of them are missed once in 5e8.
  CHECK(sampled["return_mean"].get<double>() == Approx(2.5).margin(0.95));
  CHECK(RunRove({"eval", run, "--episodes", "50", "--json"}).out == ran.out);
  CHECK(RunRove({"eval", run, "--episodes", "50", "--json", "--seed", "3"}).out != ran.out);
  CHECK_THAT(RunRove({"eval", run}).out, Contains("over episodes of one trained policy"));
}

TEST_CASE("plot joins the seeds of one config and keeps other configs apart", "[cli][unit]") {
  const Sandbox box("plot");
  const std::string config = box.Write("a.yaml", kConfig);
  REQUIRE(RunRove({"train", config, "--run", box / "s1", "run.seed=1"}).status == 0);
  REQUIRE(RunRove({"train", config, "--run", box / "s2", "run.seed=2"}).status == 0);
  REQUIRE(RunRove({"train", config, "--run", box / "long", "env.length=6"}).status == 0);
  const Ran ran = RunRove({"plot", box / "s1", box / "s2", box / "long", "-o", box / "x.svg"});
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  CHECK_THAT(ran.out, Contains("3 runs in 2 arms"));
  CHECK_THAT(Slurp(box / "x.svg"), StartsWith("<svg") && Contains("2 seeds") && Contains("1 seed<") &&
                                       Contains(">none, length 5<") && Contains(">none, length 6<"));
  REQUIRE(RunRove({"train", config, "--run", box / "greedy", "run.seed=3", "evaluation.mode=greedy"}).status == 0);
  CHECK_THAT(RunRove({"plot", box / "s1", box / "greedy", "-o", box / "x.svg"}).out, Contains("2 runs in 2 arms"));
  CHECK_THAT(Slurp(box / "x.svg"), Contains(">none, mode greedy<") && Contains(">none, mode sampled<"));
  CheckRefused(RunRove({"plot", box / "s1", box / "s1/", "-o", box / "y.svg"}), "is given twice");
  CheckRefused(RunRove({"plot", box / "s1", "-o", box / "y.svg", "--metric", "eval/return_maen"}),
               "did you mean \"eval/return_mean\"?");
  CHECK(!std::filesystem::exists(box / "y.svg"));
}

TEST_CASE("bench envs steps every row, each on one of the threads", "[cli][unit]") {
  const Ran ran = RunRove({"bench", "envs", "MiniGrid-DoorKey-8x8-v0", "--envs", "5", "--threads", "3", "--seconds", "0.001",
                           "--repeats", "2", "--json"});
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  const auto report = nlohmann::json::parse(ran.out);
  CHECK(report["threads"] == 3);
  CHECK(report["results"][0]["steps_per_s"]["min"].get<double>() > 0);
}

TEST_CASE("bench envs --all has a row with time and memory for every MiniGrid id", "[cli][unit]") {
  const Ran ran = RunRove({"bench", "envs", "--all", "--envs", "1", "--seconds", "0.001", "--repeats", "1", "--json"});
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  const auto results = nlohmann::json::parse(ran.out)["results"];
  const auto names = Envs().Names();
  const auto is_id = [](const std::string& name) { return name.starts_with("MiniGrid-") || name.starts_with("BabyAI-"); };
  CHECK(results.size() == static_cast<std::size_t>(std::ranges::count_if(names, is_id)));
  for (const auto& row : results) {
    INFO(row.dump());
    CHECK(row["steps_per_core_s"]["median"].get<double>() > 0);
    CHECK(row["ns_per_reset"].get<double>() > 0);
    CHECK(row["bytes_per_env"].get<int>() > 0);
  }
  CheckRefused(RunRove({"bench", "envs", "--all", "MiniGrid-Empty-8x8-v0"}), "name none beside it");
}

TEST_CASE("bench train measures without leaving a file", "[cli][unit]") {
  const Sandbox box("bench");
  const std::string config = box.Write("a.yaml", kConfig);
  const Ran ran = RunRove({"bench", "train", config, "--frames", "100", "--repeats", "2", "--json"});
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  const auto report = nlohmann::json::parse(ran.out);
  CHECK(report["frames_per_s"]["median"].get<double>() > 0);
  CHECK(report["share_of_wall"].size() == 4);
  CHECK(box.Files() == std::vector<std::string>{"a.yaml"});
}

}  // namespace
}  // namespace rove
