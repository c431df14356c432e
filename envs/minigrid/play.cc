#include "envs/minigrid/play.h"

namespace rove::minigrid {
namespace {

std::vector<std::uint64_t> RandomWords(std::string_view purpose, std::size_t count) {
  NoiseStream stream = Noise(0, purpose).At(0, 0);
  std::vector<std::uint64_t> words(count);
  for (auto& word : words) word = stream.Bits64();
  return words;
}

}  // namespace

Tables::Tables(const Layout& l, int max_steps)
    : layout(l),
      cell_keys(RandomWords("minigrid cell keys", static_cast<std::size_t>(l.width * l.height) * 128)),
      agent_keys(RandomWords("minigrid agent keys", static_cast<std::size_t>(l.width * l.height) * 4)) {
  for (int step = 0; step <= max_steps; ++step) success_reward.push_back(1 - 0.9 * (static_cast<double>(step) / max_steps));
}

Outcome Play::Base(int action) {
  ++state_.step_count;
  const Point at = front();
  const Cell cell = Get(at);
  switch (action) {
    case kTurnLeft: state_.direction = (state_.direction + 3) & 3; break;
    case kTurnRight: state_.direction = (state_.direction + 1) & 3; break;
    case kForward:
      if (!CanOverlap(cell)) break;
      state_.x = static_cast<std::int16_t>(at.x);
      state_.y = static_cast<std::int16_t>(at.y);
      if (KindOf(cell) == kGoal) return Success();
      if (KindOf(cell) == kLava) return {0, true};
      break;
    case kPickUp:
      if (!CanPickUp(cell) || state_.carrying != 0) break;
      state_.carrying = cell;
      state_.carried_content = KindOf(cell) == kBox ? state_.TakeContent(at.x, at.y) : Cell{0};
      Set(at, kEmptyCell);
      break;
    case kDrop:
      if (cell != kEmptyCell || state_.carrying == 0) break;
      Set(at, state_.carrying);
      state_.PutContent(at.x, at.y, state_.carried_content);
      state_.carrying = state_.carried_content = 0;
      break;
    case kToggle:
      if (KindOf(cell) == kDoorClosed) {
        Set(at, MakeCell(kDoorOpen, ColorOf(cell)));
      } else if (KindOf(cell) == kDoorOpen) {
        Set(at, MakeCell(kDoorClosed, ColorOf(cell)));
      } else if (KindOf(cell) == kDoorLocked) {
        if (state_.carrying == MakeCell(kKey, ColorOf(cell))) Set(at, MakeCell(kDoorOpen, ColorOf(cell)));
      } else if (KindOf(cell) == kBox) {
        const Cell content = state_.TakeContent(at.x, at.y);
        Set(at, content != 0 ? content : kEmptyCell);
      }
      break;
    default: break;  // kDone
  }
  return {};
}

}  // namespace rove::minigrid
