#include "envs/minigrid/mission_words.h"

namespace rove::minigrid {

std::vector<Word> MissionWords(std::string_view text) {
  std::vector<Word> words;
  while (!text.empty()) {
    const std::size_t length = text[0] == ',' ? 1 : std::min(text.find_first_of(" ,"), text.size());
    if (length > 0) words.push_back(WordNumber(text.substr(0, length)));  // 0 in a text of a config's own words
    text.remove_prefix(length);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  return words;
}

std::string MissionText(std::span<const Word> words) {
  std::string text;
  for (const Word word : words) {
    if (!text.empty() && kMissionWords[word] != ",") text += ' ';
    text += kMissionWords[word];
  }
  return text;
}

}  // namespace rove::minigrid
