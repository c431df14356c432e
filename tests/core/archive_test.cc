#include "core/archive.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "core/error.h"

namespace rove {
namespace {

enum class Mode : std::uint8_t { kOne, kTwo };

struct Part {
  int a = 0;
  std::vector<std::string> names;
  void Serialize(Archive& ar) {
    ar("a", a);
    ar("names", names);
  }
  bool operator==(const Part&) const = default;
};

struct Everything {
  bool flag = false;
  Mode mode = Mode::kOne;
  double x = 0;
  std::string text;
  std::vector<float> floats;
  std::array<int, 3> three{};
  std::optional<Part> maybe, no;
  std::map<std::string, Part> parts;
  Tensor tensor{DType::kI32, {2, 2}}, nothing;
  void Serialize(Archive& ar) {
    ar.Section("everything", 2, [&](int) {
      ar("flag", flag);
      ar("mode", mode);
      ar("x", x);
      ar("text", text);
      ar("floats", floats);
      ar("three", three);
      ar("maybe", maybe);
      ar("no", no);
      ar("parts", parts);
      ar("tensor", tensor);
      ar("nothing", nothing);
    });
  }
};

Everything Full() {
  Everything e;
  e.flag = true;
  e.mode = Mode::kTwo;
  e.x = 0.1;
  e.text = std::string("a\0b", 3);
  e.floats = {1, 2.5f};
  e.three = {1, 2, 3};
  e.maybe = Part{7, {"p", ""}};
  e.parts = {{"u", {1, {}}}, {"v", {2, {"q"}}}};
  e.tensor.view().As<std::int32_t>()[3] = 42;
  return e;
}

std::string BytesOf(Everything& e) {
  Archive out;
  e.Serialize(out);
  return out.bytes();
}

// The message of reading one value of type T, called "k", from `bytes`.
template <class T>
std::string ReadError(const std::string& bytes) {
  T value{};
  try {
    Archive in(bytes, "x.bin");
    in("k", value);
    in.ExpectEnd();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kSystem);
    return error.what();
  }
  return "nothing was thrown";
}

template <class T>
std::string Written(const std::string& name, T value) {
  Archive out;
  out(name, value);
  return out.bytes();
}

TEST_CASE("archive: every kind of field comes back, and what was there before is replaced", "[core][unit]") {
  Everything source = Full(), target;
  target.no = Part{1, {"old"}};
  target.parts = {{"old", {}}};
  target.floats = {9, 9, 9, 9};
  Archive in(BytesOf(source), "x.bin");
  target.Serialize(in);
  in.ExpectEnd();
  CHECK(target.flag);
  CHECK(target.mode == Mode::kTwo);
  CHECK(target.x == 0.1);
  CHECK(target.text == std::string("a\0b", 3));
  CHECK(target.floats == source.floats);
  CHECK(target.three == source.three);
  CHECK(target.maybe == source.maybe);
  CHECK_FALSE(target.no.has_value());
  CHECK(target.parts == source.parts);
  CHECK(target.tensor.view().As<std::int32_t>()[3] == 42);
  CHECK(BytesOf(target) == BytesOf(source));
}

TEST_CASE("archive: another name, size or version is an error that names both", "[core][unit]") {
  CHECK_THAT(ReadError<int>(Written("j", 1)), Catch::StartsWith("x.bin: expected field \"k\", found \"j\""));
  CHECK_THAT(ReadError<int>(Written("a\nb", 1)), Catch::StartsWith("x.bin: expected field \"k\", found \"a?b\""));
  CHECK_THAT(ReadError<int>(Written("k", 1.0)), Catch::StartsWith("x.bin: field \"k\" has 8 bytes, expected 4"));
  CHECK_THAT(ReadError<bool>(Written("k", std::uint8_t{2})), Catch::StartsWith("x.bin: field \"k\" is neither true nor false"));
  CHECK_THAT(ReadError<int>(Written("k", 1) + "z"), Catch::StartsWith("x.bin: 1 bytes are left over"));
  Archive out;
  out.Section("s", 3, [](int) {});
  Archive in(out.bytes(), "x.bin");
  CHECK_THROWS_WITH(in.Section("s", 2, [](int) {}),
                    Catch::StartsWith("x.bin: section \"s\" has version 3, this program reads up to 2"));
}

TEST_CASE("archive: a newer program sees which version an older one wrote", "[core][unit]") {
  Archive out;
  out.Section("s", 1, [](int version) { CHECK(version == 1); });
  int seen = 0;
  Archive(out.bytes(), "x.bin").Section("s", 4, [&](int version) { seen = version; });
  CHECK(seen == 1);
}

TEST_CASE("archive: a length beyond the file is refused before memory is taken for it", "[core][unit]") {
  std::string bytes = Written("k", std::vector<float>{1});
  bytes[3 + 8 + 6] = 1;  // after the name and the header's size: bit 48 of the length
  CHECK_THAT(ReadError<std::vector<float>>(bytes), Catch::Contains("list \"k\" is longer than the file"));
  CHECK_THAT(ReadError<std::vector<std::string>>(bytes), Catch::Contains("list \"k\" is longer than the file"));
  bytes = Written("k", std::string("x"));
  bytes[3 + 6] = 1;
  CHECK_THAT(ReadError<std::string>(bytes), Catch::Contains("text \"k\" is longer than the file"));
}

TEST_CASE("archive: cut anywhere, it throws and never reads past the end", "[core][unit]") {
  Everything source = Full();
  const std::string bytes = BytesOf(source);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Everything target;
    Archive in(bytes.substr(0, size), "x.bin");
    CHECK_THROWS_AS(target.Serialize(in), Error);
  }
}

TEST_CASE("archive: any changed bytes give an error or another value, nothing else", "[core][property]") {
  Everything source = Full();
  const std::string bytes = BytesOf(source);
  CHECK(rc::check([&](const std::vector<std::pair<std::uint16_t, char>>& changes) {
    std::string changed = bytes;
    for (const auto& [at, value] : changes) changed[at % changed.size()] = value;
    Everything target;
    try {
      Archive in(changed, "x.bin");
      target.Serialize(in);
      in.ExpectEnd();
    } catch (const Error&) {
      return;
    }
    RC_ASSERT(BytesOf(target).size() <= changed.size());  // map keys may have become equal
  }));
}

}  // namespace
}  // namespace rove
