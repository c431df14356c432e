#include "cli/line_reader.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace rove {

LineReader::LineReader(const std::string& path) : path_(path), file_(gzopen(path.c_str(), "rb")) {
  if (file_ == nullptr) throw UserError(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  gzbuffer(file_, 1 << 18);
}

bool LineReader::Next(std::string* line) {
  line->clear();
  for (int c; (c = gzgetc(file_)) != -1;) {
    line->push_back(static_cast<char>(c));
    if (c == '\n') break;
  }
  int code = Z_OK;
  const char* const message = gzerror(file_, &code);
  if (code != Z_OK)
    throw UserError(fmt::format("{}: damaged or cut short: {}", path_, code == Z_ERRNO ? std::strerror(errno) : message));
  ++number_;
  return !line->empty();
}

std::string LineReader::place() const { return fmt::format("{}:{}", path_, number_); }

}  // namespace rove
