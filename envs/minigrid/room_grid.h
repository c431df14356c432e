// RoomGrid: rooms of one size in rows and columns that share their walls; the building blocks of KeyCorridor and later families.
// Draw order as Farama Minigrid 3.1.0, core/roomgrid.py. Sides: 0 right, 1 down, 2 left, 3 up. (i, j) is (column, row).
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "envs/minigrid/level.h"

namespace rove::minigrid {

class RoomGrid {
 public:
  // Draws walls and door positions, and puts the agent provisionally into the middle of the middle room, where placement avoids
  // it and its neighbours.
  RoomGrid(Level& level, int room_size, int rows, int columns);

  static Layout LayoutOf(int room_size, int rows, int columns) {
    return {(room_size - 1) * columns + 1, (room_size - 1) * rows + 1};
  }

  // An object in a room; a colour not given is drawn. At most 1001 tries, then LevelFailed.
  Cell AddObject(int i, int j, Kind kind, std::optional<Color> color = {});
  Color AddDoor(int i, int j, int side, bool locked, std::optional<Color> color = {});
  void RemoveWall(int i, int j, int side);
  // Into a room, until the cell in front is empty or wall. Upstream never returns if no cell of the room allows that:
  // LevelFailed.
  void PlaceAgent(int i, int j);
  // Unlocked doors at random until all rooms are connected to the agent's (locked doors count as connections).
  void ConnectAll();

 private:
  struct Room {
    Rect rect;
    std::array<Point, 4> door{};      // where a door to the neighbour goes
    std::array<bool, 4> connected{};  // a door, or no wall
    bool locked = false;
  };
  Room& room(int i, int j) { return rooms_[static_cast<std::size_t>(j * columns_ + i)]; }
  bool has_neighbor(int i, int j, int side) const;
  Room& neighbor(int i, int j, int side) {
    return room(i + kDx[static_cast<std::size_t>(side)], j + kDy[static_cast<std::size_t>(side)]);
  }
  bool AllReachable();

  Level& level_;
  int room_size_, rows_, columns_;
  std::vector<Room> rooms_;
};

}  // namespace rove::minigrid
