#include "cli/validators.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <string>

#include "core/rng.h"

namespace rove {

CLI::Validator SeedText() {
  const auto check = [](const std::string& text) {
    Seed seed = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, seed);
    return error == std::errc() && stop == end ? ""
                                               : "expected a whole number from 0 to 18446744073709551615, got \"" + text + "\"";
  };
  return {check, "", "seed"};
}

CLI::Validator FiniteRange(double low, double high) {
  const auto check = [low, high](const std::string& text) {
    double number = 0;
    return CLI::detail::lexical_cast(text, number) && number >= low && number <= high
               ? ""
               : "expected a number from " + CLI::detail::to_string(low) + " to " + CLI::detail::to_string(high) + ", got \"" +
                     text + "\"";
  };
  return {check, "", "range"};
}

}  // namespace rove
