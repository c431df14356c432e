// A grid world drawn as text: '#' wall, '.' floor, 'S' start (several: uniform), 'G' goal, which pays 1 and ends the episode.
// Actions: up, right, down, left; with probability `slip` the move goes to one of the two sides instead. A wall or the edge stops
// a move. States are the cells that are no walls, row by row.
#include <array>
#include <string>

#include "envs/tabular/tabular_env.h"

namespace rove::tabular {
namespace {

const std::vector<std::string> kFourRooms = {
    "S....#.....",  //
    ".....#.....",  //
    "...........",  //
    ".....#.....",  //
    ".....#.....",  //
    "#.####.....",  //
    ".....###.##",  //
    ".....#.....",  //
    ".....#.....",  //
    "...........",  //
    ".....#....G",
};

Model MakeGridWorld(const Config& config) {
  std::vector<std::string> map = kFourRooms;
  double slip = 0.1, gamma = 0.97;
  int horizon = 100;
  config.Get("map", &map);
  config.Get("slip", &slip, InRange(0, 1));
  config.Get("horizon", &horizon, InRange(1, 1 << 20));
  config.Get("gamma", &gamma, InRange(0, 1));

  struct Cell {
    int x, y;
    char kind;
  };
  std::vector<Cell> cells;
  std::vector<std::vector<int>> state_at;  // [y][x]; -1: wall
  int starts = 0;
  for (int y = 0; y < static_cast<int>(map.size()); ++y) {
    const std::string& row = map[static_cast<std::size_t>(y)];
    if (row.size() != map[0].size()) config.At("map").Fail("row " + std::to_string(y) + " is not as long as row 0");
    state_at.emplace_back();
    for (int x = 0; x < static_cast<int>(row.size()); ++x) {
      const char kind = row[static_cast<std::size_t>(x)];
      if (std::string("#.SG").find(kind) == std::string::npos)
        config.At("map").Fail("row " + std::to_string(y) + " holds '" + OneLine({&kind, 1}) + "'; expected '#', '.', 'S' or 'G'");
      state_at.back().push_back(kind == '#' ? -1 : static_cast<int>(cells.size()));
      if (kind != '#') cells.push_back({x, y, kind});
      starts += kind == 'S';
    }
  }
  if (starts == 0) config.At("map").Fail("has no start 'S'");

  const auto move = [&](const Cell& from, int direction, double probability) -> MdpOutcome {
    constexpr std::array<int, 4> kDx = {0, 1, 0, -1}, kDy = {-1, 0, 1, 0};
    const auto d = static_cast<std::size_t>(direction % 4);
    const int x = from.x + kDx[d], y = from.y + kDy[d];
    const bool inside = y >= 0 && y < static_cast<int>(map.size()) && x >= 0 && x < static_cast<int>(map[0].size());
    int to = inside ? state_at[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] : -1;
    if (to < 0) to = state_at[static_cast<std::size_t>(from.y)][static_cast<std::size_t>(from.x)];
    const bool goal = cells[static_cast<std::size_t>(to)].kind == 'G';
    return {to, probability, goal ? 1.0 : 0.0, goal};
  };
  const auto outcomes = [&](int s, int a) -> std::vector<MdpOutcome> {
    const Cell& from = cells[static_cast<std::size_t>(s)];
    return {move(from, a, 1 - slip), move(from, a + 1, slip / 2), move(from, a + 3, slip / 2)};
  };
  std::vector<double> start;
  for (const Cell& cell : cells) start.push_back(cell.kind == 'S' ? 1.0 / starts : 0);
  const int states = static_cast<int>(cells.size());
  return {Mdp({.states = states, .actions = 4, .horizon = horizon, .gamma = gamma}, std::move(start), outcomes), 0.5};
}

const Registrar kGridWorld("tabular/grid_world", "a grid world with walls, drawn as text in its config", MakeGridWorld);

}  // namespace
}  // namespace rove::tabular
