// Registry: names to makers. A component registers itself with one static line in its own .cc:
//
//   const RewardRegistrar kCount("count", "1/sqrt(visits), one table over the whole run", [](const Config& c, const RewardDeps&
//   d) {...});
//
// Component folders are CMake OBJECT libraries linked into each executable, so no registrar is dropped; tests/golden/registry.txt
// guards the list. Registration happens before main on one thread; afterwards a registry is read only and thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/error.h"

namespace rove {

template <class Base, class... Deps>
class Registry {
 public:
  using Maker = std::function<std::unique_ptr<Base>(const Config&, const Deps&...)>;
  struct Entry {
    std::string doc;  // one line for `rove list`
    Maker maker;
  };

  // kind: "environment", "reward", "agent": the word in messages; list: the command that shows the names.
  Registry(std::string kind, std::string list) : kind_(std::move(kind)), list_(std::move(list)) {}

  void Add(const std::string& name, const std::string& doc, Maker maker) {
    ROVE_CHECK(entries_.emplace(name, Entry{doc, std::move(maker)}).second);  // a name registered twice is a bug
  }

  // Makes what config's `type` key names, then refuses keys that the maker did not ask for. Throws Error(kUser) with file,
  // line and the nearest known name.
  std::unique_ptr<Base> Create(const Config& config, const Deps&... deps) const {
    std::string type;
    config.Require("type", &type);
    const auto found = entries_.find(type);
    if (found == entries_.end()) {
      config.At("type").Fail("unknown " + kind_ + " \"" + type + "\"" + DidYouMean(type, Names()) + " (" + list_ + ")");
    }
    auto made = found->second.maker(config, deps...);
    config.RefuseUnread();
    return made;
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_) names.push_back(name);
    return names;
  }
  const std::string& Doc(const std::string& name) const { return entries_.at(name).doc; }

 private:
  std::string kind_, list_;
  std::map<std::string, Entry> entries_;
};

}  // namespace rove
