// Which MuJoCo this program runs with: part of every run header, and what recorded traces are matched by.
#pragma once

#include <string>

namespace rove {

std::string MujocoVersion();  // of the loaded library: "2.2.2", "3.17.0"

}  // namespace rove
