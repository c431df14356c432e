// Runs of the engine in one process, from a config to everything that must not depend on threads, kills or checkpoints.
#pragma once

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/run_setup.h"
#include "core/archive.h"
#include "engine/engine.h"

namespace rove::testing {

struct Outcome {
  std::map<std::string, std::string> state;  // component or chunk of the replay -> bytes
  std::vector<std::string> rows;             // metrics as JSON lines
  std::vector<int> lags;
  bool operator==(const Outcome&) const = default;
};

inline std::string ChunkName(const ReplayChunk& chunk) { return fmt::format("replay/{}-{}", chunk.number, chunk.version); }

inline std::map<std::string, std::string> State(Engine& engine) {
  std::map<std::string, std::string> out;
  for (const std::string& name : Engine::component_names()) {
    Archive ar;
    engine.Serialize(name, ar);
    out[name] = ar.bytes();
  }
  if (engine.replay() == nullptr) return out;
  for (const ReplayChunk& chunk : engine.replay()->chunks()) {
    out[ChunkName(chunk)] = {reinterpret_cast<const char*>(chunk.memory.data()), chunk.memory.size()};
  }
  return out;
}

inline void Restore(const std::map<std::string, std::string>& state, Engine& engine) {
  for (const std::string& name : Engine::component_names()) {
    Archive ar(state.at(name), name);
    engine.Serialize(name, ar);
    ar.ExpectEnd();
  }
  if (engine.replay() == nullptr) return;
  for (const ReplayChunk& chunk : engine.replay()->chunks()) {
    const std::string& bytes = state.at(ChunkName(chunk));
    std::memcpy(chunk.memory.data(), bytes.data(), chunk.memory.size());
  }
}

struct Run {
  std::unique_ptr<Engine> engine;
  MemorySink* sink;
};

inline Run Make(const std::string& yaml, std::span<const std::string> overrides) {
  RunSetup setup = BuildRun(Config::Parse(yaml, "test.yaml", overrides));
  auto sink = std::make_unique<MemorySink>();
  MemorySink* const memory = sink.get();
  setup.parts.sinks.push_back(std::move(sink));
  return {std::make_unique<Engine>(std::move(setup.parts), setup.engine), memory};
}

inline Outcome Finish(Run& run) {
  run.engine->Run();
  Outcome out{.state = State(*run.engine), .rows = {}, .lags = {}};
  for (const auto& row : run.sink->rows) {
    out.rows.push_back(JsonLine(row.env_steps, row.metrics));
    out.lags.push_back(static_cast<int>(*row.metrics.Find("train/policy_lag")));
  }
  return out;
}

inline Outcome RunToEnd(const std::string& yaml, std::vector<std::string> overrides = {}) {
  Run run = Make(yaml, overrides);
  return Finish(run);
}

}  // namespace rove::testing
