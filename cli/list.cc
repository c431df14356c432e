// rove list: what is registered.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "agents/agent.h"
#include "agents/tabular.h"
#include "cli/command_line.h"
#include "envs/registry.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

template <class Registry>
void List(const Registry& registry, bool json, std::ostream& out) {
  const auto names = registry.Names();
  if (json) {
    auto rows = nlohmann::ordered_json::array();
    for (const std::string& name : names) rows.push_back({{"name", name}, {"doc", registry.Doc(name)}});
    out << rows.dump(1) << "\n";
    return;
  }
  std::size_t width = 0;
  for (const std::string& name : names) width = std::max(width, name.size());
  for (const std::string& name : names) {
    out << name << std::string(width + 2 - name.size(), ' ') << registry.Doc(name) << "\n";
  }
}

}  // namespace

void AddList(CLI::App& app, const Terminal& terminal) {
  struct Options {
    std::string what;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("list", "Names that a config's `type` keys may have");
  command->add_option("what", options->what, "envs, agents, rewards or bonuses (of tabular agents)")
      ->required()
      ->check(CLI::IsMember({"envs", "agents", "rewards", "bonuses"}));
  command->add_flag("--json", options->json, "as a JSON array of {name, doc}");
  command->callback([options, &terminal] {
    if (options->what == "envs") List(Envs(), options->json, terminal.out);
    if (options->what == "agents") List(Agents(), options->json, terminal.out);
    if (options->what == "rewards") List(Rewards(), options->json, terminal.out);
    if (options->what == "bonuses") List(tabular::Bonuses(), options->json, terminal.out);
  });
}

}  // namespace rove
