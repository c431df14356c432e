// Crossing: rivers of lava or walls across a room, each with one opening on a path to the goal. Levels as Farama Minigrid 3.1.0,
// envs/crossing.py.
#include <algorithm>
#include <array>

#include "envs/minigrid/family.h"

namespace rove::minigrid {
namespace {

struct Options {
  int size = 9, num_crossings = 1;  // size is odd
  bool lava = true;                 // else walls
};

class Crossing final : public Family {
 public:
  explicit Crossing(const Options& o)
      : Family(
            {{o.size, o.size},
             4 * o.size * o.size,
             false,
             {o.lava ? "avoid the lava and get to the green goal square" : "find the opening and get to the green goal square"}}),
        options_(o) {}

  // How many rivers there is room for: on every second line, both ways.
  static int MaxCrossings(int size) { return size - 3; }

  void Generate(Level& level) const override {
    const int last = level.width() - 1;
    const Cell obstacle = options_.lava ? kLavaCell : kWallCell;
    level.WallRect(level.whole());
    level.SetAgent(1, 1, 0);
    level.Set(last - 1, last - 1, kGoalCell);

    std::array<River, kMaxSide> rivers;
    std::size_t count = 0;
    for (const bool vertical : {true, false}) {
      for (int at = 2; at < last - 1; at += 2) rivers[count++] = {vertical, at};
    }
    level.Shuffle(std::span(rivers).first(count));
    count = std::min(count, static_cast<std::size_t>(options_.num_crossings));
    // Bounds of the strips that the chosen rivers cut the room into, by column and by row, walls included.
    Bounds columns, rows;
    columns.Add(0);
    rows.Add(0);
    std::sort(rivers.begin(), rivers.begin() + static_cast<std::ptrdiff_t>(count),
              [](const River& a, const River& b) { return a.at < b.at; });
    for (const River& river : std::span(rivers).first(count)) (river.vertical ? columns : rows).Add(river.at);
    columns.Add(last);
    rows.Add(last);
    for (std::size_t k = 1; k + 1 < rows.count; ++k) level.HorizontalLine(1, rows.at[k], last - 1, obstacle);
    for (std::size_t k = 1; k + 1 < columns.count; ++k) level.VerticalLine(columns.at[k], 1, last - 1, obstacle);

    // A path is an order of crossing them; each is opened within the strip that the path is in then.
    std::array<bool, kMaxSide> path{};  // true: to the right
    std::fill_n(path.begin(), columns.count - 2, true);
    level.Shuffle(std::span(path).first(count));
    std::size_t column = 0, row = 0;
    for (const bool right : std::span(path).first(count)) {
      if (right) {
        level.Set(columns.at[column + 1], level.I(rows.at[row] + 1, rows.at[row + 1]), kEmptyCell);
        ++column;
      } else {
        level.Set(level.I(columns.at[column] + 1, columns.at[column + 1]), rows.at[row + 1], kEmptyCell);
        ++row;
      }
    }
  }

 private:
  struct River {
    bool vertical;
    int at;  // column, or row
  };
  struct Bounds {
    std::array<int, kMaxSide> at;
    std::size_t count = 0;
    void Add(int bound) { at[count++] = bound; }
  };
  Options options_;
};

std::unique_ptr<Family> FromConfig(const Config& config) {
  Options o;
  config.Get("size", &o.size, InRange(5, kMaxSide - 1));
  if (o.size % 2 == 0) config.At("size").Fail("expected an odd number, got " + std::to_string(o.size));
  config.Get("num_crossings", &o.num_crossings, InRange(1, Crossing::MaxCrossings(o.size)));
  config.Get("lava", &o.lava);
  return std::make_unique<Crossing>(o);
}

FamilyRegistrar Register(const Options& o) {
  const std::string name = "S" + std::to_string(o.size) + "N" + std::to_string(o.num_crossings);
  return {"MiniGrid-" + std::string(o.lava ? "Lava" : "Simple") + "Crossing" + name + "-v0",
          std::to_string(o.num_crossings) + (o.lava ? " rivers of lava" : " walls") + " with openings, on a " +
              SideBySide(o.size) + " grid",
          [=](const Config&) { return std::make_unique<Crossing>(o); }};
}
const FamilyRegistrar kCrossings[] = {
    Register({9, 1, true}),
    Register({9, 2, true}),
    Register({9, 3, true}),
    Register({11, 5, true}),
    Register({9, 1, false}),
    Register({9, 2, false}),
    Register({9, 3, false}),
    Register({11, 5, false}),
    {"minigrid/crossing", "rivers with openings: size (odd), num_crossings, lava (or walls)", FromConfig},
};

}  // namespace
}  // namespace rove::minigrid
