#include "core/archive.h"

#include <cstring>

namespace rove {

Archive::Archive(std::string bytes, std::string origin) : reading_(true), bytes_(std::move(bytes)), origin_(std::move(origin)) {}

void Archive::Fail(const std::string& what) const {
  throw SystemError(origin_ + ": " + what + " (byte " + std::to_string(at_) +
                    "); the file is damaged or was written by another version of rove");
}

void Archive::ExpectEnd() const {
  if (reading_ && at_ != bytes_.size()) Fail(std::to_string(bytes_.size() - at_) + " bytes are left over");
}

void Archive::Raw(void* data, std::size_t size) {
  if (reading_) {
    if (size > bytes_.size() - at_) Fail("ends in the middle of a field");
    if (size > 0) std::memcpy(data, bytes_.data() + at_, size);
    at_ += size;
  } else {
    bytes_.append(static_cast<const char*>(data), size);
  }
}

void Archive::Header(std::string_view name, std::uint64_t* size) {
  auto length = static_cast<std::uint16_t>(name.size());
  ROVE_CHECK_EQ(static_cast<std::size_t>(length), name.size());
  Raw(&length, sizeof length);
  if (reading_) {
    if (length > bytes_.size() - at_) Fail("ends in the middle of a field");
    const std::string_view found(bytes_.data() + at_, length);
    if (found != name) Fail("expected field \"" + std::string(name) + "\", found \"" + OneLine(found) + "\"");
    at_ += length;
  } else {
    bytes_.append(name);
  }
  Raw(size, sizeof *size);
}

void Archive::Block(std::string_view name, void* data, std::size_t size) {
  std::uint64_t stored = size;
  Header(name, &stored);
  if (stored != size) {
    Fail("field \"" + std::string(name) + "\" has " + std::to_string(stored) + " bytes, expected " + std::to_string(size));
  }
  Raw(data, size);
}

std::string Archive::BlockString(std::string_view name, std::string value) {
  std::uint64_t size = value.size();
  Header(name, &size);
  if (reading_) {
    if (size > bytes_.size() - at_) Fail("text \"" + std::string(name) + "\" is longer than the file");
    value.resize(size);
  }
  Raw(value.data(), size);
  return value;
}

void Archive::Section(std::string_view name, int version, const std::function<void(int)>& body) {
  auto stored = static_cast<std::uint64_t>(version);
  Header(name, &stored);
  if (stored > static_cast<std::uint64_t>(version)) {
    Fail("section \"" + std::string(name) + "\" has version " + std::to_string(stored) + ", this program reads up to " +
         std::to_string(version));
  }
  body(static_cast<int>(stored));
}

}  // namespace rove
