// What WFC levels look like: the presets that Farama Minigrid 3.1.0 registers, envs/wfc/config.py.
#pragma once

#include <span>
#include <string_view>

#include "envs/minigrid/overlap_model.h"

namespace rove::minigrid {

struct WfcPreset {
  std::string_view name;  // upstream's
  std::string_view doc;
  int window_side;
  bool periodic;  // the level's inside goes on at the opposite edge
  std::span<const Window> windows;
};
constexpr int kWfcWall = 1;  // the colour of windows that is wall; all others are open

std::span<const WfcPreset> WfcPresets();

}  // namespace rove::minigrid
