// Versions of the libraries this program was compiled with; what is absent from the build is absent here.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rove {

std::string CompilerVersion();                                       // "g++ 12.2.0"
std::vector<std::pair<std::string, std::string>> LibraryVersions();  // name, version; by name

// One static line in the .cc that may include the library's header.
struct LibraryRegistrar {
  LibraryRegistrar(const std::string& name, const std::string& version);
};

}  // namespace rove
