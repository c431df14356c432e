// Keys that stand for MiniGrid's actions, in `rove play` and in `rove record --keys`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rove {

inline constexpr std::string_view kActionKeys = "LRFPDT.";  // actions 0..6, in upper or lower case
inline constexpr const char* kActionKeysHelp = "L R turn, F goes, P picks up, D drops, T toggles, . does nothing";

inline std::optional<std::int32_t> ActionOfKey(char key) {
  if (key >= 'a' && key <= 'z') key = static_cast<char>(key - 'a' + 'A');
  const auto action = kActionKeys.find(key);
  return action == kActionKeys.npos ? std::nullopt : std::optional(static_cast<std::int32_t>(action));
}

}  // namespace rove
