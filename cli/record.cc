// rove record: pictures of a run's policy, or of random play. An episode of a policy is the one that `rove eval` plays: its
// actions are kept there, and taken again here before the camera.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>

#include "cli/command_line.h"
#include "cli/movie.h"
#include "cli/play_keys.h"
#include "cli/random_actions.h"
#include "cli/single_env.h"
#include "cli/stored_policy.h"
#include "cli/validators.h"
#include "core/archive.h"
#include "core/error.h"
#include "envs/registry.h"
#include "envs/renderable.h"
#include "eval/evaluator.h"

namespace rove {
namespace {

struct RecordArgs {
  std::vector<std::string> what;  // RUN, or with --env the environment's settings
  std::string env, keys, out, mode = "sampled", view = "world";
  int episodes = 1, frames = 1000, scale = 32;
  double fps = 8;
  std::optional<Seed> seed;
  bool no_highlight = false;
};

// What is filmed: an environment, the seed of each episode, and what is done in it.
struct Script {
  std::string env_type;
  std::unique_ptr<VectorEnv> env;
  Seed seed = 0;  // of all
  std::function<Seed(int episode)> seed_of;
  std::function<void(int episode, int step, TensorView action)> act;
  int length = std::numeric_limits<int>::max();  // of an episode, in actions
};

std::vector<std::int32_t> ReadKeys(const std::string& keys, const TensorSpec& action) {
  std::vector<std::int32_t> actions;
  for (const char key : keys) {
    const auto of_key = ActionOfKey(key);
    if (!of_key || *of_key >= action.num_choices()) {
      throw UserError(fmt::format("rove record: --keys: \"{}\" is no key of this environment; {}",
                                  OneLine(std::string_view(&key, 1)), kActionKeysHelp));
    }
    actions.push_back(*of_key);
  }
  return actions;
}

Script RandomPlay(const RecordArgs& args) {
  Script script;
  script.env_type = args.env;
  script.seed = args.seed.value_or(0);
  script.env = Envs().Create(Config::Parse("type: \"" + args.env + "\"", "rove record", args.what), {.num_envs = 1});
  script.seed_of = [first = script.seed](int episode) { return first + static_cast<Seed>(episode); };
  const TensorSpec action = script.env->spec().action;
  if (!args.keys.empty()) {
    script.length = static_cast<int>(args.keys.size());
    script.act = [actions = ReadKeys(args.keys, action)](int, int step, TensorView out) {
      out.As<std::int32_t>()[0] = actions.at(static_cast<std::size_t>(step));
    };
    return script;
  }
  const Noise noise(script.seed, "record");
  script.act = [action, noise](int episode, int step, TensorView out) {
    FillRandomActions(action, noise.At(static_cast<std::uint64_t>(episode), static_cast<std::uint64_t>(step)), out);
  };
  return script;
}

Script TrainedPlay(const RecordArgs& args, std::ostream& err) {
  const StoredPolicy policy = LoadStoredPolicy(args.what.at(0), err);
  const int block = policy.setup.engine.act_block;
  Script script;
  script.env_type = policy.setup.env_type;
  script.seed = args.seed.value_or(DeriveSeed(policy.setup.engine.seed, "rove eval", 0));
  script.env = BuildEvaluationEnv(policy.config, 1);
  if (dynamic_cast<const Renderable*>(script.env.get()) == nullptr) return script;  // refused before anything is played
  const auto env = BuildEvaluationEnv(policy.config, (args.episodes + block - 1) / block * block);
  const EvalResult played = Evaluate(*env, *policy.setup.agent, *policy.snapshot,
                                     {.episodes = args.episodes,
                                      .mode = args.mode == "greedy" ? ActMode::kEvaluate : ActMode::kExplore,
                                      .seed = script.seed,
                                      .act_block = block,
                                      .keep_actions = true});
  script.seed_of = [seed = script.seed](int episode) { return DeriveSeed(seed, "eval", static_cast<std::uint64_t>(episode)); };
  script.act = [actions = played.actions](int episode, int step, TensorView out) {
    const auto& kept = actions[static_cast<std::size_t>(episode)];
    const std::size_t size = out.bytes(), at = static_cast<std::size_t>(step) * size;
    ROVE_CHECK_LE(at + size, kept.size());  // the same seed and actions end where they ended
    std::copy_n(kept.data() + at, size, static_cast<std::byte*>(out.data));
  };
  return script;
}

void Record(const RecordArgs& args, bool has_mode, const Terminal& terminal) {
  if (args.env.empty() && args.what.size() != 1) {
    throw UserError(args.what.empty() ? "rove record: name a run folder, or --env ID for random play (rove record --help)"
                                      : "rove record: one run at a time (settings KEY=VALUE go with --env)");
  }
  if (args.env.empty() && !args.keys.empty()) throw UserError("rove record: --keys: a run acts by itself; keys go with --env");
  if (!args.env.empty() && has_mode) throw UserError("rove record: --mode: is of a run's policy; leave it out with --env");
  const auto movie = MakeMovie(args.out);
  Script script = args.env.empty() ? TrainedPlay(args, terminal.err) : RandomPlay(args);
  const auto* const camera = dynamic_cast<const Renderable*>(script.env.get());
  if (camera == nullptr) throw UserError(script.env_type + ": cannot be drawn; MiniGrid's environments can (rove list envs)");
  Archive fresh;
  VectorEnv& state = *script.env;
  state.Serialize(fresh);
  SingleEnv env(std::move(script.env));
  const RenderOptions options = {.view = args.view == "agent" ? RenderOptions::kAgent : RenderOptions::kWorld,
                                 .highlight = !args.no_highlight,
                                 .scale = args.scale};
  const int step_cs = std::max(1, static_cast<int>(std::lround(100 / args.fps)));
  constexpr int kEndCs = 100;  // an episode's last picture stays a second longer
  const TensorSpec& spec = env.env().spec().action;
  Tensor action(spec.dtype, spec.shape.Prepend(1));
  Picture picture;
  int frames = 0, ended = 0;
  std::string returns;
  for (int episode = 0; episode < args.episodes && frames < args.frames; ++episode) {
    double episode_return = 0;
    Archive again(fresh.bytes(), "record");
    state.Serialize(again);  // as rove eval does: nothing goes from one episode to the next
    env.Reset(script.seed_of(episode));
    for (int step = 0;; ++step) {
      camera->Render(0, options, &picture);
      movie->Add(picture, step_cs + (env.end() != 0 ? kEndCs : 0));
      if (++frames == args.frames || step == script.length || env.end() != 0) break;
      script.act(episode, step, action.view());
      env.Step(action.view());
      episode_return += env.reward();
    }
    ended += env.end() != 0;
    returns += fmt::format("{}{:.3f}{}", returns.empty() ? "" : ", ", episode_return, env.end() != 0 ? "" : " so far");
  }
  movie->Write();
  terminal.out << fmt::format("{}: {} pictures of {} x {}; {}, seed {}, {} episode{} to the end, return {}\n", args.out, frames,
                              picture.width, picture.height, script.env_type, script.seed, ended, ended == 1 ? "" : "s", returns);
}

}  // namespace

void AddRecord(CLI::App& app, const Terminal& terminal) {
  auto args = std::make_shared<RecordArgs>();
  CLI::App* command = app.add_subcommand("record", "Pictures of a run's policy, or of random play, as a GIF or PNG files");
  command->add_option("run", args->what, "run folder; with --env: settings KEY=VALUE of the environment");
  command->add_option("--env", args->env, "random play of an environment instead of a run");
  command->add_option("--keys", args->keys, fmt::format("with --env: these instead of random actions: {}", kActionKeysHelp));
  command->add_option("-o,--out", args->out, "x.gif; x.png: x-00000.png, ...; x/: a folder of PNG files")->required();
  command->add_option("--episodes", args->episodes, "episodes")->capture_default_str()->check(CLI::Range(1, 10'000));
  command->add_option("--frames", args->frames, "pictures at most")->capture_default_str()->check(CLI::Range(1, 100'000));
  command
      ->add_option("--seed", args->seed,
                   "of --env: episode k plays level seed + k (default 0); of a run: as for rove eval, whose episodes these are")
      ->check(SeedText());
  CLI::Option* const mode = command->add_option("--mode", args->mode, "of a run: sampled or greedy actions")
                                ->capture_default_str()
                                ->check(CLI::IsMember({"sampled", "greedy"}));
  command->add_option("--view", args->view, "world: all of it; agent: what the agent sees")
      ->capture_default_str()
      ->check(CLI::IsMember({"world", "agent"}));
  command->add_flag("--no-highlight", args->no_highlight, "do not lighten what the agent sees");
  command->add_option("--scale", args->scale, "pixels a cell")
      ->capture_default_str()
      ->check(CLI::Range(1, RenderOptions::kMaxScale));
  command->add_option("--fps", args->fps, "of a GIF: pictures a second, in steps of 1/100 s")
      ->capture_default_str()
      ->check(FiniteRange(0.1, 100));
  command->callback([args, mode, &terminal] { Record(*args, mode->count() > 0, terminal); });
}

}  // namespace rove
