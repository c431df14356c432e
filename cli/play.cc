// rove play: a person at the controls of a grid world.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string_view>

#include "cli/command_line.h"
#include "cli/play_keys.h"
#include "cli/play_scene.h"
#include "cli/play_terminal.h"
#include "cli/single_env.h"
#include "cli/validators.h"
#include "core/error.h"
#include "envs/registry.h"

namespace rove {
namespace {

constexpr const char* kMoreKeys = "r: again, n: next level, q quits";

struct PlayArgs {
  std::string env, keys;
  std::vector<std::string> settings;
  Seed seed = 0;
  bool ascii = false;
};

class Game {
 public:
  explicit Game(const PlayArgs& args)
      : name_(args.env),
        env_(Envs().Create(Config::Parse("type: \"" + args.env + "\"", "rove play", args.settings), {.num_envs = 1})),
        grid_(dynamic_cast<const GridInspectable*>(&env_.env())),
        image_(FindColumn(env_.env().spec().obs, "image")),
        seed_(args.seed) {
    if (grid_ == nullptr) throw UserError(args.env + ": cannot be played; MiniGrid's environments can (rove list envs)");
    if (image_ < 0) throw UserError(args.env + ": outputs: playing needs the column \"image\"; add it");
    Start();
  }

  // Does what a key says. Returns false if it is none. After the end of an episode any action starts the next level.
  bool Press(char key) {
    if (key == 'r') {
      Start();
    } else if (key == 'n') {
      Next();
    } else {
      const auto action = ActionOfKey(key);
      if (!action) return false;
      if (env_.end() != 0)
        Next();
      else
        Step(*action);
    }
    return true;
  }

  PlayScene scene() const {
    PlayScene scene;
    scene.state = grid_->Inspect(0);
    scene.image = env_.obs(image_).As<std::uint8_t>();
    scene.view = static_cast<int>(env_.env().spec().obs[static_cast<std::size_t>(image_)].shape.dim[0]);
    scene.title = fmt::format("{}, level {}", name_, seed_);
    scene.notes = {scene.state.mission.empty() ? "no mission" : scene.state.mission,
                   fmt::format("carrying: {}", DescribeCarried(scene.state)),
                   fmt::format("step {} of {}, reward {}", steps_, scene.state.max_steps, return_), event_};
    return scene;
  }

 private:
  void Start() {
    env_.Reset(seed_);
    steps_ = 0;
    return_ = 0;
    event_ = "";
  }
  void Next() {
    ++seed_;
    Start();
  }
  void Step(std::int32_t action) {
    const std::int64_t actions = env_.env().spec().action.num_choices();
    if (action >= actions) {
      event_ = "there is no such action here";
      return;
    }
    env_.Step({&action, DType::kI32, Shape{1}});
    ++steps_;
    return_ += env_.reward();
    event_ = "";
    if (env_.end() == 0) return;
    const auto above = env_.env().spec().success_return;
    event_ = fmt::format("{}; any action: next level, r: again", above && return_ > *above  ? "solved"
                                                                 : env_.end() & kTerminated ? "it is over"
                                                                                            : "time is up");
  }

  std::string name_;
  SingleEnv env_;
  const GridInspectable* grid_;
  int image_;
  Seed seed_;
  int steps_ = 0;
  double return_ = 0;
  std::string event_;
};

void PlayKeys(Game& game, const PlayArgs& args, std::ostream& out) {
  for (const char key : args.keys) {
    if (key == 'q') break;
    if (!game.Press(key)) {
      throw UserError(fmt::format("rove play: --keys: \"{}\" is no key; {}, {}", OneLine(std::string_view(&key, 1)),
                                  kActionKeysHelp, kMoreKeys));
    }
  }
  out << PlainText(DrawScene(game.scene(), {}));
}

void Play(const PlayArgs& args, bool has_keys, const Terminal& terminal) {
  Game game(args);
  if (has_keys) return PlayKeys(game, args, terminal.out);
  if (!terminal.tty || isatty(STDIN_FILENO) == 0) {
    throw UserError("rove play: needs a terminal; --keys takes keys from the command line and prints the end as text");
  }
  PlayTerminal screen(args.ascii);
  for (;;) {
    PlayScene scene = game.scene();
    scene.notes.push_back("arrows: turn, go   p: pick up   d: drop   t: toggle   .: nothing   r: again   n: next   q: quit");
    screen.Show(scene);
    const char key = screen.Key();
    if (key == 'q') break;
    game.Press(key);
  }
}

}  // namespace

void AddPlay(CLI::App& app, const Terminal& terminal) {
  auto args = std::make_shared<PlayArgs>();
  CLI::App* command = app.add_subcommand("play", "Play a MiniGrid environment in the terminal");
  command->add_option("env", args->env, "name from `rove list envs`")->required();
  command->add_option("settings", args->settings, "KEY=VALUE settings of the environment");
  command->add_option("--seed", args->seed, "of the first level; the next ones count on")
      ->capture_default_str()
      ->check(SeedText());
  command->add_flag("--ascii", args->ascii, "no characters but ASCII");
  CLI::Option* const keys = command->add_option(
      "--keys", args->keys, fmt::format("press these, then print the end as text: {}, {}", kActionKeysHelp, kMoreKeys));
  command->callback([args, keys, &terminal] { Play(*args, keys->count() > 0, terminal); });
}

}  // namespace rove
