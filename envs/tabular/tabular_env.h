// Every tabular environment is a model (core/mdp.h) and this one way of playing it. A newcomer adds one with one .cc here: a
// function from config to Mdp, and one registrar line.
// Columns: `state` and `step` (i32: steps taken in this episode), and for rewards and metrics `state_key` (i64: the state again).
// After `horizon` steps an episode is cut.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/mdp.h"
#include "envs/registry.h"

namespace rove::tabular {

struct Model {
  Mdp mdp;
  std::optional<double> success_return;  // see EnvSpec
};

struct Registrar {
  Registrar(const std::string& name, const std::string& doc, std::function<Model(const Config&)> make);
};

}  // namespace rove::tabular
