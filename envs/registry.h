// Names to environments: the only place where the rest of rove gets one.
//
// One registrar line a name, in the environment's own .cc:
//   const EnvRegistrar kLock("tabular/lock", "combination lock", [](const Config& c) { return std::make_unique<Lock>(...); }); //
//   an Env const VectorEnvRegistrar kEmpty("MiniGrid-Empty-8x8-v0", "...", [](const Config& c, const EnvDeps& d) {...}); // a
//   VectorEnv
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/registry.h"
#include "envs/vector_env.h"

namespace rove {

struct EnvDeps {
  int num_envs = 1;
};

using EnvRegistry = Registry<VectorEnv, EnvDeps>;
EnvRegistry& Envs();

struct VectorEnvRegistrar {
  VectorEnvRegistrar(const std::string& name, const std::string& doc, EnvRegistry::Maker maker) {
    Envs().Add(name, doc, std::move(maker));
  }
};

// n scalar environments as one VectorEnv: adds autoreset, nothing else. Row i is `make()` called the i-th time.
std::unique_ptr<VectorEnv> MakeVectorEnv(int n, const std::function<std::unique_ptr<Env>()>& make);

struct EnvRegistrar {
  EnvRegistrar(const std::string& name, const std::string& doc, std::function<std::unique_ptr<Env>(const Config&)> make) {
    Envs().Add(name, doc, [make](const Config& config, const EnvDeps& deps) {
      return MakeVectorEnv(deps.num_envs, [&] { return make(config); });
    });
  }
};

}  // namespace rove
