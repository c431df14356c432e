#include "core/config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <system_error>
#include <utility>

#include "core/config_tree.h"
#include "core/error.h"
#include "core/file.h"

namespace rove {
namespace {

using internal::ConfigNode;
using internal::ConfigNodePtr;
using Kind = ConfigNode::Kind;

template <class T>
constexpr bool kIsVector = false;
template <class T>
constexpr bool kIsVector<std::vector<T>> = true;

// The whole of `text` as a number of type T; false if it is none or does not fit.
template <class T>
bool FromChars(const std::string& text, T* value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && stop == end;
}

// A finite decimal number, or YAML's .inf.
template <std::floating_point T>
bool ParseFloat(const std::string& text, T* value) {
  const bool minus = text.starts_with('-');
  if (text == ".inf" || text == "-.inf") {
    *value = minus ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
    return true;
  }
  return FromChars(text, value) && std::isfinite(*value);
}

// As YAML; numbers shortest-round-trip.
template <class T>
std::string Format(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else {
    if constexpr (std::floating_point<T>) {
      if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
    }
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
  }
}

bool Contains(const Range& range, double x) { return (range.low_open ? x > range.low : x >= range.low) && x <= range.high; }

std::string Describe(const Range& range) {
  if (std::isinf(range.high)) return (range.low_open ? "> " : ">= ") + Format(range.low);
  if (std::isinf(range.low)) return "<= " + Format(range.high);
  return (range.low_open ? "in (" : "in [") + Format(range.low) + ", " + Format(range.high) + "]";
}

[[noreturn]] void FailExpected(const ConfigNode& node, const std::string& what) {
  node.Fail("expected " + what + ", got " + node.Describe());
}

void CheckRange(const ConfigNode& node, const Range& range, double x) {
  if (!Contains(range, x)) node.Fail("expected " + Describe(range) + ", got " + OneLine(node.text));
}

template <class T>
T ReadScalar(const ConfigNode& node, const std::optional<Range>& range) {
  const bool scalar = node.kind == Kind::kScalar;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!scalar) FailExpected(node, "text");
    return node.text;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!scalar || (node.text != "true" && node.text != "false")) FailExpected(node, "true or false");
    return node.text == "true";
  } else {
    T value{};
    double number = 0;
    const bool ok = scalar && ParseFloat(node.text, &number);
    if constexpr (std::integral<T>) {
      if (!ok || std::isinf(number) || number != std::trunc(number)) FailExpected(node, "a whole number");
      if (range) CheckRange(node, *range, number);
      if (!FromChars(node.text, &value)) {  // 2e6, or too large for T
        using Limits = std::numeric_limits<T>;
        const double end = std::ldexp(1.0, Limits::digits);  // max() + 1
        if (number < static_cast<double>(Limits::min()) || number >= end) {
          node.Fail("expected in [" + Format(Limits::min()) + ", " + Format(Limits::max()) + "], got " + OneLine(node.text));
        }
        value = static_cast<T>(number);
      }
    } else {
      if (!ok || !ParseFloat(node.text, &value)) FailExpected(node, "a number");
      if (!std::isfinite(value)) FailExpected(node, "a finite number");
      if (range) CheckRange(node, *range, number);  // of the decimal text, so that a float 0.999 is in [0, 0.999]
    }
    return value;
  }
}

template <class T>
T Read(const ConfigNode& node, const std::optional<Range>& range) {
  if constexpr (kIsVector<T>) {
    if (node.kind != Kind::kList) FailExpected(node, "a list");
    T values;
    for (const auto& element : node.elements) values.push_back(ReadScalar<typename T::value_type>(*element, range));
    return values;
  } else {
    return ReadScalar<T>(node, range);
  }
}

// The child at `key`; a reader that asks for an absent key leaves a node that is not `given`.
ConfigNode& Touch(ConfigNode& node, std::string_view key) {
  if (node.kind != Kind::kMap) FailExpected(node, "a map");
  ConfigNodePtr& child = node.keys[std::string(key)];
  if (!child) {
    child = std::make_shared<ConfigNode>();
    child->file = node.file;
    child->line = node.line;
    child->path = internal::JoinPath(node.path, key);
    child->given = false;
  }
  child->read = true;
  return *child;
}

const ConfigNode* FindGiven(const ConfigNode& node, std::string_view key) {
  const auto found = node.keys.find(std::string(key));
  return found != node.keys.end() && found->second->given ? found->second.get() : nullptr;
}

void RefuseUnreadBelow(const ConfigNode& node) {
  for (const auto& [key, child] : node.keys) {
    if (child->read) {
      RefuseUnreadBelow(*child);
      continue;
    }
    std::vector<std::string> known;
    std::string list;
    for (const auto& [name, other] : node.keys) {
      if (!other->read) continue;
      known.push_back(name);
      list += (list.empty() ? "" : ", ") + name;
    }
    const std::string hint = DidYouMean(key, known);
    child->Fail("unknown key" + (!hint.empty() ? hint : list.empty() ? "; no key is known here" : "; known here: " + list));
  }
  for (const auto& element : node.elements) RefuseUnreadBelow(*element);
}

void CollectLeaves(const ConfigNode& node, const std::string& path, std::map<std::string, std::string>* out) {
  if (node.kind == Kind::kScalar) {
    (*out)[path] = node.text;
  } else if (node.kind == Kind::kList) {
    for (std::size_t i = 0; i < node.elements.size(); ++i)
      CollectLeaves(*node.elements[i], path + "[" + std::to_string(i) + "]", out);
    if (node.elements.empty()) (*out)[path] = "[]";
  } else {
    bool empty = true;
    for (const auto& [key, child] : node.keys) {
      if (!child->given) continue;
      CollectLeaves(*child, internal::JoinPath(path, key), out);
      empty = false;
    }
    if (empty && !path.empty()) (*out)[path] = "{}";
  }
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

Config Config::Load(const std::string& path, std::span<const std::string> overrides) {
  return Parse(ReadFile(path), path, overrides);
}

Config Config::Parse(const std::string& text, const std::string& origin, std::span<const std::string> overrides) {
  auto root = internal::ParseTree(text, origin);
  for (const auto& assignment : overrides) internal::Override(*root, assignment);
  return Config(std::move(root));
}

bool Config::Has(std::string_view key) const { return FindGiven(*node_, key) != nullptr; }

Config Config::At(std::string_view key) const {
  Touch(*node_, key);
  return Config(node_->keys.find(std::string(key))->second);
}

std::vector<Config> Config::List(std::string_view key) const {
  const ConfigNode& list = Touch(*node_, key);
  if (list.given && list.kind != Kind::kList) FailExpected(list, "a list");
  std::vector<Config> out;
  for (const auto& element : list.elements) out.push_back(Config(element));
  return out;
}

std::vector<std::string> Config::Keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, child] : node_->keys) {
    if (child->given) keys.push_back(key);
  }
  return keys;
}

template <class T>
void Config::Get(std::string_view key, T* value, std::optional<Range> range) const {
  ConfigNode& child = Touch(*node_, key);
  if (child.given) *value = Read<T>(child, range);
  std::vector<std::string> text;
  if constexpr (kIsVector<T>) {
    for (const auto& element : *value) text.push_back(Format<typename T::value_type>(element));
  } else {
    text.push_back(Format(*value));
  }
  // Two readers of one key with two defaults would resolve to a config that means something else.
  ROVE_CHECK(child.given || !child.value || *child.value == text);
  child.value = std::move(text);
  child.value_is_list = kIsVector<T>;
}

#define ROVE_CONFIG_GET(T)                                                        \
  template void Config::Get<T>(std::string_view, T*, std::optional<Range>) const; \
  template void Config::Get<std::vector<T>>(std::string_view, std::vector<T>*, std::optional<Range>) const;
ROVE_CONFIG_GET(bool)
ROVE_CONFIG_GET(int)
ROVE_CONFIG_GET(std::int64_t)
ROVE_CONFIG_GET(std::uint64_t)
ROVE_CONFIG_GET(float)
ROVE_CONFIG_GET(double)
ROVE_CONFIG_GET(std::string)
#undef ROVE_CONFIG_GET

void Config::Choice(std::string_view key, int* index, std::span<const std::string_view> names) const {
  std::string name(names[static_cast<std::size_t>(*index)]);
  Get(key, &name);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    std::string list;
    for (const auto& known : names) list += (list.empty() ? "" : ", ") + std::string(known);
    const ConfigNode& child = Touch(*node_, key);
    child.Fail("expected one of " + list + ", got " + child.Describe() +
               DidYouMean(name, std::vector<std::string>(names.begin(), names.end())));
  }
  *index = static_cast<int>(found - names.begin());
}

void Config::RequireKey(std::string_view key) const {
  if (const ConfigNode& child = Touch(*node_, key); !child.given) child.Fail("is missing; it has no default");
}

void Config::RefuseUnread() const {
  if (node_->kind == Kind::kScalar) FailExpected(*node_, "a map");
  RefuseUnreadBelow(*node_);
}

void Config::Fail(const std::string& what) const { node_->Fail(what); }

std::string Config::place() const { return node_->Place(); }

std::string Config::Resolved() const { return internal::EmitResolved(*node_); }

std::map<std::string, std::string> Config::Leaves() const {
  std::map<std::string, std::string> leaves;
  CollectLeaves(*node_, "", &leaves);
  return leaves;
}

void Config::Set(std::string_view key, std::string_view value) { internal::SetScalar(*node_, key, value); }

Config Config::Take(std::string_view key) {
  Touch(*node_, key);
  const auto found = node_->keys.find(std::string(key));
  Config taken(internal::Copy(*found->second));
  node_->keys.erase(found);
  return taken;
}

Config Config::With(const Config& over) const {
  auto merged = internal::Copy(*node_);
  internal::Merge(merged, internal::Copy(*over.node_));
  return Config(std::move(merged));
}

std::string DidYouMean(std::string_view word, std::span<const std::string> known) {
  const std::string* nearest = nullptr;
  std::size_t least = 0;
  for (const auto& candidate : known) {
    const std::size_t distance = EditDistance(word, candidate);
    if (3 * distance > std::max(word.size(), candidate.size()) || (nearest != nullptr && distance >= least)) continue;
    nearest = &candidate;
    least = distance;
  }
  return nearest == nullptr ? "" : "; did you mean \"" + *nearest + "\"?";
}

}  // namespace rove
