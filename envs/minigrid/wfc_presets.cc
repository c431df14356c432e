#include "envs/minigrid/wfc_presets.h"

namespace rove::minigrid {
namespace {

// Windows of the samples, '.' 0, '#' 1 (the wall), 'o' 2. The samples, repeated in all directions, are
//   MazeSimple  ObstaclesBlackdots  RoomsFabric  ObstaclesAngular  ObstaclesHogs3
//   ....        ...                 ..#..        ...........       .................
//   .###        .#.                 ..o..        .....#####.       .......#....#....
//   .#.#        ...                 #####        .....#####.       ..#...###..###...
//   .###                            ..o..        .....#####.       .###...#....#....
//                                   ..#..        .....#####.       ..#..............
//                                                .#########.       .........#.......
//                                                .#########.       ....#...###...#..
//   DungeonMazeScaled is MazeSimple              .#########.       ...###...#...###.
//   with every pixel twice in both               .#########.       ....#.........#..
//   directions.                                  .#########.       .................
//                                                ...........       .......#....#....
//                                                                  ..#...###..###...
//                                                                  .###...#....#....
//                                                                  ..#..#...#....#..
//                                                                  ....###.###..###.
//                                                                  .....#...#....#..
//                                                                  .................
// They come from mxgmn's WaveFunctionCollapse (MIT licence), by way of upstream's envs/wfc/patterns. There '.' is white, '#'
// black and 'o' another white, which tells windows apart: (254, 254, 254), of all greys the one with which the recorded levels
// come out. The order of windows is that of a hash of their pixels which upstream draws with a fixed seed:
// make_pattern_catalog_with_rotations (wfclogic/patterns.py) was run on these samples and its list printed.
// tests/envs/minigrid_wfc_test.cc compares windows and weights with the samples.
constexpr Window kMazeSimple[] = {{0x4, 8},  {0x44, 8}, {0x5, 8}, {0x54, 8}, {0x15, 8}, {0x45, 8},
                                  {0x10, 8}, {0x40, 8}, {0x1, 8}, {0x50, 8}, {0x11, 8}, {0x51, 8}};
constexpr Window kDungeonMazeScaled[] = {{0x4, 8}, {0x44, 8}, {0x5, 8},  {0x54, 8}, {0x15, 8}, {0x45, 8}, {0x55, 8},
                                         {0x0, 8}, {0x10, 8}, {0x40, 8}, {0x1, 8},  {0x50, 8}, {0x11, 8}, {0x51, 8}};
constexpr Window kRoomsFabric[] = {
    {0x16000, 4}, {0x20410, 4}, {0x4984, 4},  {0x4215, 4},  {0x8104, 4},  {0x10420, 4}, {0x1095, 4},  {0x20560, 4},
    {0x10815, 4}, {0x10650, 4}, {0x1641, 4},  {0x2041, 4},  {0x2542, 4},  {0x4108, 4},  {0x1059, 4},  {0x15204, 4},
    {0x8548, 4},  {0x4104, 4},  {0x10419, 4}, {0x19041, 4}, {0x15810, 4}, {0x15081, 4}, {0x15000, 4}, {0x940, 4},
    {0x26104, 4}, {0x19410, 4}, {0x15, 4},    {0x580, 4},   {0x16, 4},    {0x25000, 4}, {0x1041, 4},  {0x1042, 4},
    {0x0, 8},     {0x10410, 4}, {0x25, 4},    {0x540, 4},   {0x4126, 4}};
constexpr Window kObstaclesBlackdots[] = {{0x4, 8}, {0x0, 8}, {0x10, 8}, {0x40, 8}, {0x1, 8}};
constexpr Window kObstaclesAngular[] = {
    {0x41, 8},    {0x15145, 2}, {0x410, 8},   {0x15514, 2}, {0x15554, 2}, {0x15545, 2}, {0x5145, 8},  {0x145, 8},   {0x15555, 8},
    {0x1555, 2},  {0x1055, 2},  {0x10555, 2}, {0x5155, 2},  {0x14514, 8}, {0x514, 8},   {0x14, 8},    {0x15000, 8}, {0x1000, 8},
    {0x5, 8},     {0x10000, 8}, {0x10415, 2}, {0x14515, 2}, {0x15540, 8}, {0x15, 8},    {0x1040, 8},  {0x5140, 8},  {0x5555, 2},
    {0x15550, 2}, {0x14555, 2}, {0x555, 8},   {0x15541, 2}, {0x15041, 2}, {0x1041, 8},  {0x10400, 8}, {0x5000, 8},  {0x14500, 8},
    {0x14000, 8}, {0x0, 8},     {0x15410, 2}, {0x10410, 8}, {0x10, 8},    {0x1, 8}};
constexpr Window kObstaclesHogs3[] = {
    {0x5050, 8},  {0x50, 6},   {0x11, 4},    {0x14400, 8}, {0x400, 8},   {0x4000, 8},  {0x1004, 4},  {0x10004, 4},
    {0x14401, 8}, {0x440, 4},  {0x4010, 6},  {0x401, 6},   {0x4001, 6},  {0x15100, 8}, {0x10045, 8}, {0x115, 8},
    {0x4, 8},     {0x1414, 8}, {0x1141, 8},  {0x1000, 8},  {0x10000, 8}, {0x1010, 8},  {0x10510, 8}, {0x10010, 2},
    {0x45, 8},    {0x1001, 2}, {0x10040, 4}, {0x10001, 8}, {0x4004, 4},  {0x414, 8},   {0x10050, 2}, {0x1400, 4},
    {0x4544, 8},  {0x0, 8},    {0x11004, 4}, {0x1401, 2},  {0x5040, 8},  {0x10, 8},    {0x40, 8},    {0x1, 8}};

constexpr WfcPreset kPresets[] = {
    {"MazeSimple", "a maze of thin walls", 2, false, kMazeSimple},
    {"DungeonMazeScaled", "a maze of thick walls", 2, true, kDungeonMazeScaled},
    {"RoomsFabric", "rooms with gaps in their walls", 3, false, kRoomsFabric},
    {"ObstaclesBlackdots", "single walls strewn about", 2, false, kObstaclesBlackdots},
    {"ObstaclesAngular", "angular blocks of wall", 3, true, kObstaclesAngular},
    {"ObstaclesHogs3", "small crosses of wall", 3, true, kObstaclesHogs3},
};

}  // namespace

std::span<const WfcPreset> WfcPresets() { return kPresets; }

}  // namespace rove::minigrid
