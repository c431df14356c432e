#include "cli/verify_dm_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/line_reader.h"
#include "cli/single_env.h"
#include "core/error.h"
#include "core/legacy_random.h"
#include "envs/inspectable.h"
#include "envs/mujoco_version.h"
#include "envs/registry.h"

namespace rove {
namespace {

using Json = nlohmann::json;

// What differs first; thrown, since it ends a task's comparison from within several loops.
struct Mismatch {
  std::string what;
};

constexpr double kUlp = std::numeric_limits<double>::epsilon();

std::string IdOf(const std::string& task) {  // "cheetah/run" to "dm_control/cheetah-run"
  std::string id = task;
  std::ranges::replace(id, '/', '-');
  return "dm_control/" + id;
}

// One environment, taking actions as recorded and raising what upstream raises.
class Player {
 public:
  explicit Player(const std::string& task)
      : env_(Envs().Create(Config::Parse("{type: " + IdOf(task) + ", action_type: f64, on_physics_error: raise}"),
                           {.num_envs = 1})) {}
  const EnvSpec& spec() const { return env_.env().spec(); }
  PhysicsState state() const { return dynamic_cast<const PhysicsInspectable&>(env_.env()).InspectPhysics(0); }
  void Reset(std::optional<Seed> seed) { env_.Reset(seed); }
  void Step(std::vector<double>& action) {
    env_.Step({action.data(), DType::kF64, Shape{1, static_cast<std::int64_t>(action.size())}});
  }
  ConstTensorView observation(std::size_t column) const { return env_.obs(static_cast<int>(column)); }
  double reward() const { return env_.reward(); }
  double discount() const { return static_cast<double>(env_.discount()); }
  bool last() const { return env_.last(); }

 private:
  SingleEnv env_;
};

void Compare(const std::string& field, const Json& mine, const Json& recorded) {
  if (mine != recorded)
    throw Mismatch{fmt::format("{} is {}, recorded {}", field, mine.dump().substr(0, 80), recorded.dump().substr(0, 80))};
}

void CompareValues(const std::string& field, const std::vector<double>& mine, const std::vector<double>& recorded) {
  Compare(field + "'s size", mine.size(), recorded.size());
  for (std::size_t i = 0; i < mine.size(); ++i) {
    if (mine[i] != recorded[i]) throw Mismatch{fmt::format("{}[{}] is {}, recorded {}", field, i, mine[i], recorded[i])};
  }
}

// numpy rounds sin, cos and log1p otherwise than libm where it has AVX-512: 1.24.2 in 61, 64 and 24 % of arguments, within its
// stated 4 ulp. These keys pass through them, at a magnitude of at most 1 or relative to it; none feeds back into the state.
bool IsRounded(const std::string& key) {
  return key == "to_target" || key == "target_position" || key == "dist_to_target" || key == "touch";
}

void CompareObservation(const std::string& place, const Player& player, const std::vector<double>& recorded) {
  std::int64_t size = 0;
  for (const TensorSpec& column : player.spec().obs) size += column.shape.count();
  Compare(place + "observation's size", size, recorded.size());
  auto want = recorded.begin();
  for (std::size_t k = 0; k < player.spec().obs.size(); ++k) {
    const std::string& key = player.spec().obs[k].name;
    const auto mine = player.observation(k).As<double>();
    for (std::size_t i = 0; i < mine.size(); ++i, ++want) {
      const double tolerance = IsRounded(key) ? 4 * kUlp * std::max(1.0, std::abs(*want)) : 0;
      if (!(std::abs(mine[i] - *want) <= tolerance))
        throw Mismatch{fmt::format("{}{}[{}] is {}, recorded {}", place, key, i, mine[i], *want)};
    }
  }
}

void CompareReward(const std::string& place, double mine, double recorded) {
  if (!(std::abs(mine - recorded) <= 1e-12 * std::abs(recorded) + 1e-15))
    throw Mismatch{fmt::format("{}reward is {}, recorded {}", place, mine, recorded)};
}

void CompareSpec(const Player& player, const Json& task) {
  Json obs = Json::array();
  for (const TensorSpec& spec : player.spec().obs) {
    obs.push_back({spec.name, Json(std::vector<std::int64_t>(spec.shape.dim.begin(), spec.shape.dim.begin() + spec.shape.rank))});
  }
  Compare("obs_spec", obs, task.at("obs_spec"));
  Compare("lo", player.spec().action.low, task.at("lo"));
  Compare("hi", player.spec().action.high, task.at("hi"));
  Compare("nsub", player.state().substeps, task.at("nsub"));
}

void CompareEpisode(Player& player, const Json& episode, LegacyRandom& actions, const std::string& place, DmControlSummary* out) {
  const PhysicsState first = player.state();
  CompareValues(place + "qpos0", first.qpos, episode.at("qpos0"));
  CompareValues(place + "qvel0", first.qvel, episode.at("qvel0"));
  CompareObservation(place + "reset, ", player, episode.at("obs").at("0"));
  out->states += 1;
  int compared = 1;  // observations
  const TensorSpec& spec = player.spec().action;
  const auto width = static_cast<std::size_t>(spec.shape.count());
  std::vector<double> action(width);
  const Json& rewards = episode.at("rew");
  const int steps = episode.at("n");
  if (rewards.size() != static_cast<std::size_t>(steps)) throw UserError(place + "rewards are lacking");
  for (int step = 1; step <= steps; ++step) {
    for (std::size_t i = 0; i < width; ++i) action[i] = actions.Uniform(spec.low[i], spec.high[i]);
    const std::string here = fmt::format("{}step {}, ", place, step);
    try {
      player.Step(action);
    } catch (const Error& error) {
      throw Mismatch{here + error.what()};
    }
    const Json& reward = rewards[static_cast<std::size_t>(step - 1)];
    if (!reward.is_null()) {  // null: left out of a reduced file
      CompareReward(here, player.reward(), reward);
      out->rewards += 1;
    }
    if (const auto obs = episode.at("obs").find(std::to_string(step)); obs != episode.at("obs").end()) {
      CompareObservation(here, player, *obs);
      ++compared;
    }
    if (step < steps) Compare(here + "last", player.last(), false);
  }
  if (static_cast<std::size_t>(compared) != episode.at("obs").size()) throw UserError(place + "observations of no step of it");
  Compare(place + "last step type", player.last() ? 2 : 1, episode.at("last"));
  Compare(place + "discount", player.discount(), episode.at("discount"));
  out->observations += compared;
  out->episodes += 1;
}

void CompareTask(const std::string& name, const Json& task, Seed seed, Seed action_seed, DmControlSummary* out) {
  Player player(name);
  CompareSpec(player, task);
  LegacyRandom actions;
  actions.Reseed(action_seed);
  int number = 0;
  if (task.at("episodes").empty()) throw UserError("no episodes");
  for (const Json& episode : task.at("episodes")) {
    player.Reset(number == 0 ? std::optional(seed) : std::nullopt);
    CompareEpisode(player, episode, actions, fmt::format("episode {}, ", ++number), out);
  }
}

}  // namespace

DmControlSummary VerifyDmControl(const std::string& path) {
  DmControlSummary out;
  LineReader reader(path);
  std::string text;
  for (std::string line; reader.Next(&line);) text += line;
  try {
    const Json file = Json::parse(text);
    const Json& meta = file.at("_meta");
    const std::string recorder = meta.at("mujoco");
    out.engine = recorder.substr(0, recorder.find(' '));
    if (out.engine != MujocoVersion()) {
      throw UserError(
          fmt::format("recorded with MuJoCo {}, which differs in last bits from the {} of this program; use a file of "
                      "this version, or build with that one (./dev setup --mujoco VERSION)",
                      OneLine(out.engine), MujocoVersion()));
    }
    const auto known = Envs().Names();
    for (const auto& [name, task] : file.items()) {
      if (name == "_meta") continue;
      if (!std::ranges::binary_search(known, IdOf(name))) {
        ++out.skipped_tasks;
        continue;
      }
      ++out.tasks;
      try {
        CompareTask(name, task, meta.at("seed"), meta.at("action_seed"), &out);
      } catch (const Error& error) {
        throw UserError(name + ", " + error.what());
      } catch (const Mismatch& mismatch) {
        ++out.mismatched_tasks;
        if (!out.first_mismatch) out.first_mismatch = name + ", " + mismatch.what;
      }
    }
  } catch (const Json::exception& error) {
    throw UserError(fmt::format("{}: not a recorded trace: {}", path, OneLine(error.what())));
  } catch (const Error& error) {
    throw UserError(fmt::format("{}: {}", path, error.what()));
  }
  return out;
}

std::string Report(const DmControlSummary& s) {
  std::string text = fmt::format("MuJoCo {}: {} tasks compared, {} tasks of the file are not in this program\n", s.engine,
                                 s.tasks, s.skipped_tasks);
  text += fmt::format("compared: {} episodes, {} initial states, {} observations, {} rewards\n", s.episodes, s.states,
                      s.observations, s.rewards);
  if (s.first_mismatch)
    text += fmt::format("first mismatch: {}\n{} of {} tasks differ\n", *s.first_mismatch, s.mismatched_tasks, s.tasks);
  else if (!s.ok())
    text += "nothing was compared\n";
  else
    text += fmt::format("all {} tasks match\n", s.tasks);
  return text;
}

}  // namespace rove
