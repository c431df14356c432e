// States from outside: the grid in upstream's codes to cells, checked.
#include <fmt/format.h>

#include <algorithm>

#include "core/archive.h"
#include "envs/minigrid/minigrid_env.h"

namespace rove::minigrid {
namespace {

template <class... Args>
[[noreturn]] void Refuse(fmt::format_string<Args...> format, Args&&... args) {
  throw UserError("set_state: " + fmt::format(format, std::forward<Args>(args)...));
}

// The cell that has this code, where the grid may have it.
Cell FromCode(const std::array<int, 3>& code, const std::string& place) {
  const auto [type, color, state] = code;
  const bool known = type >= kEmpty && type <= kLava && color >= 0 && color < kNumColors && state >= 0 && state <= 2;
  if (!known || (state != 0 && type != kDoorOpen))
    Refuse("{}: [{}, {}, {}] is the code of no object (type, colour, state)", place, type, color, state);
  if (type == kEmpty) return kEmptyCell;
  const Kind kind = state == 1 ? kDoorClosed : state == 2 ? kDoorLocked : static_cast<Kind>(type);
  return MakeCell(kind, static_cast<Color>(color));
}

Cell Carried(const std::array<int, 3>& code, const std::string& place) {
  const Cell cell = FromCode(code, place);
  if (!CanPickUp(cell)) Refuse("{}: expected a key (5), a ball (6) or a box (7), got type {}", place, code[0]);
  return cell;
}

}  // namespace

void MiniGrid::SetState(int row, const GridState& from, const StepColumns& out) {
  const auto r = static_cast<std::size_t>(row);
  State state = states_[r];
  std::vector<std::uint8_t> bytes(cells(r), cells(r) + row_bytes_), memories(memory(r), memory(r) + memory_bytes_);

  if (from.width != layout_.width || from.height != layout_.height)
    Refuse("the grid is {} x {}, that of this environment {} x {}", from.width, from.height, layout_.width, layout_.height);
  if (from.grid.size() != static_cast<std::size_t>(3 * from.width * from.height))
    Refuse("the grid has {} numbers, expected width x height x 3 = {}", from.grid.size(), 3 * from.width * from.height);
  for (int x = 0; x < layout_.width; ++x) {
    for (int y = 0; y < layout_.height; ++y) {
      const std::uint8_t* const code = from.grid.data() + layout_.index(x, y) * 3;
      bytes[static_cast<std::size_t>(layout_.offset(x, y))] =
          FromCode({code[0], code[1], code[2]}, fmt::format("cell ({}, {})", x, y));
    }
  }
  const auto at = [&](int x, int y) { return bytes[static_cast<std::size_t>(layout_.offset(x, y))]; };

  const auto [x, y, direction] = from.agent;
  if (!layout_.inside(x, y) || direction < 0 || direction > 3)
    Refuse("the agent [{}, {}, {}] is outside of the grid or of the directions 0 to 3", x, y, direction);
  if (!CanOverlap(at(x, y))) Refuse("the agent's cell ({}, {}) holds an object of type {}", x, y, Encode(at(x, y))[0]);
  state.x = static_cast<std::int16_t>(x);
  state.y = static_cast<std::int16_t>(y);
  state.direction = static_cast<std::uint8_t>(direction);

  state.carrying = from.carrying ? Carried(*from.carrying, "carrying") : Cell{0};
  state.carried_content = 0;
  if (from.carried_content) {
    if (KindOf(state.carrying) != kBox) Refuse("something is said to be in a carried box, but none is carried");
    state.carried_content = Carried(*from.carried_content, "the content of the carried box");
  }
  state.num_contents = 0;
  if (const std::size_t filled = from.box.size() + from.carried_content.has_value(); filled > kMaxContents)
    Refuse("{} boxes have a content, at most {} can", filled, kMaxContents);
  for (const auto& [box_x, box_y, type, color, code] : from.box) {
    const std::string place = fmt::format("the content of box ({}, {})", box_x, box_y);
    if (!layout_.inside(box_x, box_y) || KindOf(at(box_x, box_y)) != kBox) Refuse("{}: there is no box", place);
    if (State(state).TakeContent(box_x, box_y) != 0) Refuse("{} is given twice", place);
    state.PutContent(box_x, box_y, Carried({type, color, code}, place));
  }

  if (from.step_count < 0 || from.step_count >= state.max_steps)
    Refuse("step count {} is not in 0..{}, below the time limit", from.step_count, state.max_steps - 1);
  state.step_count = from.step_count;
  if (!from.mission.empty() && from.mission != family_->MissionText(state, memory(r))) {
    const auto& texts = family_->info().missions;
    const auto found = std::ranges::find(texts, from.mission);
    if (found == texts.end()) Refuse("\"{}\" is no mission of this environment", OneLine(from.mission));
    state.mission = static_cast<std::int32_t>(found - texts.begin());
  }
  state.last = 0;
  state.target = 0;
  state.grid_key = tables_.GridKey(bytes.data());
  Play play(tables_, state, bytes.data(), memories.data());
  if (const std::string lack = family_->Adopt(play); !lack.empty()) Refuse("{}", lack);

  states_[r] = state;
  std::ranges::copy(bytes, cells(r));
  std::ranges::copy(memories, memory(r));
  out.reward[r] = 0;
  out.discount[r] = 1;
  out.end[r] = 0;
  out.step_type[r] = state.step_count > 0 ? StepType::kMid : StepType::kFirst;
  Observe(r, out);
}

}  // namespace rove::minigrid
