#include "envs/minigrid/minigrid_env.h"

#include <algorithm>
#include <string>

#include "core/archive.h"
#include "envs/minigrid/render.h"

namespace rove::minigrid {
namespace {

EnvSpec MakeSpec(const FamilyInfo& info, const std::vector<Output>& outputs, const Wrappers& wrappers) {
  EnvSpec spec;
  for (const Output& output : outputs) spec.obs.push_back(output.spec);
  spec.action = {"action", DType::kI32, {}, {0}, {info.num_actions - 1.0}, Role::kPolicy};
  spec.max_steps = info.max_steps;
  if (wrappers.empty()) spec.success_return = 0;  // with a wrapper, rewards tell nothing of success
  return spec;
}

bool Standard(const FamilyInfo& info, const std::vector<Output>& outputs) {
  return info.layout.view == kView &&
         std::ranges::equal(
             outputs, StandardOutputs(info), {}, [](const Output& output) { return output.spec.name; },
             [](const Output& output) { return output.spec.name; });
}

std::size_t RoundUpTo8(int bytes) { return (static_cast<std::size_t>(bytes) + 7) / 8 * 8; }

template <class T>
T* At(const StepColumns& out, Column column, std::size_t row, std::size_t width = 1) {
  return static_cast<T*>(out.obs[column].data) + row * width;
}

}  // namespace

MiniGrid::MiniGrid(std::unique_ptr<Family> family, int n, Setup setup)
    : family_(std::move(family)),
      layout_(family_->info().layout),
      view_(layout_),
      write_images_(ImagePaths().back().write),
      outputs_(setup.outputs.empty() ? StandardOutputs(family_->info()) : std::move(setup.outputs)),
      standard_(Standard(family_->info(), outputs_)),
      wrappers_(std::move(setup.wrappers)),
      levels_(std::move(setup.levels)),
      spec_(MakeSpec(family_->info(), outputs_, wrappers_)),
      tables_(layout_),
      row_bytes_(RoundUpTo8(layout_.bytes())),
      memory_bytes_(RoundUpTo8(family_->info().memory_bytes)),
      states_(static_cast<std::size_t>(n)),
      cells_(states_.size() * row_bytes_ + static_cast<std::size_t>(layout_.tail()), kWallCell),
      memories_(states_.size() * memory_bytes_),
      pickers_(levels_ ? states_.size() : 0) {}

void MiniGrid::Generate(std::size_t row) {
  constexpr int kMaxFailures = 10000;  // a level that can be drawn at all comes once in 50 tries at least
  State& state = states_[row];
  std::uint8_t* const grid = cells(row);
  if (levels_) {  // as in a fresh environment
    state.rng.Reseed(pickers_[row].Next(*levels_));
    std::fill_n(memory(row), memory_bytes_, std::uint8_t{0});
  }
  for (int failures = 0;; ++failures) {
    if (failures == kMaxFailures)
      throw SystemError("environment " + std::to_string(row) +
                        ": no level can be drawn; its parameters leave no room: enlarge it, or lower its numbers of things");
    Level level(layout_, state, grid, memory(row));
    state.max_steps = spec_.max_steps;
    try {
      family_->Generate(level);
      break;
    } catch (const LevelFailed&) {  // upstream would hang or raise; draw on
    }
  }
  state.grid_key = tables_.GridKey(grid);
}

void MiniGrid::Observe(std::size_t row, const Scene& scene, const StepColumns& out) const {
  for (std::size_t k = 0; k < outputs_.size(); ++k)
    outputs_[k].write(scene, static_cast<std::byte*>(out.obs[k].data) + row * outputs_[k].spec.row_bytes());
}

void MiniGrid::Observe(std::size_t row, const StepColumns& out) const {
  if (!standard_) return Observe(row, SceneOf(row), out);
  ObserveRest(row, out);
  const View view = ViewOf(row, out);
  WriteImages({&view, 1});
}

View MiniGrid::ViewOf(std::size_t row, const StepColumns& out) const {
  const State& state = states_[row];
  return {&state, cells(row) + layout_.offset(state.x, state.y), At<std::uint8_t>(out, kImage, row, kImageBytes)};
}

void MiniGrid::WriteImages(std::span<const View> views) const { write_images_(views, view_, family_->info().see_through_walls); }

void MiniGrid::ObserveRest(std::size_t row, const StepColumns& out) const {
  const State& state = states_[row];
  *At<std::int32_t>(out, kDirection, row) = state.direction;
  *At<std::int32_t>(out, kMission, row) = state.mission;
  std::uint8_t* const carrying = At<std::uint8_t>(out, kCarrying, row, 2);
  carrying[0] = KindOf(state.carrying);
  carrying[1] = ColorOf(state.carrying);
  std::int32_t* const position = At<std::int32_t>(out, kPosition, row, 2);
  position[0] = state.x;
  position[1] = state.y;
  *At<std::int64_t>(out, kStateKey, row) = tables_.StateKey(state);
  if (const int length = family_->info().mission_tokens; length > 0) {
    const std::span<const Word> words = family_->MissionWords(state, memory(row));
    const auto width = static_cast<std::size_t>(length);
    std::int32_t* const tokens = At<std::int32_t>(out, kMissionTokens, row, width);
    std::fill(std::copy(words.begin(), words.end(), tokens), tokens + width, 0);
  }
}

bool MiniGrid::Begin(std::size_t row, const StepColumns& out) {
  Generate(row);
  const bool late_start = family_->info().late_start;
  const auto start = [&] {
    Play play(tables_, states_[row], cells(row), memory(row));
    family_->Start(play);
  };
  if (!standard_) {
    const Scene scene = SceneOf(row);
    if (late_start) {
      scene.image();  // kept for whatever shows it
      start();
    }
    Observe(row, scene, out);
    return false;
  }
  if (late_start) {
    const View view = ViewOf(row, out);
    WriteImages({&view, 1});
    start();
  }
  ObserveRest(row, out);
  return !late_start;
}

void MiniGrid::Reset(std::span<const int> rows, std::span<const std::optional<Seed>> seeds, const StepColumns& out) {
  ROVE_CHECK_EQ(rows.size(), seeds.size());
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const auto row = static_cast<std::size_t>(rows[k]);
    if (seeds[k]) states_[row].rng.Reseed(*seeds[k]);
    if (seeds[k] && levels_) pickers_[row].Reseed(*seeds[k]);
    if (Begin(row, out)) {
      const View view = ViewOf(row, out);
      WriteImages({&view, 1});
    }
    out.reward[row] = 0;
    out.discount[row] = 1;
    out.end[row] = 0;
    out.step_type[row] = StepType::kFirst;
  }
}

bool MiniGrid::StepRow(std::size_t row, std::int32_t action, const StepColumns& out) {
  State& state = states_[row];
  Outcome outcome;
  std::uint8_t ended = 0;
  bool image_is_due = true;
  if (state.last) {
    image_is_due = Begin(row, out);
    out.step_type[row] = StepType::kFirst;
  } else {
    Play play(tables_, state, cells(row), memory(row));
    const Cell front = wrappers_.empty() ? kUnseenCell : play.Get(play.front());
    outcome = family_->Step(play, action);
    for (const auto& wrapper : wrappers_) wrapper->Apply({row, action, front, state, play.Get(play.agent())}, &outcome);
    ended = static_cast<std::uint8_t>((outcome.terminated ? kTerminated : 0) |
                                      (state.step_count >= state.max_steps ? kTruncated : 0));
    state.last = ended != 0;
    out.step_type[row] = ended ? StepType::kLast : StepType::kMid;
    image_is_due = standard_;
    if (standard_)
      ObserveRest(row, out);
    else
      Observe(row, SceneOf(row), out);
  }
  out.reward[row] = outcome.reward;
  out.discount[row] = outcome.terminated ? 0.0f : 1.0f;
  out.end[row] = ended;
  return image_is_due;
}

// A few rows act, then their images are written: side by side (observation.h), while they are in the cache.
void MiniGrid::Step(ConstTensorView action, int begin, int end, const StepColumns& out) {
  constexpr std::size_t kBlock = 16;
  const std::int32_t* const actions = action.As<std::int32_t>().data();
  const auto num_actions = static_cast<std::uint32_t>(family_->info().num_actions);
  std::array<View, kBlock> views;
  const auto stop = static_cast<std::size_t>(end);
  for (auto row = static_cast<std::size_t>(begin); row < stop;) {
    std::size_t count = 0;
    const auto legal = [&] { return static_cast<std::uint32_t>(actions[row]) < num_actions || states_[row].last; };
    for (; count < kBlock && row < stop && legal(); ++row) {
      if (StepRow(row, actions[row], out)) views[count++] = ViewOf(row, out);
    }
    WriteImages(std::span(views).first(count));
    if (row < stop && !legal()) {
      throw SystemError("environment " + std::to_string(row) + ": action " + std::to_string(actions[row]) + " is not in 0.." +
                        std::to_string(num_actions - 1));
    }
  }
}

void State::Serialize(Archive& ar) {
  ar("rng", rng);
  ar("grid_key", grid_key);
  ar("step_count", step_count);
  ar("max_steps", max_steps);
  ar("mission", mission);
  ar("x", x);
  ar("y", y);
  ar("direction", direction);
  ar("carrying", carrying);
  ar("carried_content", carried_content);
  ar("target", target);
  ar("last", last);
  ar("num_contents", num_contents);
  static_assert(sizeof contents == 3 * kMaxContents, "no padding");
  ar.Block("contents", contents.data(), sizeof contents);
}

void MiniGrid::Serialize(Archive& ar) {
  ar.Section("minigrid", 1, [&](int) {
    for (State& state : states_) ar("state", state);
    ar.Block("cells", cells_.data(), cells_.size());
    ar.Block("memories", memories_.data(), memories_.size());
    for (LevelPicker& picker : pickers_) ar("level_picker", picker);
    for (const auto& wrapper : wrappers_) {
      for (std::size_t row = 0; row < states_.size(); ++row) wrapper->SerializeRow(ar, row);
    }
  });
}

void MiniGrid::SerializeRow(Archive& ar, int row) {
  const auto r = static_cast<std::size_t>(row);
  ar.Section("minigrid row", 1, [&](int) {
    const std::array<std::int32_t, 6> shape = {layout_.width,
                                               layout_.height,
                                               layout_.view,
                                               spec_.max_steps,
                                               static_cast<std::int32_t>(family_->info().missions.size()),
                                               static_cast<std::int32_t>(wrappers_.size())};
    auto stored = shape;
    ar("shape", stored);
    if (stored != shape) throw SystemError("a snapshot of an environment with another config cannot be restored");
    ar("state", states_[r]);
    ar.Block("cells", cells(r), row_bytes_);
    ar.Block("memory", memory(r), memory_bytes_);
    if (levels_) ar("level_picker", pickers_[r]);
    for (const auto& wrapper : wrappers_) wrapper->SerializeRow(ar, r);
  });
}

std::string MiniGrid::Mission(int row) const {
  const auto r = static_cast<std::size_t>(row);
  return family_->MissionText(states_[r], memory(r));
}

GridState MiniGrid::Inspect(int row) const {
  const auto r = static_cast<std::size_t>(row);
  const State& state = states_[r];
  GridState out;
  out.width = layout_.width;
  out.height = layout_.height;
  for (int x = 0; x < layout_.width; ++x) {
    for (int y = 0; y < layout_.height; ++y) {
      const auto code = Encode(cells(r)[layout_.offset(x, y)]);
      out.grid.insert(out.grid.end(), code.begin(), code.end());
    }
  }
  for (int i = 0; i < state.num_contents; ++i) {
    const BoxContent& box = state.contents[static_cast<std::size_t>(i)];
    const auto code = Encode(box.cell);
    out.box.push_back({box.x, box.y, code[0], code[1], code[2]});
  }
  std::sort(out.box.begin(), out.box.end());
  out.agent = {state.x, state.y, state.direction};
  out.mission = Mission(row);
  out.step_count = state.step_count;
  out.max_steps = state.max_steps;
  if (state.carrying != 0) {
    const auto code = Encode(state.carrying);
    out.carrying = {code[0], code[1], code[2]};
  }
  if (state.carried_content != 0) {
    const auto code = Encode(state.carried_content);
    out.carried_content = {code[0], code[1], code[2]};
  }
  out.rng = state.rng.state();
  return out;
}

void MiniGrid::Render(int row, const RenderOptions& options, Picture* out) const {
  const auto r = static_cast<std::size_t>(row);
  const Tiles& tiles = Tiles::OfSize(options.scale);
  const Scene scene = SceneOf(r);
  const bool world = options.view == RenderOptions::kWorld;
  out->width = (world ? layout_.width : layout_.view) * options.scale;
  out->height = (world ? layout_.height : layout_.view) * options.scale;
  out->rgb.resize(static_cast<std::size_t>(out->width) * static_cast<std::size_t>(out->height) * 3);
  if (world)
    RenderWorld(tiles, scene, options.highlight, out->rgb.data());
  else
    RenderView(tiles, scene, out->rgb.data());
}

GridGoal MiniGrid::Goal(int row) const {
  const auto r = static_cast<std::size_t>(row);
  const GridGoal goal = family_->Goal(states_[r]);
  const auto has_goal_cell = [&] {
    return std::any_of(cells(r), cells(r) + row_bytes_, [](Cell cell) { return KindOf(cell) == kGoal; });
  };
  return goal.kind == GridGoal::kReach && !has_goal_cell() ? GridGoal{} : goal;
}

}  // namespace rove::minigrid
