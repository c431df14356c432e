// Any bytes as an archive: either one Error(kSystem) of one line, or values that are written back as the same bytes.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/error.h"

namespace {

struct Pair {
  std::int32_t a = 0;
  std::string b;
  void Serialize(rove::Archive& ar) {
    ar("a", a);
    ar("b", b);
  }
};

// One of each kind of field.
struct Everything {
  bool flag = false;
  double number = 0;
  std::string text;
  std::vector<float> floats;
  std::vector<Pair> pairs;
  std::optional<std::int64_t> maybe;
  std::map<std::string, std::vector<std::string>> map;
  void Serialize(rove::Archive& ar) {
    ar.Section("all", 2, [&](int) {
      ar("flag", flag);
      ar("number", number);
      ar("text", text);
      ar("floats", floats);
      ar("pairs", pairs);
      ar("maybe", maybe);
      ar("map", map);
    });
  }
};

std::string Write(Everything value) {
  rove::Archive ar;
  value.Serialize(ar);
  return ar.bytes();
}

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

Everything Read(const std::string& bytes) {
  Everything value;
  rove::Archive ar(bytes, "fuzz");
  value.Serialize(ar);
  ar.ExpectEnd();
  return value;
}

}  // namespace

// The input overwrites the tail of a valid archive from the offset that its first byte names, so that names and sizes are often
// right.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string valid = Write({.flag = true,
                                          .number = 1.5,
                                          .text = "abc",
                                          .floats = {1, 2},
                                          .pairs = {{1, "x"}, {2, "y"}},
                                          .maybe = 7,
                                          .map = {{"k", {"v", "w"}}}});
  if (size == 0) return 0;
  std::string bytes = valid.substr(0, data[0]);
  bytes.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (bytes.size() < valid.size()) bytes += valid.substr(bytes.size());
  try {
    const std::string again = Write(Read(bytes));
    Require(Write(Read(again)) == again, "what was written is not what is read");
  } catch (const rove::Error& error) {
    Require(error.kind() == rove::ErrorKind::kSystem, "not a system error");
    Require(std::string(error.what()).find('\n') == std::string::npos, "an error of two lines");
  }
  return 0;
}
