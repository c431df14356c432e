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

Tables::Tables(const Layout& l)
    : layout(l), agent_keys(RandomWords("minigrid agent keys", static_cast<std::size_t>(l.width * l.height) * 4)) {
  constexpr std::size_t kBytes = 128;
  const std::vector<std::uint64_t> words = RandomWords("minigrid cell keys", num_cells() * kBytes);  // [cell index][cell byte]
  cell_keys.resize(words.size());
  for (std::size_t at = 0; at < words.size(); ++at) cell_keys[at % kBytes * num_cells() + at / kBytes] = words[at];
}

std::uint64_t Tables::GridKey(const std::uint8_t* cells) const {
  std::uint64_t sum = 0;
  const std::uint64_t* keys = cell_keys.data();
  for (int x = 0; x < layout.width; ++x) {
    const std::uint8_t* const column = cells + layout.offset(x, 0);
    for (int y = 0; y < layout.height; ++y) sum ^= keys[column[y] * num_cells() + static_cast<std::size_t>(y)];
    keys += layout.height;
  }
  return sum;
}

Outcome Play::Act(int action, Point at, Cell cell) {
  switch (action) {
    case kForward: return KindOf(cell) == kGoal ? Success() : Outcome{0, true};
    case kPickUp:
      state_.carrying = cell;
      state_.carried_content = KindOf(cell) == kBox ? state_.TakeContent(at.x, at.y) : Cell{0};
      Set(at, kEmptyCell);
      break;
    case kDrop:
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
    default: break;
  }
  return {};
}

}  // namespace rove::minigrid
