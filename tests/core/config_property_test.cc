#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "core/config.h"

namespace rove {
namespace {

struct Options {
  bool flag = false;
  std::int64_t whole = 0;
  std::uint64_t large = 0;
  float narrow = 0;
  double wide = 0;
  std::string text;
  std::vector<std::string> names;
  std::vector<double> numbers;
  bool operator==(const Options&) const = default;
};

void Read(const Config& config, Options* o) {
  const Config sub = config.At("sub").At("deeper");
  sub.Get("flag", &o->flag);
  config.Get("whole", &o->whole);
  config.Get("large", &o->large);
  sub.Get("narrow", &o->narrow);
  sub.Get("wide", &o->wide);
  config.Get("text", &o->text);
  sub.Get("names", &o->names);
  config.Get("numbers", &o->numbers);
}

// Bytes 1 to 127 with a taste for those that mean something in YAML.
rc::Gen<std::string> Text() {
  const std::string special = "~-?:,[]{}#&*!|>'\"%@` \n\t\\=<.0e\r\x7f";
  return rc::gen::container<std::string>(rc::gen::oneOf(rc::gen::elementOf(special), rc::gen::inRange<char>(1, 127)));
}

double AnyDouble() {
  const auto mantissa = static_cast<double>(*rc::gen::arbitrary<std::int64_t>());
  return std::ldexp(mantissa, *rc::gen::inRange(-1000, 900));
}

TEST_CASE("config: resolved defaults, parsed again, are the same values to the last bit and the same text", "[core][property]") {
  CHECK(rc::check([] {
    Options written{.flag = *rc::gen::arbitrary<bool>(),
                    .whole = *rc::gen::arbitrary<std::int64_t>(),
                    .large = *rc::gen::arbitrary<std::uint64_t>(),
                    .narrow = static_cast<float>(*rc::gen::arbitrary<int>()) / 7,
                    .wide = AnyDouble(),
                    .text = *Text(),
                    .names = *rc::gen::container<std::vector<std::string>>(Text()),
                    .numbers = {AnyDouble(), -AnyDouble()}};
    const Config defaults = Config::Parse("");
    Read(defaults, &written);
    const std::string text = defaults.Resolved();
    RC_LOG() << text;
    const Config again = Config::Parse(text);
    Options read;
    Read(again, &read);
    again.RefuseUnread();
    RC_ASSERT(read == written);
    RC_ASSERT(again.Resolved() == text);
  }));
}

}  // namespace
}  // namespace rove
