// The tree behind Config: YAML with the place of every value, merged from files and overrides. Private to core/config*.cc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rove::internal {

struct ConfigNode {
  enum class Kind { kMap, kList, kScalar };

  Kind kind = Kind::kMap;
  std::string file, path;  // "configs/x.yaml", "rewards[0].beta"
  int line = 0;            // from 1; 0: the command line
  std::string text;        // of a scalar, unquoted
  std::map<std::string, std::shared_ptr<ConfigNode>> keys;
  std::vector<std::shared_ptr<ConfigNode>> elements;

  // What readers did.
  bool given = true;                              // false: in no file; made by a reader that asked for it
  bool read = false;                              // a reader knows this key
  std::optional<std::vector<std::string>> value;  // what the reader got: one scalar, or the elements of a list
  bool value_is_list = false;

  std::string Place() const;
  [[noreturn]] void Fail(const std::string& what) const;  // Error(kUser) "place: what"
  std::string Describe() const;                           // the value in an error: "abc" in quotes, a list, a map
};
using ConfigNodePtr = std::shared_ptr<ConfigNode>;

std::string JoinPath(const std::string& parent, std::string_view key);

// The root map of `text` with its includes, which are relative to the folder of `file`.
ConfigNodePtr ParseTree(const std::string& text, const std::string& file);
// Puts the value of "a.b[0].c=value" into the tree. Maps on the way are made; list elements must exist.
void Override(ConfigNode& root, std::string_view assignment);
// The same for a key and the text of a scalar.
void SetScalar(ConfigNode& root, std::string_view key, std::string_view text);
// A copy of what is in the files and overrides, unread.
ConfigNodePtr Copy(const ConfigNode& node);
// Puts `over` into `base`: maps merge key by key, anything else replaces. Shares nodes with `over`.
void Merge(ConfigNodePtr& base, const ConfigNodePtr& over);
// What was read, as YAML, keys sorted.
std::string EmitResolved(const ConfigNode& root);

}  // namespace rove::internal
