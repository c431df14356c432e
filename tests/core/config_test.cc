#include "core/config.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "tests/core/test_folder.h"

namespace rove {
namespace {

using Strings = std::vector<std::string>;

// The message of the Error(kUser) that f throws.
template <class F>
std::string MessageOf(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUser);
    return error.what();
  }
  return "nothing was thrown";
}

std::string ParseError(const std::string& text, const Strings& overrides = {}) {
  return MessageOf([&] { Config::Parse(text, "x.yaml", overrides); });
}

// The error of reading key "k" as T from `text`.
template <class T>
std::string GetError(const std::string& text, std::optional<Range> range = {}) {
  T value{};
  return MessageOf([&] { Config::Parse(text, "x.yaml").Get("k", &value, range); });
}

template <class T>
T GetValue(const std::string& text, T value = {}) {
  Config::Parse("k: " + text).Get("k", &value);
  return value;
}

TEST_CASE("config: every type reads what YAML says, absent keys leave the default", "[core][unit]") {
  CHECK(GetValue<int>("-3") == -3);
  CHECK(GetValue<int>("2e6") == 2000000);
  CHECK(GetValue<std::int64_t>("9007199254740993") == 9007199254740993);  // not through a double
  CHECK(GetValue<std::uint64_t>("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  CHECK(GetValue<float>("0.1") == 0.1f);
  CHECK(GetValue<double>("-1e-3") == -0.001);
  CHECK_THROWS_WITH(GetValue<double>(".inf"), Catch::Contains("expected a finite number"));
  CHECK(GetValue<bool>("true"));
  CHECK(GetValue<std::string>("'a: b # c'") == "a: b # c");
  CHECK(GetValue<std::string>("007") == "007");
  CHECK(GetValue<std::vector<int>>("[64, 1e2]") == std::vector<int>{64, 100});
  CHECK(GetValue<Strings>("[]", {"default"}).empty());
  CHECK(GetValue<std::vector<bool>>("[true, false]") == std::vector<bool>{true, false});
  int value = 7;
  Config::Parse("# nothing\n").Get("k", &value);
  CHECK(value == 7);
}

TEST_CASE("config: wrong types are refused with place and value", "[core][unit]") {
  CHECK(GetError<int>("a: 1\nk: abc") == "x.yaml:2: k: expected a whole number, got \"abc\"");
  CHECK(GetError<int>("k: 1.5") == "x.yaml:1: k: expected a whole number, got \"1.5\"");
  CHECK(GetError<int>("k: 2_000") == "x.yaml:1: k: expected a whole number, got \"2_000\"");
  CHECK(GetError<int>("k: 0x10") == "x.yaml:1: k: expected a whole number, got \"0x10\"");
  CHECK(GetError<int>("k: 3e9") == "x.yaml:1: k: expected in [-2147483648, 2147483647], got 3e9");
  CHECK(GetError<std::int64_t>("k: 9223372036854775808").find("expected in [-9") != std::string::npos);
  CHECK(GetError<std::uint64_t>("k: -1").find("expected in [0, ") != std::string::npos);
  CHECK(GetError<double>("k: .nan") == "x.yaml:1: k: expected a number, got \".nan\"");
  CHECK(GetError<double>("k: nan") == "x.yaml:1: k: expected a number, got \"nan\"");
  CHECK(GetError<double>("k: 1e999") == "x.yaml:1: k: expected a number, got \"1e999\"");
  CHECK(GetError<bool>("k: yes") == "x.yaml:1: k: expected true or false, got \"yes\"");
  CHECK(GetError<std::string>("k: [a]") == "x.yaml:1: k: expected text, got a list");
  CHECK(GetError<std::vector<int>>("k: 3") == "x.yaml:1: k: expected a list, got \"3\"");
  CHECK(GetError<std::vector<int>>("k:\n - 3\n - {a: 1}") == "x.yaml:3: k[1]: expected a whole number, got a map");
  CHECK(GetError<std::string>("k: {a: 1}") == "x.yaml:1: k: expected text, got a map");
  CHECK(GetError<int>("k: \"two\\nlines\"") == "x.yaml:1: k: expected a whole number, got \"two?lines\"");
}

TEST_CASE("config: ranges are checked on the decimal text and named in the error", "[core][unit]") {
  CHECK(GetError<double>("k: -1", Positive()) == "x.yaml:1: k: expected > 0, got -1");
  CHECK(GetError<double>("k: 0", Positive()) == "x.yaml:1: k: expected > 0, got 0");
  CHECK(GetError<int>("k: 0", AtLeast(1)) == "x.yaml:1: k: expected >= 1, got 0");
  CHECK(GetError<int>("k: 101", InRange(1, 100)) == "x.yaml:1: k: expected in [1, 100], got 101");
  CHECK(GetError<std::vector<float>>("k: [0, 2]", InRange(0, 1)) == "x.yaml:1: k[1]: expected in [0, 1], got 2");
  float value = 0;
  Config::Parse("k: 0.999").Get("k", &value, InRange(0, 0.999));  // 0.999f is above 0.999
  CHECK(value == 0.999f);
}

TEST_CASE("config: a choice takes one of its names only", "[core][unit]") {
  enum class Full { kStop, kFreeze } full = Full::kStop;
  Config::Parse("on_full: freeze").GetEnum("on_full", &full, {"stop", "freeze"});
  CHECK(full == Full::kFreeze);
  const auto bad = [&] { Config::Parse("on_full: frezee", "x.yaml").GetEnum("on_full", &full, {"stop", "freeze"}); };
  CHECK(MessageOf(bad) == "x.yaml:1: on_full: expected one of stop, freeze, got \"frezee\"; did you mean \"freeze\"?");
}

TEST_CASE("config: what YAML allows and rove does not is refused with its line", "[core][unit]") {
  CHECK(ParseError("a: 1\nb:\n") == "x.yaml:2: b: has no value; write one or leave the key out");
  CHECK(ParseError("a: {b: 1,\n b: 2}") == "x.yaml:2: a: key \"b\" is given twice; see line 1");
  CHECK(ParseError("a: &x 1\nb: *x") == "x.yaml:2: b: aliases (*name) are not supported; use include:");
  CHECK(ParseError("a: !!int 3") == "x.yaml:1: a: tags (!name) are not supported");
  CHECK(ParseError("\"\\t\": 3") == "x.yaml:1: key \"?\" is not plain ASCII text");
  CHECK(ParseError("~: 3") == "x.yaml:1: a key must be one word");
  CHECK(ParseError("[a]: 3") == "x.yaml:1: a key must be one word");
  CHECK(ParseError("- 1\n") == "x.yaml:1: expected a map of keys, got a list");
  CHECK(ParseError("word") == "x.yaml:1: expected a map of keys, got \"word\"");
  CHECK(ParseError("a: 1\n---\nb: 2") == "x.yaml: holds more than one document (---); keep one");
  CHECK(ParseError("a: [1\nb: 2").find("x.yaml:2: is not valid YAML: ") == 0);
  CHECK(MessageOf([] { Config::Load("absent.yaml"); }) == "absent.yaml: cannot be read: No such file or directory");
}

TEST_CASE("config: an unknown key is refused wherever it hides, with the nearest known name", "[core][unit]") {
  const auto config = Config::Parse("run:\n  frames: 3\n  sead: 1\nrewards:\n  - type: count\n    weight: 1\n", "x.yaml");
  int number = 0;
  std::string type;
  const Config run = config.At("run");
  run.Get("frames", &number);
  CHECK(MessageOf([&] { config.RefuseUnread(); }).find("x.yaml:4: rewards: unknown key") == 0);
  const auto rewards = config.List("rewards");
  rewards.at(0).Require("type", &type);
  CHECK(MessageOf([&] { config.RefuseUnread(); }) == "x.yaml:6: rewards[0].weight: unknown key; known here: type");
  rewards[0].Get("weight", &number);
  run.Get("seed", &number);
  CHECK(MessageOf([&] { config.RefuseUnread(); }) == "x.yaml:3: run.sead: unknown key; did you mean \"seed\"?");
  config.At("run").Get("sead", &number);  // another handle of the same node
  run.RefuseUnread();
  config.RefuseUnread();
}

TEST_CASE("config: missing keys, maps that are none, and lists that are none", "[core][unit]") {
  const auto config = Config::Parse("a: 3\nenv:\n  x: 1\n", "x.yaml");
  std::string type;
  CHECK(MessageOf([&] { config.At("env").Require("type", &type); }) == "x.yaml:2: env.type: is missing; it has no default");
  CHECK(MessageOf([&] { config.At("a").Require("type", &type); }) == "x.yaml:1: a: expected a map, got \"3\"");
  CHECK(MessageOf([&] { config.List("env"); }) == "x.yaml:2: env: expected a list, got a map");
  CHECK(MessageOf([&] { config.At("a").Fail("unknown"); }) == "x.yaml:1: a: unknown");
  CHECK(config.At("absent").At("deeper").place() == "x.yaml:1: absent.deeper");
  CHECK(config.List("nothing").empty());
  CHECK_FALSE(config.Has("absent"));
  CHECK(config.Keys() == Strings{"a", "env"});
}

TEST_CASE("config: overrides replace, add, and reach into lists", "[core][unit]") {
  const Strings overrides{"run.seed=4", "rewards[1].weight=2.5", "net={layers: [3, 4]}", "new.deep.key=a b"};
  const auto config = Config::Parse("run: {seed: 1}\nrewards: [{type: a}, {type: b, weight: 1}]\n", "x.yaml", overrides);
  int seed = 0;
  double weight = 0;
  std::vector<int> layers;
  std::string deep;
  config.At("run").Get("seed", &seed);
  config.List("rewards")[1].Get("weight", &weight);
  config.At("net").Get("layers", &layers);
  config.At("new").At("deep").Get("key", &deep);
  CHECK(seed == 4);
  CHECK(weight == 2.5);
  CHECK(layers == std::vector<int>{3, 4});
  CHECK(deep == "a b");
  CHECK(MessageOf([&] { config.At("run").Get("seed", &seed, AtLeast(5)); }) == "command line: run.seed: expected >= 5, got 4");

  const std::string text = "a: [1, 2]\nb: 3\n";
  CHECK(ParseError(text, {"a[2]=1"}) == "command line: a[2]: out of range; the list has 2 elements");
  CHECK(ParseError(text, {"a[99999999999999999999]=1"}).find("out of range") != std::string::npos);
  CHECK(ParseError(text, {"b.c=1"}) == "command line: b.c: b is not a map");
  CHECK(ParseError(text, {"b[0]=1"}) == "command line: b[0]: b is not a list");
  CHECK(ParseError(text, {"b"}) == "command line: \"b\": expected key=value");
  CHECK(ParseError(text, {"b="}) == "command line: b: has no value after \"=\"");
  CHECK(ParseError(text, {"include=x"}) == "command line: include: can only stand in a file");
  for (const std::string key : {"", ".", "a.", ".a", "a..b", "a[", "a[]", "a[-1]", "a[x]", "[0]", "a.[0]", "a[0]b"}) {
    CHECK(ParseError(text, {key + "=1"}) == "command line: \"" + key + "\": expected a key like run.seed or rewards[0].weight");
  }
}

TEST_CASE("config: included files merge in order, the file itself last, and keep their places", "[core][unit]") {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "base");
  const auto write = [&](const std::string& name, const std::string& text) {
    WriteFileAtomically(folder / name, text);
    return folder / name;
  };
  write("base/one.yaml", "a: 1\nm: {x: 1, y: 1}\nl: [1, 2]\n");
  write("base/two.yaml", "include: one.yaml\nm: {y: 2}\nb: two\n");
  const auto top = write("top.yaml", "include: [base/one.yaml, base/two.yaml]\nl: [3]\nm: {z: 3}\n");
  const auto config = Config::Load(top);
  std::vector<int> l, m(3);
  config.Get("l", &l);
  config.At("m").Get("x", &m[0]);
  config.At("m").Get("y", &m[1]);
  config.At("m").Get("z", &m[2]);
  CHECK(l == std::vector<int>{3});
  CHECK(m == std::vector<int>{1, 2, 3});
  CHECK(config.At("b").place() == folder / "base/two.yaml" + ":3: b");
  CHECK_FALSE(config.Has("include"));

  const auto error = [&](const std::string& text) {
    const auto file = write("bad.yaml", text);
    return MessageOf([&] { Config::Load(file); });
  };
  const std::string here = folder / "bad.yaml";
  CHECK(error("include: bad.yaml") ==
        here + ":1: include: " + here.substr(0, 60) + (here.size() > 60 ? "..." : "") + " includes itself");
  CHECK(error("include: [base/none.yaml]") ==
        here + ":1: include[0]: " + folder / "base/none.yaml" + ": cannot be read: No such file or directory");
  CHECK(error("include: {a: 1}") == here + ":1: include: expected a list of files, got a map");
}

TEST_CASE("config: the resolved text holds what was read, defaults included, and nothing else", "[core][unit]") {
  auto config = Config::Parse("b: 2e6\nunread: 1\nm: {t: 'true', n: '~', e: ''}\nlist: [{x: 0.10}]\nopened: {}\n");
  config.Set("s", "a: b");
  std::int64_t b = 0;
  float x = 0;
  double inf = std::numeric_limits<double>::infinity();
  std::string text;
  Strings names{"p q", "null"};
  config.Get("b", &b);
  config.List("list")[0].Get("x", &x);
  for (const char* key : {"t", "n", "e"}) config.At("m").Get(key, &text);
  config.Get("s", &text);
  config.At("defaults").Get("names", &names);
  config.At("defaults").Get("inf", &inf);
  config.At("empty");
  config.At("opened");
  CHECK(config.Resolved() ==
        "b: 2000000\ndefaults:\n  inf: .inf\n  names: [p q, \"null\"]\nlist:\n  - x: 0.1\n"
        "m:\n  e: \"\"\n  n: \"~\"\n  t: true\nopened:\n  {}\ns: \"a: b\"\n");
}

TEST_CASE("config: one config over another, a part taken out, and what is given as leaves", "[core][unit]") {
  auto root = Config::Parse("a: {x: 1, y: [1, 2]}\nextra:\n  over: {a: {y: [], z: {}}, b: 0.50}\n", "x.yaml");
  const Config over = root.At("extra").Take("over");
  CHECK(!root.At("extra").Has("over"));
  root.Take("extra");
  int x = 0;
  root.At("a").Get("x", &x);
  root.At("a").At("asked only");
  const Config both = root.With(over);
  using Leaves = std::map<std::string, std::string>;
  CHECK(root.Leaves() == Leaves{{"a.x", "1"}, {"a.y[0]", "1"}, {"a.y[1]", "2"}});
  CHECK(both.Leaves() == Leaves{{"a.x", "1"}, {"a.y", "[]"}, {"a.z", "{}"}, {"b", "0.50"}});
  CHECK(both.Resolved() == "{}\n");  // nobody has read it, though the first was
  CHECK(MessageOf([&] { both.Get("b", &x); }) == "x.yaml:3: extra.over.b: expected a whole number, got \"0.50\"");
  CHECK(root.Take("absent").Leaves().empty());
}

TEST_CASE("config: did you mean", "[core][unit]") {
  const Strings known{"count", "made.count", "none"};
  CHECK(DidYouMean("made.cout", known) == "; did you mean \"made.count\"?");
  CHECK(DidYouMean("cunt", known) == "; did you mean \"count\"?");
  CHECK(DidYouMean("rnd", known).empty());
  CHECK(DidYouMean("x", {}).empty());
}

}  // namespace
}  // namespace rove
