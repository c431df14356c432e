// Bad input, as a user meets it.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "core/error.h"

namespace rove {

// make() throws Error(kUser) with one line that `says` matches.
template <class Make, class Matcher>
void CheckRefused(const Make& make, const Matcher& says) {
  try {
    make();
    FAIL_CHECK("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUser);
    CHECK_THAT(error.what(), says);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
  }
}

}  // namespace rove
