#include "envs/minigrid/family.h"

#include <fmt/format.h>

#include "envs/minigrid/minigrid_env.h"

namespace rove::minigrid {

FamilyRegistrar::FamilyRegistrar(const std::string& id, const std::string& doc, Maker make) {
  Envs().Add(id, doc, [make = std::move(make)](const Config& config, const EnvDeps& deps) {
    auto family = make(config);
    family->ReadLimit(config);
    family->ReadView(config);
    Setup setup = {ReadOutputs(config, family->info()), ReadWrappers(config, family->info(), deps.num_envs),
                   LevelSet::Read(config)};
    return std::make_unique<MiniGrid>(std::move(family), deps.num_envs, std::move(setup));
  });
}

Family::Family(FamilyInfo info) : info_(std::move(info)) {}

std::string Family::MissionText(const State& state, const std::uint8_t*) const {
  return info_.missions[static_cast<std::size_t>(state.mission)];
}

void Family::ReadLimit(const Config& config) { config.Get("max_steps", &info_.max_steps, InRange(1, 1 << 20)); }

void Family::ReadView(const Config& config) {
  int& view = info_.layout.view;
  config.Get("view_size", &view, InRange(3, kMaxView));
  if (view % 2 == 0) config.At("view_size").Fail(fmt::format("expected an odd number, got {}", view));
}

std::string Family::Adopt(Play& /*play*/) const {
  return info_.memory_bytes == 0 ? "" : "the task of this environment cannot be read off a grid; take a snapshot instead";
}

std::optional<Point> FindOnly(const Play& play, Cell cell) {
  std::optional<Point> found;
  for (int x = 0; x < play.layout().width; ++x) {
    for (int y = 0; y < play.layout().height; ++y) {
      if (play.Get({x, y}) != cell) continue;
      if (found) return {};
      found = Point{x, y};
    }
  }
  return found;
}

std::vector<std::string> MissionPerColor(const std::string& before, const std::string& after) {
  std::vector<std::string> texts;
  for (const char* color : kColorNames) texts.push_back(before + color + after);
  return texts;
}

bool ReadPoint(const Config& config, std::string_view key, const Layout& layout, Point* point) {
  std::vector<int> xy;
  if (!config.Has(key)) return false;
  config.Get(key, &xy);
  const int right = layout.width - 2, bottom = layout.height - 2;
  if (xy.size() != 2 || xy[0] < 1 || xy[1] < 1 || xy[0] > right || xy[1] > bottom)
    config.At(key).Fail(fmt::format("expected [x, y] inside the walls, from [1, 1] to [{}, {}]", right, bottom));
  *point = {xy[0], xy[1]};
  return true;
}

}  // namespace rove::minigrid
