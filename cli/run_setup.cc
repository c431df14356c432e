#include "cli/run_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "envs/levels.h"
#include "envs/registry.h"
#include "eval/evaluator.h"
#include "eval/statistics.h"
#include "rewards/mix.h"

namespace rove {
namespace {

// Half of the environments, so that two cores have a block each; 64 rows at most, where a small network's cost a row stops
// falling (docs/benchmarks.md). A function of the config alone: results depend on it.
int DefaultActBlock(int num_envs) { return std::min(64, (num_envs + 1) / 2); }

std::string RewardLabel(const Config& root) {
  std::string label;
  for (const Config& reward : root.List("rewards")) {
    std::string type;
    reward.Get("type", &type);
    label += (label.empty() ? "" : "+") + type;
  }
  return label.empty() ? "none" : label;
}

void ReadRun(const Config& root, RunSetup* setup) {
  RunOptions& run = setup->run;
  EngineOptions& engine = setup->engine;

  const Config config = root.At("run");
  enum class Mode { kSync, kPipelined } mode = Mode::kSync;
  int lag = 1;
  engine.act_block = DefaultActBlock(run.num_envs);
  run.label = setup->rewards;
  config.Get("frames", &run.frames, InRange(1, 1e13));
  config.Get("seed", &run.seed);
  config.Get("label", &run.label);
  if (run.label.find("..") != std::string::npos) config.At("label").Fail("may not hold \"..\": it is part of a folder's name");
  run.folder = "runs/" + setup->env_type + "_" + run.label + "_s" + std::to_string(run.seed);
  config.Get("folder", &run.folder);
  config.Get("threads", &run.threads, InRange(0, 1024));
  config.Get("rollout", &engine.rollout_length, InRange(1, 1 << 20));
  if (std::int64_t{engine.rollout_length} * run.num_envs > std::numeric_limits<std::int32_t>::max())
    config.At("rollout").Fail(fmt::format("{} steps of {} environments are too many rows for one rollout; lower it or env.count",
                                          engine.rollout_length, run.num_envs));
  config.Get("act_block", &engine.act_block, InRange(1, 1 << 16));
  config.GetEnum("mode", &mode, {"sync", "pipelined"});
  config.Get("lag", &lag, InRange(1, 16));
  config.RefuseUnread();
  engine.frames = run.frames;
  engine.seed = run.seed;
  engine.lag = mode == Mode::kSync ? 0 : lag;

  const Config checkpoint = root.At("checkpoint");
  engine.checkpoint_every = 50;
  checkpoint.Get("every", &engine.checkpoint_every, AtLeast(0));
  checkpoint.RefuseUnread();

  const Config log = root.At("log");
  engine.log_every = 10;
  log.Get("every", &engine.log_every, InRange(1, 1 << 20));
  log.Get("tensorboard", &run.tensorboard);
  log.RefuseUnread();

  const Config evaluation = root.At("evaluation");
  enum class EvalMode { kGreedy, kSampled } eval_mode = EvalMode::kSampled;
  evaluation.Get("every", &run.eval_every, AtLeast(0));
  evaluation.Get("episodes", &run.eval_episodes, InRange(1, 100'000));
  evaluation.GetEnum("mode", &eval_mode, {"greedy", "sampled"});
  evaluation.Get("held_out", &run.eval_held_out);
  LevelSet::Read(evaluation);
  evaluation.RefuseUnread();
  run.eval_mode = eval_mode == EvalMode::kGreedy ? ActMode::kEvaluate : ActMode::kExplore;
}

void ReadEnv(const Config& root, RunSetup* setup) {
  const Config config = root.At("env");
  enum class SeedRule { kRun, kGymnasium } seed_rule = SeedRule::kRun;
  config.Get("count", &setup->run.num_envs, InRange(1, 1 << 20));
  config.GetEnum("seed_rule", &seed_rule, {"run", "gymnasium"});
  config.Get("type", &setup->env_type);
  setup->engine.gymnasium_seeds = seed_rule == SeedRule::kGymnasium;
}

// Runs without an import have neither key in their resolved config.
void ReadImport(const Config& replay, RunSetup* setup) {
  for (const auto& [key, value] : {std::pair("import", &setup->import_file), std::pair("import_hash", &setup->import_hash)}) {
    if (replay.Has(key)) {
      replay.Get(key, value);
    } else {
      replay.At(key);
    }
  }
  if (setup->import_file.empty() && !setup->import_hash.empty())
    replay.At("import_hash").Fail("names the content of a file that replay.import does not give; add it or leave this out");
}

std::unique_ptr<VectorEnv> BuildEnv(const Config& root, int n) { return Envs().Create(root.At("env"), {.num_envs = n}); }

// What `evaluation.levels` and `evaluation.held_out` ask of the environment that is trained on.
void CheckEvaluationLevels(const Config& root, const RunSetup& setup) {
  const Config evaluation = root.At("evaluation");
  const auto own = LevelSet::Read(evaluation);
  const auto* const has_levels = dynamic_cast<const HasLevels*>(setup.parts.env.get());
  if (own && has_levels == nullptr) evaluation.At("levels").Fail(setup.env_type + " has no levels to choose from");
  if (own && own->cycle()) evaluation.At("levels").Fail("order: cycle would begin anew with each episode; leave it out");
  if (!setup.run.eval_held_out) return;
  const auto trained = has_levels == nullptr ? std::nullopt : has_levels->levels();
  const auto evaluated = own ? own : trained;
  if (!trained) evaluation.At("held_out").Fail("training may meet any level; name those it plays in env.levels");
  if (const auto shared = trained->Shared(*evaluated))
    evaluation.At("held_out").Fail(fmt::format("the level of seed {} is both trained and evaluated on", *shared));
}

// Each evaluation plays levels of its own, so that the last few together are a larger sample, not the same one again.
Hook EvaluationHook(const Config& root, const RunSetup& setup) {
  const std::shared_ptr<VectorEnv> env = BuildEvaluationEnv(root, std::min(setup.run.eval_episodes, 1024));
  EvalOptions options{
      .episodes = setup.run.eval_episodes, .mode = setup.run.eval_mode, .seed = 0, .act_block = setup.engine.act_block};
  const auto every = setup.run.eval_every;
  const Seed seed = setup.run.seed;
  return {every, [env, agent = setup.agent, options, every, seed](const ParamSnapshot& snapshot, std::int64_t env_steps) mutable {
            options.seed = DeriveSeed(seed, "evaluation", static_cast<std::uint64_t>(env_steps / every));
            return EvalMetrics(Evaluate(*env, *agent, snapshot, options));
          }};
}

}  // namespace

std::unique_ptr<VectorEnv> BuildEvaluationEnv(const Config& root, int n) {
  const auto levels = LevelSet::Read(root.At("evaluation"));
  if (!levels) return BuildEnv(root, n);
  Config env = root.At("env").With(Config::Parse("{}"));
  for (const char* key : {"count", "seed_rule", "levels"}) env.Take(key);  // two of the run's own, and what is replaced
  return Envs().Create(env.With(Config::Parse("levels: " + levels->Text())), {.num_envs = n});
}

Metrics EvalMetrics(const EvalResult& result) {
  const std::vector<double> lengths(result.lengths.begin(), result.lengths.end());
  const std::vector<double> success(result.success.begin(), result.success.end());
  Metrics metrics;
  metrics.Set("eval/return_mean", Mean(result.returns));
  metrics.Set("eval/return_iqm", Iqm(result.returns));
  if (!success.empty()) metrics.Set("eval/success_rate", Mean(success));
  metrics.Set("eval/length_mean", Mean(lengths));
  metrics.Set("eval/episodes", static_cast<double>(result.returns.size()));
  return metrics;
}

ReplayDeps RunSetup::replay_columns() const {
  const EnvSpec& spec = parts.env->spec();
  return {.obs = spec.obs,
          .action = spec.action,
          .extra = agent->extra_spec(),
          .state = agent->state_spec(),
          .num_envs = run.num_envs,
          .sequence_length = agent->traits().sequence_length};
}

RunSetup BuildRun(const Config& root) {
  RunSetup setup;
  ReadEnv(root, &setup);
  setup.rewards = RewardLabel(root);
  ReadRun(root, &setup);
  const EngineOptions& engine = setup.engine;
  const int n = setup.run.num_envs;

  EngineParts& parts = setup.parts;
  parts.env = BuildEnv(root, n);
  const EnvSpec& spec = parts.env->spec();
  parts.rewards = std::make_unique<RewardMix>(
      root, RewardDeps{.env = spec, .num_envs = n, .slot_rows = engine.rollout_length * n, .seed = engine.seed});
  const Config agent = root.At("agent");
  agent.Get("type", &setup.agent_type);
  parts.agent = Agents().Create(agent, {.env = spec,
                                        .num_envs = n,
                                        .rollout_length = engine.rollout_length,
                                        .act_block = engine.act_block,
                                        .seed = engine.seed,
                                        .total_frames = engine.frames,
                                        .intrinsic_head = parts.rewards->intrinsic_head()});
  setup.agent = parts.agent.get();
  if (!setup.agent->traits().on_policy) {
    const Config replay = root.At("replay");
    ReadImport(replay, &setup);
    parts.replay = MakeUniformReplay(replay, setup.replay_columns());
    parts.replay->CheckSlot(engine.rollout_length);
    parts.rewards->CheckReplayed();
    replay.RefuseUnread();
  }
  CheckEvaluationLevels(root, setup);
  if (setup.run.eval_every > 0) parts.hooks.push_back(EvaluationHook(root, setup));
  root.RefuseUnread();
  setup.resolved = root.Resolved();
  return setup;
}

}  // namespace rove
