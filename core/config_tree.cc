#include "core/config_tree.h"

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <sstream>

#include "core/error.h"
#include "core/file.h"

namespace rove::internal {
namespace {

using Kind = ConfigNode::Kind;
constexpr const char* kCommandLine = "command line";
constexpr std::size_t kMaxDepth = 64;  // of an override; yaml-cpp limits files itself

ConfigNodePtr MakeNode(Kind kind, const std::string& file, int line, const std::string& path) {
  auto node = std::make_shared<ConfigNode>();
  node->kind = kind;
  node->file = file;
  node->line = line;
  node->path = path;
  return node;
}

// Keys are names in our own code, so anything but printable ASCII is a slip.
bool IsKey(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Builds the tree from yaml-cpp's events. Events, not YAML::Node: they keep the line of every key and show duplicate keys.
class TreeBuilder final : public YAML::EventHandler {
 public:
  // `path` is where the document's value will hang in the tree.
  TreeBuilder(std::string file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  ConfigNodePtr root() const { return root_; }  // null for an empty document

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (ExpectsKey()) Fail(mark, "a key must be one word");
    if (!stack_.empty()) Fail(mark, "has no value; write one or leave the key out");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { Fail(mark, "aliases (*name) are not supported; use include:"); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    if (ExpectsKey()) {
      if (!IsKey(value)) Fail(mark, "key \"" + OneLine(value) + "\" is not plain ASCII text");
      if (const auto& keys = stack_.back().node->keys; keys.contains(value)) {
        Fail(mark, "key \"" + OneLine(value) + "\" is given twice; see line " + std::to_string(keys.at(value)->line));
      }
      stack_.back().key = value;
      stack_.back().key_line = LineOf(mark);
    } else {
      Add(mark, tag, Kind::kScalar)->text = value;
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    Open(mark, tag, Kind::kList);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    Open(mark, tag, Kind::kMap);
  }
  void OnSequenceEnd() override { stack_.pop_back(); }
  void OnMapEnd() override { stack_.pop_back(); }

 private:
  struct Frame {
    ConfigNodePtr node;
    std::optional<std::string> key;  // of a map: read, its value comes next
    int key_line = 0;
  };

  int LineOf(const YAML::Mark& mark) const { return file_ == kCommandLine ? 0 : mark.line + 1; }
  bool ExpectsKey() const { return !stack_.empty() && stack_.back().node->kind == Kind::kMap && !stack_.back().key; }
  std::string NextPath() const {
    if (stack_.empty()) return path_;
    const auto& [node, key, line] = stack_.back();
    if (node->kind == Kind::kList) return node->path + "[" + std::to_string(node->elements.size()) + "]";
    return key ? JoinPath(node->path, *key) : node->path;
  }
  [[noreturn]] void Fail(const YAML::Mark& mark, const std::string& what) const {
    const int line = stack_.empty() || !stack_.back().key ? LineOf(mark) : stack_.back().key_line;
    MakeNode(Kind::kScalar, file_, line, NextPath())->Fail(what);
  }
  ConfigNodePtr Add(const YAML::Mark& mark, const std::string& tag, Kind kind) {
    if (ExpectsKey()) Fail(mark, "a key must be one word");
    if (!tag.empty() && tag != "?" && tag != "!") Fail(mark, "tags (!name) are not supported");
    auto node = MakeNode(kind, file_, LineOf(mark), NextPath());
    if (stack_.empty()) {
      root_ = node;
    } else if (Frame& top = stack_.back(); top.node->kind == Kind::kList) {
      top.node->elements.push_back(node);
    } else {
      node->line = top.key_line;
      top.node->keys[*top.key] = node;
      top.key.reset();
    }
    return node;
  }
  void Open(const YAML::Mark& mark, const std::string& tag, Kind kind) { stack_.push_back({Add(mark, tag, kind), {}, 0}); }

  std::string file_, path_;
  ConfigNodePtr root_;
  std::vector<Frame> stack_;
};

// The value of one YAML document; null if it is empty.
ConfigNodePtr ParseYaml(const std::string& text, const std::string& file, const std::string& path) {
  TreeBuilder builder(file, path), second(file, path);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    if (parser.HandleNextDocument(second)) throw UserError(file + ": holds more than one document (---); keep one");
  } catch (const YAML::Exception& error) {
    MakeNode(Kind::kScalar, file, file == kCommandLine ? 0 : error.mark.line + 1, path)
        ->Fail("is not valid YAML: " + OneLine(error.msg));
  }
  return builder.root();
}

// `open`: the files being included, outermost first.
ConfigNodePtr ParseWithIncludes(const std::string& text, const std::string& file, std::vector<std::filesystem::path>& open) {
  namespace fs = std::filesystem;
  auto own = ParseYaml(text, file, "");
  if (!own) own = MakeNode(Kind::kMap, file, 1, "");
  if (own->kind != Kind::kMap) own->Fail("expected a map of keys, got " + own->Describe());
  const auto found = own->keys.find("include");
  if (found == own->keys.end()) return own;
  const ConfigNodePtr include = found->second;
  own->keys.erase(found);

  const auto names = include->kind == Kind::kScalar ? std::vector{include} : include->elements;
  if (include->kind == Kind::kMap) include->Fail("expected a list of files, got a map");
  auto merged = MakeNode(Kind::kMap, file, own->line, "");
  for (const auto& name : names) {
    if (name->kind != Kind::kScalar) name->Fail("expected the name of a file, got " + name->Describe());
    const fs::path path = (fs::path(file).parent_path() / name->text).lexically_normal();
    std::error_code ignored;
    const fs::path canonical = fs::weakly_canonical(path, ignored);
    for (const auto& outer : open) {
      if (outer == canonical) name->Fail(OneLine(path.string()) + " includes itself");
    }
    std::string included;
    try {
      included = ReadFile(path.string());
    } catch (const Error& error) {
      name->Fail(error.what());
    }
    open.push_back(canonical);
    Merge(merged, ParseWithIncludes(included, path.string(), open));
    open.pop_back();
  }
  Merge(merged, own);
  return merged;
}

// "a.b[0].c" -> a, b, [0], c. Empty if it is not such a path.
std::vector<std::string> SplitPath(std::string_view key) {
  std::vector<std::string> parts;
  while (!key.empty()) {
    std::size_t end = 0;
    if (key[0] == '[') {
      end = key.find(']');
      if (parts.empty() || end == key.npos || end == 1 || key.substr(1, end - 1).find_first_not_of("0123456789") != key.npos)
        return {};
      parts.emplace_back(key.substr(0, ++end));
    } else {
      end = std::min(key.find_first_of(".["), key.size());
      if (end == 0) return {};
      parts.emplace_back(key.substr(0, end));
    }
    key.remove_prefix(end);
    if (key.empty() || key[0] == '[') continue;
    if (key[0] != '.' || key.size() == 1) return {};
    key.remove_prefix(1);
    if (key[0] == '[') return {};
  }
  return parts;
}

// Puts make(path of the key) at `key` below root, replacing what is there.
void Put(ConfigNode& root, std::string_view key, const std::function<ConfigNodePtr(const std::string&)>& make) {
  const auto fail = [](const std::string& path, const std::string& what) {
    MakeNode(Kind::kScalar, kCommandLine, 0, path)->Fail(what);
  };
  const auto parts = SplitPath(key);
  if (parts.empty() || parts.size() > kMaxDepth || !IsKey(key))
    fail("\"" + OneLine(key) + "\"", "expected a key like run.seed or rewards[0].weight");
  if (root.path.empty() && parts[0] == "include") fail("include", "can only stand in a file");
  ConfigNode* node = &root;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    ConfigNodePtr* slot = nullptr;
    if (part[0] == '[') {
      if (node->kind != Kind::kList) fail(node->path + part, node->path + " is not a list");
      std::size_t index = node->elements.size();  // kept if the number does not fit
      std::from_chars(part.data() + 1, part.data() + part.size() - 1, index);
      if (index >= node->elements.size()) {
        fail(node->path + part, "out of range; the list has " + std::to_string(node->elements.size()) + " elements");
      }
      slot = &node->elements[index];
    } else {
      if (node->kind != Kind::kMap) fail(JoinPath(node->path, part), node->path + " is not a map");
      slot = &node->keys[part];
    }
    const std::string path = part[0] == '[' ? node->path + part : JoinPath(node->path, part);
    if (i + 1 == parts.size()) {
      *slot = make(path);
    } else {
      if (!*slot) *slot = MakeNode(Kind::kMap, kCommandLine, 0, path);
      node = slot->get();
      node->given = true;
    }
  }
}

// Whether `node` has something to say in the resolved file.
bool HasResolved(const ConfigNode& node) {
  if (!node.read) return false;
  if (node.given || node.value) return true;
  for (const auto& [key, child] : node.keys) {
    if (HasResolved(*child)) return true;
  }
  return false;
}

void EmitText(const std::string& text, YAML::Emitter& out) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control)) out << YAML::DoubleQuoted;  // yaml-cpp leaves a lone \r unquoted
  out << text;
}

void Emit(const ConfigNode& node, YAML::Emitter& out) {
  if (node.value && !node.value_is_list) {
    EmitText(node.value->front(), out);
  } else if (node.value) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const auto& element : *node.value) EmitText(element, out);
    out << YAML::EndSeq;
  } else if (node.kind == Kind::kScalar) {
    EmitText(node.text, out);
  } else if (node.kind == Kind::kList) {
    out << YAML::BeginSeq;
    for (const auto& element : node.elements) Emit(*element, out);
    out << YAML::EndSeq;
  } else {
    out << YAML::BeginMap;
    for (const auto& [key, child] : node.keys) {
      if (!HasResolved(*child)) continue;
      out << YAML::Key << key << YAML::Value;
      Emit(*child, out);
    }
    out << YAML::EndMap;
  }
}

}  // namespace

std::string JoinPath(const std::string& parent, std::string_view key) {
  return parent.empty() ? OneLine(key) : parent + "." + OneLine(key);
}

std::string ConfigNode::Place() const {
  std::string place = line > 0 ? file + ":" + std::to_string(line) : file;
  return path.empty() ? place : place + ": " + path;
}

void ConfigNode::Fail(const std::string& what) const { throw UserError(Place() + ": " + what); }

std::string ConfigNode::Describe() const {
  if (kind == Kind::kScalar) return "\"" + OneLine(text) + "\"";
  return kind == Kind::kList ? "a list" : "a map";
}

ConfigNodePtr ParseTree(const std::string& text, const std::string& file) {
  std::error_code ignored;
  std::vector<std::filesystem::path> open{std::filesystem::weakly_canonical(file, ignored)};
  return ParseWithIncludes(text, file, open);
}

void Override(ConfigNode& root, std::string_view assignment) {
  const auto equals = assignment.find('=');
  if (equals == assignment.npos)
    throw UserError(std::string(kCommandLine) + ": \"" + OneLine(assignment) + "\": expected key=value");
  Put(root, assignment.substr(0, equals), [&](const std::string& path) {
    auto value = ParseYaml(std::string(assignment.substr(equals + 1)), kCommandLine, path);
    if (!value) MakeNode(Kind::kScalar, kCommandLine, 0, path)->Fail("has no value after \"=\"");
    return value;
  });
}

void SetScalar(ConfigNode& root, std::string_view key, std::string_view text) {
  Put(root, key, [&](const std::string& path) {
    auto value = MakeNode(Kind::kScalar, kCommandLine, 0, path);
    value->text = text;
    return value;
  });
}

ConfigNodePtr Copy(const ConfigNode& node) {
  auto copy = MakeNode(node.kind, node.file, node.line, node.path);
  copy->text = node.text;
  for (const auto& [key, child] : node.keys) {
    if (child->given) copy->keys[key] = Copy(*child);
  }
  for (const auto& element : node.elements) copy->elements.push_back(Copy(*element));
  return copy;
}

void Merge(ConfigNodePtr& base, const ConfigNodePtr& over) {
  if (!base || base->kind != Kind::kMap || over->kind != Kind::kMap) {
    base = over;
    return;
  }
  base->file = over->file;
  base->line = over->line;
  for (const auto& [key, node] : over->keys) Merge(base->keys[key], node);
}

std::string EmitResolved(const ConfigNode& root) {
  YAML::Emitter out;
  Emit(root, out);
  return std::string(out.c_str()) + "\n";
}

}  // namespace rove::internal
