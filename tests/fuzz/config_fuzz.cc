// Any bytes as a config: either one Error(kUser) of one line, or a resolved text that reads back as itself.
// Input: the YAML text, then after a byte 0 one override.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/error.h"

namespace {

// Reads every key as the type that its first letter names; keys of another letter stay unread.
void ReadAll(const rove::Config& config) {
  const auto get = [&](const std::string& key, auto value) { config.Get(key, &value, rove::Range{}); };
  for (const std::string& key : config.Keys()) {
    switch (key.empty() ? '\0' : key[0]) {
      case 'b': get(key, false); break;
      case 'i': get(key, 0); break;
      case 'u': get(key, std::uint64_t{0}); break;
      case 'f': get(key, 0.0f); break;
      case 'd': get(key, 0.0); break;
      case 's': get(key, std::string()); break;
      case 'v': get(key, std::vector<int>()); break;
      case 'w': get(key, std::vector<std::string>()); break;
      case 'm': ReadAll(config.At(key)); break;
      case 'l':
        for (const rove::Config& element : config.List(key)) ReadAll(element);
        break;
      default: break;
    }
  }
}

std::string Resolve(const std::string& text, const std::vector<std::string>& overrides) {
  const rove::Config config = rove::Config::Parse(text, "fuzz.yaml", overrides);
  ReadAll(config);
  return config.Resolved();
}

void Require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto zero = input.find('\0');
  const std::string text = input.substr(0, zero);
  if (text.find("include") != text.npos) return 0;  // would read files
  std::vector<std::string> overrides;
  if (zero != input.npos) overrides.push_back(input.substr(zero + 1));
  std::string resolved;
  try {
    resolved = Resolve(text, overrides);
  } catch (const rove::Error& error) {
    Require(error.kind() == rove::ErrorKind::kUser, "not a user error");
    Require(std::string(error.what()).find('\n') == std::string::npos, "an error of two lines");
    return 0;
  }
  try {
    const std::string again = Resolve(resolved, {});
    Require(again == resolved, "the resolved text\n" + resolved + "\nresolves to\n" + again);
  } catch (const rove::Error& error) {
    Require(false, "the resolved text\n" + resolved + "\nis refused: " + error.what());
  }
  return 0;
}
