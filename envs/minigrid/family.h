// A family of MiniGrid levels: one .cc in this folder holds its generator, its own step rule and the registration of its ids.
// Line 1 of each names the upstream file whose draws it reproduces.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "envs/minigrid/level.h"
#include "envs/registry.h"

namespace rove::minigrid {

struct FamilyInfo {
  Layout layout;
  int max_steps = 0;
  bool see_through_walls = false;
  std::vector<std::string> missions;  // the texts a level can have; State::mission indexes them
};

struct Outcome {
  double reward = 0;
  bool terminated = false;
};

class Family {
 public:
  explicit Family(FamilyInfo info) : info_(std::move(info)) {}
  virtual ~Family() = default;
  const FamilyInfo& info() const { return info_; }

  // Draws one level: cells, agent, mission, target. Const and stateless: called from several threads at once.
  virtual void Generate(Level& level) const = 0;

  // What the family adds after the base rules of a step; `outcome` holds what those gave, success_reward what success pays now.
  virtual void AfterStep(const State&, int /*action*/, double /*success_reward*/, Outcome*) const {}

 protected:
  FamilyInfo info_;
};

// Registers an id: `make` builds the family, from config where the id leaves parameters open.
struct FamilyRegistrar {
  using Maker = std::function<std::unique_ptr<Family>(const Config&)>;
  FamilyRegistrar(const std::string& id, const std::string& doc, Maker make);
};

}  // namespace rove::minigrid
