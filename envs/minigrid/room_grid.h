// RoomGrid: rooms of one size in rows and columns that share their walls; the building blocks of KeyCorridor and later families.
// Draw order as Farama Minigrid 3.1.0, core/roomgrid.py. Sides: 0 right, 1 down, 2 left, 3 up. (i, j) is (column, row).
#pragma once

#include <array>
#include <optional>
#include <span>

#include "envs/minigrid/level.h"

namespace rove::minigrid {

class RoomGrid {
 public:
  static constexpr int kMaxRooms = 25;

  // Draws walls and door positions, and puts the agent provisionally into the middle of the middle room, where placement avoids
  // it and its neighbours.
  RoomGrid(Level& level, int room_size, int rows, int columns);

  static Layout LayoutOf(int room_size, int rows, int columns) {
    return {(room_size - 1) * columns + 1, (room_size - 1) * rows + 1};
  }

  struct Placed {
    Cell cell;
    Point at;
  };
  // An object in a room, not next to the agent; a colour not given is drawn. At most 1001 tries, then LevelFailed.
  Placed AddObject(int i, int j, Kind kind, std::optional<Color> color = {});
  // The same for a cell that is decided already; `content` goes into a box.
  Point PlaceInRoom(int i, int j, Cell cell, Cell content = 0);
  Point door(int i, int j, int side) const { return room(i, j).door[static_cast<std::size_t>(side)]; }  // where one is or may go
  Color AddDoor(int i, int j, int side, bool locked, std::optional<Color> color = {});
  // A side of the room that has a neighbour and no door yet, drawn until there is one; LevelFailed if there is none.
  int DrawFreeSide(int i, int j);
  void RemoveWall(int i, int j, int side);
  std::span<const Point> doors() const { return std::span(doors_).first(num_doors_); }  // those added, oldest first
  bool has_neighbor(int i, int j, int side) const;
  bool connected(int i, int j, int side) const { return room(i, j).connected[static_cast<std::size_t>(side)]; }
  int rows() const { return rows_; }
  int columns() const { return columns_; }
  const Rect& rect(int i, int j) const { return room(i, j).rect; }
  Point RoomOf(Point cell) const { return {cell.x / (room_size_ - 1), cell.y / (room_size_ - 1)}; }  // column, row
  // Into a room, until the cell in front is empty or wall. Upstream never returns if no cell of the room allows that:
  // LevelFailed.
  void PlaceAgent(int i, int j);
  // Unlocked doors of random colours until all rooms are connected to the agent's (locked doors count as connections).
  void ConnectAll(std::span<const Color> colors = kColorsByName);

 private:
  struct Room {
    Rect rect;
    std::array<Point, 4> door{};      // where a door to the neighbour goes
    std::array<bool, 4> connected{};  // a door, or no wall
    bool locked = false;
  };
  Room& room(int i, int j) { return rooms_[static_cast<std::size_t>(j * columns_ + i)]; }
  const Room& room(int i, int j) const { return rooms_[static_cast<std::size_t>(j * columns_ + i)]; }
  Room& neighbor(int i, int j, int side) {
    return room(i + kDx[static_cast<std::size_t>(side)], j + kDy[static_cast<std::size_t>(side)]);
  }
  bool AllReachable() const;

  Level& level_;
  int room_size_, rows_, columns_;
  std::array<Room, kMaxRooms> rooms_;
  std::array<Point, 2 * kMaxRooms> doors_;
  std::size_t num_doors_ = 0;
};

}  // namespace rove::minigrid
