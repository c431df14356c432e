// WFC: a maze, rooms or obstacles that look like a small sample picture, drawn by Wave Function Collapse; start and goal anywhere
// in its largest connected part. Levels as Farama Minigrid 3.1.0, envs/wfc/wfcenv.py and graphtransforms.py.
#include <algorithm>
#include <numeric>

#include "envs/minigrid/family.h"
#include "envs/minigrid/python_set.h"
#include "envs/minigrid/wfc_presets.h"

namespace rove::minigrid {
namespace {

struct Options {
  int preset = 0, size = 25;
  // Which networkx numbers the cells of a part that holds less than half of all open ones; start and goal depend on it.
  enum Networkx { kUpTo31, kFrom32 } networkx = kUpTo31;
};

// Open cells that hang together, in an order. Cells are those of the picture: (0, 0) is the level's (1, 1), within its border.
struct Part {
  std::array<Spot, OverlapModel::kMaxCells> cells;
  std::size_t size = 0;
  void Add(Spot spot) { cells[size++] = spot; }
  std::span<const Spot> span() const { return std::span(cells).first(size); }
};
bool IsOpen(const Level& level, Point p) { return level.Get(p.x + 1, p.y + 1) == kEmptyCell; }
void Set(Level& level, Point p, Cell cell) { level.Set(p.x + 1, p.y + 1, cell); }

template <class F>
void ForEachOpenBeside(const Level& level, Spot at, const F& f) {  // in upstream's order
  for (const int d : {2, 3, 0, 1}) {
    if (const Point p = {at.x + kDx[d], at.y + kDy[d]}; IsOpen(level, p)) f(ToSpot(p));
  }
}

class Wfc final : public Family {
 public:
  explicit Wfc(const Options& o)
      : Family({{o.size, o.size}, 20 * o.size, false, {"traverse the maze to get to the goal"}}),
        model_(PresetOf(o).window_side, PresetOf(o).windows, o.size - 2, PresetOf(o).periodic),
        networkx_(o.networkx) {}

  void Generate(Level& level) const override {
    level.WallRect(level.whole());
    DrawPicture(level);
    Part part;
    KeepLargestPart(level, &part);
    if (part.size < 2) throw LevelFailed{};
    std::array<std::uint16_t, OverlapModel::kMaxCells> numbers;
    const auto drawn = std::span(numbers).first(part.size);
    std::iota(drawn.begin(), drawn.end(), std::uint16_t{0});
    level.Shuffle(drawn);
    Set(level, part.cells[drawn[1]], kGoalCell);
    const Spot start = part.cells[drawn[0]];
    level.SetAgent(start.x + 1, start.y + 1, level.I(0, 4));
  }

 private:
  static const WfcPreset& PresetOf(const Options& o) { return WfcPresets()[static_cast<std::size_t>(o.preset)]; }

  void DrawPicture(Level& level) const {
    std::array<std::uint8_t, OverlapModel::kMaxCells> colors;
    model_.Draw(level.state().rng, colors);
    const int side = model_.side();
    for (int x = 0; x < side; ++x) {
      for (int y = 0; y < side; ++y) {
        if (colors[static_cast<std::size_t>(side * x + y)] == kWfcWall) Set(level, {x, y}, kWallCell);
      }
    }
  }

  // Of several largest the first; all others become wall.
  void KeepLargestPart(Level& level, Part* part) const {
    Part seen;  // part after part; they become wall meanwhile
    std::size_t first = 0, size = 0;
    const auto take = [&](Spot spot) {
      Set(level, spot, kWallCell);
      seen.Add(spot);
    };
    ForEachOpen(level, [&](Spot spot) {
      const std::size_t begin = seen.size;
      take(spot);
      for (std::size_t k = begin; k < seen.size; ++k) ForEachOpenBeside(level, seen.cells[k], take);
      if (seen.size - begin <= size) return;
      first = begin;
      size = seen.size - begin;
    });
    const auto largest = seen.span().subspan(first, size);
    for (const Spot spot : largest) Set(level, spot, kEmptyCell);
    if (2 * size < seen.size)
      NumberBySets(level, largest, part);
    else
      ForEachOpen(level, [&](Spot spot) { part->Add(spot); });
  }
  template <class F>
  void ForEachOpen(const Level& level, const F& f) const {
    for (int x = 0; x < model_.side(); ++x) {
      for (int y = 0; y < model_.side(); ++y) {
        if (IsOpen(level, {x, y})) f(ToSpot({x, y}));
      }
    }
  }

  // networkx walks over the smaller of two things, all nodes or a set of those to keep; here the latter, which is a set made of a
  // set made of the set that its search has found.
  void NumberBySets(const Level& level, std::span<const Spot> largest, Part* part) const {
    static_assert(OverlapModel::kMaxCells / 2 <= PythonSet::kMaxSize);
    PythonSet found, copy;
    if (networkx_ == Options::kUpTo31) {  // a search whose levels are sets
      PythonSet levels[2];
      PythonSet *now = &levels[0], *next = &levels[1];
      next->Add(largest[0]);
      while (next->size() > 0) {
        std::swap(now, next);
        next->Clear();
        now->ForEach([&](Spot spot) {
          if (found.Add(spot)) ForEachOpenBeside(level, spot, [&](Spot beside) { next->Add(beside); });
        });
      }
    } else {  // whose levels are lists, as in KeepLargestPart
      for (const Spot spot : largest) found.Add(spot);
    }
    found.ForEach([&](Spot spot) { copy.Add(spot); });
    found.Clear();
    copy.ForEach([&](Spot spot) { found.Add(spot); });
    found.ForEach([&](Spot spot) { part->Add(spot); });
  }

  OverlapModel model_;
  Options::Networkx networkx_;
};

std::unique_ptr<Family> FromConfig(const Config& config) {
  Options o;
  std::vector<std::string_view> names;
  for (const WfcPreset& preset : WfcPresets()) names.push_back(preset.name);
  config.Choice("preset", &o.preset, names);
  config.Get("size", &o.size, InRange(5, kMaxSide));
  config.GetEnum("networkx", &o.networkx, {"3.1", "3.2"});
  return std::make_unique<Wfc>(o);
}

FamilyRegistrar Register(int preset) {
  const WfcPreset& p = WfcPresets()[static_cast<std::size_t>(preset)];
  return {"MiniGrid-WFC-" + std::string(p.name) + "-v0", std::string(p.doc) + ", on a 25x25 grid",
          [preset](const Config&) { return std::make_unique<Wfc>(Options{.preset = preset}); }};
}
const FamilyRegistrar kWfc[] = {
    Register(0),
    Register(1),
    Register(2),
    Register(3),
    Register(4),
    Register(5),
    {"minigrid/wfc", "levels that look like a sample: preset, size, networkx", FromConfig},
};

}  // namespace
}  // namespace rove::minigrid
