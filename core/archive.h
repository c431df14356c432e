// Archive: exact state to bytes and back, one function for both directions, so that save and load cannot drift.
//
//   void Serialize(Archive& ar) {
//     ar.Section("ppo", /*version=*/1, [&](int) { ar("params", params_); ar("updates", updates_); });
//   }
//
// Every field carries its name and size; a reader that meets another name, size or version throws Error(kSystem) naming the
// archive, the field and what was found, and never reads past the end. Byte order is little-endian (checked at compile time).
// CRCs and atomic files are the checkpoint's work (engine/checkpoint.h), not the archive's.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace rove {

static_assert(std::endian::native == std::endian::little, "archives are little-endian");

class Archive {
 public:
  Archive() = default;                             // writes
  Archive(std::string bytes, std::string origin);  // reads; origin names the file in errors
  bool reading() const { return reading_; }
  const std::string& bytes() const { return bytes_; }  // what was written so far
  void ExpectEnd() const;                              // reading: throws if bytes are left over

  // A scalar, enum, string, vector, array, optional, map, Tensor (of the shape it has already), or anything with
  // `void Serialize(Archive&)`.
  template <class T>
  void operator()(std::string_view name, T& value);

  // A raw block of exactly `size` bytes at `data`, owned by the caller (rows of a buffer, opaque plug-in state).
  void Block(std::string_view name, void* data, std::size_t size);

  // A named group with a format version. Reading: `body` gets the stored version; a stored version above `version` throws.
  void Section(std::string_view name, int version, const std::function<void(int stored_version)>& body);

 private:
  template <class T>
  static constexpr bool kIsRaw = (std::is_arithmetic_v<T> || std::is_enum_v<T>);
  std::string BlockString(std::string_view name, std::string value);
  void Header(std::string_view name, std::uint64_t* size);  // writes or reads-and-compares
  void Raw(void* data, std::size_t size);
  [[noreturn]] void Fail(const std::string& what) const;

  bool reading_ = false;
  std::string bytes_, origin_ = "archive";
  std::size_t at_ = 0;
};

template <class T>
struct IsVector : std::false_type {};
template <class T, class A>
struct IsVector<std::vector<T, A>> : std::true_type {};
template <class T>
struct IsArray : std::false_type {};
template <class T, std::size_t N>
struct IsArray<std::array<T, N>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class K, class V>
struct IsMap<std::map<K, V>> : std::true_type {};

template <class T>
void Archive::operator()(std::string_view name, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    auto byte = static_cast<std::uint8_t>(value);
    Block(name, &byte, 1);
    if (byte > 1) Fail("field \"" + std::string(name) + "\" is neither true nor false");
    value = byte == 1;
  } else if constexpr (kIsRaw<T>) {
    Block(name, &value, sizeof value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = BlockString(name, std::move(value));
  } else if constexpr (std::is_same_v<T, Tensor>) {
    Block(name, value.view().data, value.bytes());
  } else if constexpr (IsVector<T>::value) {
    using E = typename T::value_type;
    static_assert(!std::is_same_v<E, bool>, "use std::vector<std::uint8_t>");
    std::uint64_t size = value.size();
    Block(name, &size, sizeof size);
    if constexpr (kIsRaw<E>) {
      if (reading_ && size > (bytes_.size() - at_) / sizeof(E))
        Fail("list \"" + std::string(name) + "\" is longer than the file");
      value.resize(size);
      if (size > 0) Raw(value.data(), size * sizeof(E));
    } else {
      constexpr std::size_t kLeast = sizeof(std::uint16_t) + 1 + sizeof(std::uint64_t);  // header of an element
      if (reading_ && size > (bytes_.size() - at_) / kLeast) Fail("list \"" + std::string(name) + "\" is longer than the file");
      value.resize(size);
      for (E& element : value) (*this)("-", element);
    }
  } else if constexpr (IsArray<T>::value) {
    if constexpr (kIsRaw<typename T::value_type>) {
      Block(name, value.data(), sizeof value);
    } else {
      for (auto& element : value) (*this)(name, element);
    }
  } else if constexpr (IsOptional<T>::value) {
    bool has = value.has_value();
    (*this)(name, has);
    if (reading_) value = has ? T(typename T::value_type{}) : T();
    if (has) (*this)(name, *value);
  } else if constexpr (IsMap<T>::value) {
    std::uint64_t size = value.size();
    Block(name, &size, sizeof size);
    if (reading_) {
      value.clear();
      for (std::uint64_t i = 0; i < size; ++i) {
        typename T::key_type key{};
        (*this)("key", key);
        (*this)("value", value[key]);
      }
    } else {
      for (auto& [key, mapped] : value) {
        auto copy = key;
        (*this)("key", copy);
        (*this)("value", mapped);
      }
    }
  } else {
    std::uint64_t begin = 0;
    Header(name, &begin);
    value.Serialize(*this);
  }
}

}  // namespace rove
