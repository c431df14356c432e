// Config: strict, typed reading of YAML, with the place of every value kept, so that each error names file and line.
//
// A file may start with `include: [base/ppo.yaml, ...]` (paths relative to it): the named files are merged in order, then the
// file itself; maps merge key by key, lists and scalars replace. On the command line `key.sub=value` and `list[0].key=value`
// replace what is there or add a key; `value` is parsed as YAML. Empty values, duplicate keys, aliases and tags are errors. A
// component reads its keys into an options struct that carries the defaults:
//
//   config.Get("max_states", &options.max_states, InRange(1, std::int64_t{1} << 32));
//
// Reading marks a key as known; RefuseUnread() throws for any other key with the nearest known name. So the set of keys a
// component understands is exactly the set it reads. Not thread-safe. All errors are Error(kUser).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rove {

namespace internal {
struct ConfigNode;
}

// An inclusive (or open-below) range of a number; shown in errors as "expected in [1, 100]" or "expected > 0".
struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool low_open = false;
};
inline Range InRange(double low, double high) { return {low, high, false}; }
inline Range AtLeast(double low) { return {low, std::numeric_limits<double>::infinity(), false}; }
inline Range Positive() { return {0, std::numeric_limits<double>::infinity(), true}; }

class Config {
 public:
  // `path` with its includes, then the overrides, each "key.sub=value".
  static Config Load(const std::string& path, std::span<const std::string> overrides = {});
  // The same from text; `origin` is the file name in errors.
  static Config Parse(const std::string& text, const std::string& origin = "<text>", std::span<const std::string> overrides = {});

  bool Has(std::string_view key) const;
  // Sub-config at a key, whatever it holds (of a scalar only Fail and place make sense); an absent key gives an empty map placed
  // at this node's line. Marks it as read.
  Config At(std::string_view key) const;
  std::vector<Config> List(std::string_view key) const;  // elements of a list; absent: empty; not a list: error
  std::vector<std::string> Keys() const;                 // those in the files and overrides, sorted; does not mark them

  // Reads `key` into *value if present, else leaves the default. Throws on a wrong type or out of range (a default is not
  // checked). Whole numbers may be written 2e6; NaN and infinities are refused. T: bool, int, int64, uint64, float, double,
  // string, and vectors of them (`range`: of each element). All who read a key must give it the same default.
  template <class T>
  void Get(std::string_view key, T* value, std::optional<Range> range = {}) const;
  // The same for a name from a fixed set, e.g. Choice("on_full", &mode, {"stop", "freeze"}); *index is the position in `names`.
  void Choice(std::string_view key, int* index, std::span<const std::string_view> names) const;
  // An enum whose values 0, 1, ... have these names in order.
  template <class E>
  void GetEnum(std::string_view key, E* value, std::initializer_list<std::string_view> names) const {
    int index = static_cast<int>(*value);
    Choice(key, &index, {names.begin(), names.size()});
    *value = static_cast<E>(index);
  }
  // As Get, but the key must be there.
  template <class T>
  void Require(std::string_view key, T* value, std::optional<Range> range = {}) const {
    RequireKey(key);
    Get(key, value, range);
  }

  // Throws for the first key, here or anywhere below, that nobody has read: call it when all readers are done.
  void RefuseUnread() const;
  [[noreturn]] void Fail(const std::string& what) const;  // throws "file:line: path: what"
  std::string place() const;                              // "configs/x.yaml:12: rewards[0].beta"
  // Every key read so far, here and below, with the value its reader ended up with (defaults included), as YAML; keys sorted.
  // Loading the text gives the same run and the same text. Written to the run folder as config.yaml.
  std::string Resolved() const;
  // Every scalar that the files and overrides give, by path ("rewards[0].weight" -> "0.005"), read or not; an empty list or map
  // counts as one ("[]", "{}").
  std::map<std::string, std::string> Leaves() const;
  // Replaces or adds a scalar at a key, as an override would ("run.seed", "3"), but the text is taken as it is.
  void Set(std::string_view key, std::string_view value);
  // Cuts what is at `key` out into a config of its own (absent: an empty map); places in errors stay those of the file.
  Config Take(std::string_view key);
  // A config that nobody has read: this one with `over` merged into it, as an including file is over what it includes. Both stay
  // as they are.
  Config With(const Config& over) const;

 private:
  explicit Config(std::shared_ptr<internal::ConfigNode> node) : node_(std::move(node)) {}
  void RequireKey(std::string_view key) const;
  std::shared_ptr<internal::ConfigNode> node_;  // handles of one node share what was read
};

// "; did you mean "x"?" for the nearest of `known` (edit distance at most a third of the longer one's length), else "".
std::string DidYouMean(std::string_view word, std::span<const std::string> known);

}  // namespace rove
