// Output columns of a level's mission text, as upstream's wrappers encode it: Farama Minigrid 3.2.0, wrappers.py.
#include <algorithm>
#include <cstring>

#include "envs/minigrid/family.h"
#include "envs/minigrid/outputs.h"

namespace rove::minigrid {
namespace {

constexpr std::size_t kMaxWords = 50;
constexpr Word kLastWord = WordNumber("maze");  // of those that DictObservationSpaceWrapper knows

using Sentence = std::array<std::int32_t, kMaxWords>;

// Fails where upstream raises: an unknown word, or no room for a final zero.
Sentence WordIds(const std::string& text, const Config& place) {
  Sentence sentence{};
  std::size_t count = 0;
  std::string word;
  const auto end_word = [&] {
    if (word.empty()) return;
    const Word number = WordNumber(word);
    if (number == 0 || number > kLastWord)
      place.Fail("mission_words has no word \"" + word + "\", which mission \"" + text + "\" holds");
    if (count + 1 >= kMaxWords) place.Fail("mission_words has room for 49 words, fewer than mission \"" + text + "\" has");
    sentence[count++] = number;
    word.clear();
  };
  for (const char c : text) {
    if (c == ' ' || c == ',') end_word();
    if (c == ',') {
      word = ",";
      end_word();
    }
    if (c != ' ' && c != ',') word += c;
  }
  end_word();
  return sentence;
}

constexpr int kFlatChars = 96, kCharCodes = 28;  // of FlatObsWrapper: a-z, space, comma

std::string CharCodes(const std::string& text, const Config& place) {
  if (text.size() > kFlatChars) place.Fail("flat has room for 96 characters, fewer than mission \"" + text + "\" has");
  std::string codes;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
    if (!upper && !lower && c != ' ' && c != ',')
      place.Fail("flat has letters, spaces and commas only; mission \"" + OneLine(text) + "\" holds '" + OneLine({&c, 1}) + "'");
    codes += static_cast<char>(upper ? c - 'A' : lower ? c - 'a' : c == ' ' ? 26 : 27);
  }
  return codes;
}

void RefuseBabyAi(const OutputDeps& deps, const std::string& name) {
  if (deps.info.mission_tokens > 0) deps.config.At("outputs").Fail(name + " is not for BabyAI, as upstream; take mission_tokens");
}

const OutputRegistrar kOutputs[] = {
    {"mission_tokens",
     [](const OutputDeps& deps) -> Output {
       const int length = deps.info.mission_tokens;
       if (length == 0) deps.config.At("outputs").Fail("mission_tokens is BabyAI's; take mission_words or mission");
       return {{"mission_tokens", DType::kI32, {length}, {0}, {kNumMissionWords}, Role::kPolicy},
               [length](const Scene& scene, void* to) {
                 const std::span<const Word> words = scene.mission_words();
                 auto* const tokens = static_cast<std::int32_t*>(to);
                 std::fill(std::copy(words.begin(), words.end(), tokens), tokens + length, 0);
               }};
     }},
    {"mission_words",
     [](const OutputDeps& deps) -> Output {
       RefuseBabyAi(deps, "mission_words");
       std::vector<Sentence> sentences;
       for (const std::string& text : deps.info.missions) sentences.push_back(WordIds(text, deps.config.At("outputs")));
       return {{"mission_words", DType::kI32, {kMaxWords}, {0}, {kLastWord}, Role::kPolicy},
               [sentences](const Scene& scene, void* to) {
                 const Sentence& sentence = sentences[static_cast<std::size_t>(scene.state().mission)];
                 std::memcpy(to, sentence.data(), sizeof sentence);
               }};
     }},
    {"flat",
     [](const OutputDeps& deps) -> Output {
       RefuseBabyAi(deps, "flat");
       std::vector<std::string> texts;
       for (const std::string& text : deps.info.missions) texts.push_back(CharCodes(text, deps.config.At("outputs")));
       const std::int64_t image = std::int64_t{deps.info.layout.view} * deps.info.layout.view * 3;
       return {{"flat", DType::kU8, {image + kFlatChars * kCharCodes}, {0}, {kAgent}, Role::kPolicy},
               [texts](const Scene& scene, void* to) {
                 auto* out = static_cast<std::uint8_t*>(to);
                 std::memcpy(out, scene.image(), static_cast<std::size_t>(scene.image_bytes()));
                 out += scene.image_bytes();
                 std::memset(out, 0, kFlatChars * kCharCodes);
                 for (const char code : texts[static_cast<std::size_t>(scene.state().mission)]) {
                   out[static_cast<std::size_t>(code)] = 1;
                   out += kCharCodes;
                 }
               }};
     }},
};

}  // namespace
}  // namespace rove::minigrid
