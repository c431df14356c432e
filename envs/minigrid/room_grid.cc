#include "envs/minigrid/room_grid.h"

#include <cstdlib>

namespace rove::minigrid {
namespace {
constexpr int kMaxTries = 1000, kMaxConnectTries = 5000;
}

RoomGrid::RoomGrid(Level& level, int room_size, int rows, int columns)
    : level_(level), room_size_(room_size), rows_(rows), columns_(columns) {
  ROVE_CHECK_LE(rows * columns, kMaxRooms);
  const int pitch = room_size - 1;
  for (int j = 0; j < rows; ++j) {
    for (int i = 0; i < columns; ++i) {
      room(i, j).rect = {i * pitch, j * pitch, room_size, room_size};
      level.WallRect(room(i, j).rect);
    }
  }
  for (int j = 0; j < rows; ++j) {
    for (int i = 0; i < columns; ++i) {
      const Rect& r = room(i, j).rect;
      if (i < columns - 1) room(i, j).door[0] = room(i + 1, j).door[2] = {r.x + pitch, level.I(r.y + 1, r.y + pitch)};
      if (j < rows - 1) room(i, j).door[1] = room(i, j + 1).door[3] = {level.I(r.x + 1, r.x + pitch), r.y + pitch};
    }
  }
  level.SetAgent(columns / 2 * pitch + room_size / 2, rows / 2 * pitch + room_size / 2, 0);
}

bool RoomGrid::has_neighbor(int i, int j, int side) const {
  const int x = i + kDx[static_cast<std::size_t>(side)], y = j + kDy[static_cast<std::size_t>(side)];
  return x >= 0 && y >= 0 && x < columns_ && y < rows_;
}

RoomGrid::Placed RoomGrid::AddObject(int i, int j, Kind kind, std::optional<Color> color) {
  const Cell cell = MakeCell(kind, color ? *color : level_.RandomColor());
  return {cell, PlaceInRoom(i, j, cell)};
}

Point RoomGrid::PlaceInRoom(int i, int j, Cell cell, Cell content) {
  const Point agent = level_.agent();
  const Point at = level_.Place(cell, room(i, j).rect, kMaxTries,
                                [agent](Point p) { return std::abs(p.x - agent.x) + std::abs(p.y - agent.y) < 2; });
  level_.state().PutContent(at.x, at.y, content);
  return at;
}

Color RoomGrid::AddDoor(int i, int j, int side, bool locked, std::optional<Color> color) {
  const auto s = static_cast<std::size_t>(side);
  const Color drawn = color ? *color : level_.RandomColor();
  room(i, j).locked = locked;
  const Point at = room(i, j).door[s];
  level_.Set(at.x, at.y, MakeCell(locked ? kDoorLocked : kDoorClosed, drawn));
  room(i, j).connected[s] = neighbor(i, j, side).connected[(s + 2) % 4] = true;
  doors_[num_doors_++] = at;
  return drawn;
}

int RoomGrid::DrawFreeSide(int i, int j) {
  const auto free = [&](int side) { return has_neighbor(i, j, side) && !connected(i, j, side); };
  if (!free(0) && !free(1) && !free(2) && !free(3)) throw LevelFailed{};
  int side = 0;
  do side = level_.I(0, 4);
  while (!free(side));
  return side;
}

void RoomGrid::RemoveWall(int i, int j, int side) {
  const Rect& r = room(i, j).rect;
  for (int k = 1; k < room_size_ - 1; ++k) {
    switch (side) {
      case 0: level_.Set(r.x + r.width - 1, r.y + k, kEmptyCell); break;
      case 1: level_.Set(r.x + k, r.y + r.height - 1, kEmptyCell); break;
      case 2: level_.Set(r.x, r.y + k, kEmptyCell); break;
      default: level_.Set(r.x + k, r.y, kEmptyCell); break;
    }
  }
  const auto s = static_cast<std::size_t>(side);
  room(i, j).connected[s] = neighbor(i, j, side).connected[(s + 2) % 4] = true;
}

void RoomGrid::PlaceAgent(int i, int j) {
  const Rect& r = room(i, j).rect;
  const auto may_face = [&](int x, int y, std::size_t direction) {
    const Cell front = level_.Get(x + kDx[direction], y + kDy[direction]);
    return front == kEmptyCell || KindOf(front) == kWall;
  };
  const auto hopeless = [&] {
    for (int x = r.x; x < r.x + r.width; ++x) {
      for (int y = r.y; y < r.y + r.height; ++y) {
        for (std::size_t d = 0; d < 4; ++d) {
          if (level_.Get(x, y) == kEmptyCell && may_face(x, y, d)) return false;
        }
      }
    }
    return true;
  };
  const State& state = level_.state();
  for (int tries = 0;; ++tries) {
    level_.PlaceAgent(r, kMaxTries);
    if (may_face(state.x, state.y, state.direction)) return;
    if (tries == 16 && hopeless()) throw LevelFailed{};
  }
}

bool RoomGrid::AllReachable() const {
  const auto index = [this](int i, int j) { return j * columns_ + i; };
  const State& state = level_.state();
  std::array<std::uint8_t, kMaxRooms> stack;  // rooms seen and not yet left; each enters once
  std::size_t count = 0;
  std::uint32_t seen = 0;
  const auto see = [&](int room) {
    if (!(seen >> room & 1)) stack[count++] = static_cast<std::uint8_t>(room);
    seen |= 1u << room;
  };
  see(index(state.x / (room_size_ - 1), state.y / (room_size_ - 1)));
  while (count > 0) {
    const int at = stack[--count], i = at % columns_, j = at / columns_;
    for (std::size_t side = 0; side < 4; ++side) {
      if (room(i, j).connected[side]) see(index(i + kDx[side], j + kDy[side]));
    }
  }
  return seen == (1u << (rows_ * columns_)) - 1;
}

void RoomGrid::ConnectAll(std::span<const Color> colors) {
  for (int tries = 0; !AllReachable(); ++tries) {
    if (tries > kMaxConnectTries) throw LevelFailed{};
    const int i = level_.I(0, columns_), j = level_.I(0, rows_), side = level_.I(0, 4);
    if (!has_neighbor(i, j, side) || connected(i, j, side)) continue;
    if (room(i, j).locked || neighbor(i, j, side).locked) continue;
    AddDoor(i, j, side, /*locked=*/false, level_.Element(colors));
  }
}

}  // namespace rove::minigrid
