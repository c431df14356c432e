// The observation columns of MiniGrid. `outputs` of an environment's config chooses some by name, in its order:
//
//   env: {type: MiniGrid-DoorKey-8x8-v0, view_size: 9, outputs: [image, full, direction, mission]}
//
// A newcomer adds one in one .cc of this folder with one registrar line; see outputs.cc and text_outputs.cc:
//
//   const OutputRegistrar kSteps("steps", [](const OutputDeps&) -> Output {
//     return {{"steps", DType::kI32, {}, {0}, {}, Role::kPrivileged},
//             [](const Scene& scene, void* to) { *static_cast<std::int32_t*>(to) = scene.state().step_count; }};
//   });
#pragma once

#include <array>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/tensor.h"
#include "envs/minigrid/mission_words.h"
#include "envs/minigrid/observation.h"
#include "envs/minigrid/play.h"

namespace rove::minigrid {

class Family;
struct FamilyInfo;

// One environment after a reset or a step, as a column's writer sees it: read only, valid during the call.
class Scene {
 public:
  Scene(const Family& family, const Tables& tables, const ViewReader& reader, const State& state, const Cell* cells,
        const std::uint8_t* memory)
      : family_(family), tables_(tables), reader_(reader), state_(state), cells_(cells), memory_(memory) {}

  const FamilyInfo& info() const;
  std::span<const Word> mission_words() const;  // of the level's text (mission_words.h)
  const Tables& tables() const { return tables_; }
  const Layout& layout() const { return tables_.layout; }
  const State& state() const { return state_; }
  Cell at(int x, int y) const { return cells_[layout().offset(x, y)]; }
  // The agent's view [v][v][3] = [view column][view row][type, colour, state], v = layout().view; type 0: not seen. Computed
  // once, when first asked for.
  const std::uint8_t* image() const;
  int image_bytes() const { return layout().view * layout().view * 3; }

 private:
  const Family& family_;
  const Tables& tables_;
  const ViewReader& reader_;
  const State& state_;
  const Cell* cells_;
  const std::uint8_t* memory_;
  mutable bool has_image_ = false;
  mutable std::array<std::uint8_t, kMaxView * kMaxView * 3> image_;
};

struct Output {
  TensorSpec spec;
  std::function<void(const Scene& scene, void* to)> write;  // every byte of one row; called from several threads at once
};

struct OutputDeps {
  const Config& config;    // the environment's: for parameters of an output, and for errors
  const FamilyInfo& info;  // its layout holds the view's size
};
using OutputMaker = std::function<Output(const OutputDeps&)>;
struct OutputRegistrar {
  OutputRegistrar(const std::string& name, OutputMaker maker);
};

// What an environment has whose config names no outputs: image, direction, mission, carrying, position, state_key, and in BabyAI
// mission_tokens.
std::vector<Output> StandardOutputs(const FamilyInfo& info);
// Those that `outputs` names. Throws Error(kUser) for an unknown name, one named twice, an empty list.
std::vector<Output> ReadOutputs(const Config& config, const FamilyInfo& info);

}  // namespace rove::minigrid
