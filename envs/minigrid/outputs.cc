// Output columns that show the grid, the agent and the hand. Those of upstream's wrappers: Farama Minigrid 3.2.0, wrappers.py.
#include "envs/minigrid/outputs.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "envs/minigrid/family.h"
#include "envs/minigrid/view.h"

namespace rove::minigrid {
namespace {

std::map<std::string, OutputMaker>& Makers() {
  static std::map<std::string, OutputMaker> makers;
  return makers;
}

std::vector<std::string> StandardNames(const FamilyInfo& info) {
  std::vector<std::string> names = {"image", "direction", "mission", "carrying", "position", "state_key"};
  if (info.mission_tokens > 0) names.push_back("mission_tokens");
  return names;
}

std::vector<Output> Make(const std::vector<std::string>& names, const OutputDeps& deps) {
  std::vector<std::string> known;
  for (const auto& [name, maker] : Makers()) known.push_back(name);
  std::vector<Output> outputs;
  for (const std::string& name : names) {
    const Config place = deps.config.At("outputs");
    const auto found = Makers().find(name);
    if (found == Makers().end()) {
      std::string all;
      for (const std::string& each : known) all += (all.empty() ? "" : ", ") + each;
      place.Fail("MiniGrid has no output \"" + name + "\"" + DidYouMean(name, known) + " (it has " + all + ")");
    }
    if (std::ranges::count(names, name) > 1) place.Fail("\"" + name + "\" is named twice");
    outputs.push_back(found->second(deps));
  }
  if (outputs.empty()) deps.config.At("outputs").Fail("is empty; name at least one");
  return outputs;
}

void WriteFull(const Scene& scene, void* to) {
  const Layout& layout = scene.layout();
  auto* out = static_cast<std::uint8_t*>(to);
  for (int x = 0; x < layout.width; ++x) {
    for (int y = 0; y < layout.height; ++y) {
      const auto code = Encode(scene.at(x, y));
      out = std::copy(code.begin(), code.end(), out);
    }
  }
  const State& state = scene.state();
  out = static_cast<std::uint8_t*>(to) + layout.index(state.x, state.y) * 3;
  out[0] = kAgent;
  out[1] = kRed;
  out[2] = state.direction;
}

void WriteSymbolic(const Scene& scene, void* to) {
  const Layout& layout = scene.layout();
  const State& state = scene.state();
  auto* out = static_cast<std::int32_t*>(to);
  for (int x = 0; x < layout.width; ++x) {
    for (int y = 0; y < layout.height; ++y) {
      const int type = Encode(scene.at(x, y))[0];
      *out++ = x;
      *out++ = y;
      *out++ = x == state.x && y == state.y ? int{kAgent} : type == kEmpty ? -1 : type;
    }
  }
}

constexpr int kTypes = 11, kStates = 3, kBits = kTypes + kNumColors + kStates;  // of one cell, one-hot

void WriteOneHot(const Scene& scene, void* to) {
  const int cells = scene.layout().view * scene.layout().view;
  auto* out = static_cast<std::uint8_t*>(to);
  std::memset(out, 0, static_cast<std::size_t>(cells) * kBits);
  const std::uint8_t* code = scene.image();
  for (int cell = 0; cell < cells; ++cell, code += 3, out += kBits) {
    out[code[0]] = 1;
    out[kTypes + code[1]] = 1;
    out[kTypes + kNumColors + code[2]] = 1;
  }
}

template <class T, class Get>
std::function<void(const Scene&, void*)> Scalar(Get get) {
  return [get](const Scene& scene, void* to) { *static_cast<T*>(to) = get(scene); };
}

const OutputRegistrar kOutputs[] = {
    {"image",
     [](const OutputDeps& deps) -> Output {
       const std::int64_t view = deps.info.layout.view;
       return {{"image", DType::kU8, {view, view, 3}, {0}, {kAgent}, Role::kPolicy}, [](const Scene& scene, void* to) {
                 std::memcpy(to, scene.image(), static_cast<std::size_t>(scene.image_bytes()));
               }};
     }},
    {"direction",
     [](const OutputDeps&) -> Output {
       return {{"direction", DType::kI32, {}, {0}, {3}, Role::kPolicy},
               Scalar<std::int32_t>([](const Scene& scene) { return scene.state().direction; })};
     }},
    {"mission",
     [](const OutputDeps& deps) -> Output {
       return {{"mission", DType::kI32, {}, {0}, {static_cast<double>(deps.info.missions.size()) - 1}, Role::kPolicy},
               Scalar<std::int32_t>([](const Scene& scene) { return scene.state().mission; })};
     }},
    {"carrying",
     [](const OutputDeps&) -> Output {
       return {{"carrying", DType::kU8, {2}, {0}, {kAgent}, Role::kPrivileged}, [](const Scene& scene, void* to) {
                 const Cell carrying = scene.state().carrying;
                 static_cast<std::uint8_t*>(to)[0] = KindOf(carrying);
                 static_cast<std::uint8_t*>(to)[1] = ColorOf(carrying);
               }};
     }},
    {"position",
     [](const OutputDeps& deps) -> Output {
       const double side = std::max(deps.info.layout.width, deps.info.layout.height) - 1;
       return {{"position", DType::kI32, {2}, {0}, {side}, Role::kPrivileged}, [](const Scene& scene, void* to) {
                 static_cast<std::int32_t*>(to)[0] = scene.state().x;
                 static_cast<std::int32_t*>(to)[1] = scene.state().y;
               }};
     }},
    {"state_key",
     [](const OutputDeps&) -> Output {
       return {{"state_key", DType::kI64, {}, {}, {}, Role::kPrivileged},
               Scalar<std::int64_t>([](const Scene& scene) { return scene.tables().StateKey(scene.state()); })};
     }},
    {"full",
     [](const OutputDeps& deps) -> Output {
       const Layout& layout = deps.info.layout;
       return {{"full", DType::kU8, {layout.width, layout.height, 3}, {0}, {kAgent}, Role::kPrivileged}, WriteFull};
     }},
    {"symbolic",
     [](const OutputDeps& deps) -> Output {
       const Layout& layout = deps.info.layout;
       TensorSpec spec{"symbolic", DType::kI32, {layout.width, layout.height, 3}, {}, {}, Role::kPrivileged};
       for (std::int64_t cell = 0; cell < spec.shape.count() / 3; ++cell) {
         spec.low.insert(spec.low.end(), {0, 0, -1});
         spec.high.insert(spec.high.end(), {layout.width - 1.0, layout.height - 1.0, kAgent});
       }
       return {spec, WriteSymbolic};
     }},
    {"one_hot",
     [](const OutputDeps& deps) -> Output {
       const std::int64_t view = deps.info.layout.view;
       return {{"one_hot", DType::kU8, {view, view, kBits}, {0}, {1}, Role::kPolicy}, WriteOneHot};
     }},
};

}  // namespace

const FamilyInfo& Scene::info() const { return family_.info(); }
std::span<const Word> Scene::mission_words() const { return family_.MissionWords(state_, memory_); }

const std::uint8_t* Scene::image() const {
  if (!has_image_) {
    const std::uint8_t* const agent_cell = cells_ + layout().offset(state_.x, state_.y);
    if (layout().view == kView)
      WriteImage(state_, reader_, agent_cell, info().see_through_walls, image_.data());
    else
      WriteView(state_, layout(), agent_cell, info().see_through_walls, image_.data());
    has_image_ = true;
  }
  return image_.data();
}

OutputRegistrar::OutputRegistrar(const std::string& name, OutputMaker maker) {
  ROVE_CHECK(Makers().emplace(name, std::move(maker)).second);  // a name registered twice is a bug
}

std::vector<Output> StandardOutputs(const FamilyInfo& info) { return Make(StandardNames(info), {Config::Parse("{}"), info}); }

std::vector<Output> ReadOutputs(const Config& config, const FamilyInfo& info) {
  std::vector<std::string> names = StandardNames(info);
  config.Get("outputs", &names);
  return Make(names, {config, info});
}

}  // namespace rove::minigrid
