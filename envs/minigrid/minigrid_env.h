// The batch engine of all MiniGrid families: n environments, one byte a cell, stepped in place into the caller's columns.
// Rules as Farama Minigrid 3.1.0, minigrid_env.py step(); exact to the last bit of reward and random state.
#pragma once

#include <memory>
#include <vector>

#include "envs/inspectable.h"
#include "envs/levels.h"
#include "envs/minigrid/family.h"
#include "envs/minigrid/observation.h"
#include "envs/minigrid/outputs.h"
#include "envs/minigrid/state.h"
#include "envs/minigrid/wrappers.h"
#include "envs/renderable.h"
#include "envs/snapshots.h"

namespace rove::minigrid {

// Columns of spec().obs where a config chooses no others (envs/minigrid/outputs.h), in this order.
//   image      u8 [7, 7, 3]  the view: [column][row][type, colour, state]
//   direction  i32           0 right, 1 down, 2 left, 3 up
//   mission    i32           index of the level's text
//   carrying   u8 [2]        privileged: type and colour of the carried object, 0 0 if none
//   position   i32 [2]       privileged: x, y of the agent
//   state_key  i64           privileged: hash of grid, position and direction, not of the carried object
//   mission_tokens i32 [T]  only in families that say T: the words of the level's text by number (mission_words.h), 0 pads
enum Column { kImage, kDirection, kMission, kCarrying, kPosition, kStateKey, kMissionTokens };

// What a config chooses for any family.
struct Setup {
  std::vector<Output> outputs;     // the columns of spec().obs; none: the standard ones
  Wrappers wrappers;               // the innermost first
  std::optional<LevelSet> levels;  // the only ones that are played
};

class MiniGrid final : public VectorEnv,
                       public RowSnapshots,
                       public GridInspectable,
                       public GridSettable,
                       public GridTask,
                       public HasLevels,
                       public FootprintInspectable,
                       public Renderable {
 public:
  MiniGrid(std::unique_ptr<Family> family, int n, Setup setup = {});
  const EnvSpec& spec() const override { return spec_; }
  int size() const override { return static_cast<int>(states_.size()); }
  void Reset(std::span<const int> rows, std::span<const std::optional<Seed>> seeds, const StepColumns& out) override;
  void Step(ConstTensorView action, int begin, int end, const StepColumns& out) override;
  void Serialize(Archive& ar) override;
  void SerializeRow(Archive& ar, int row) override;
  GridState Inspect(int row) const override;
  std::string Mission(int row) const override;
  void SetState(int row, const GridState& state, const StepColumns& out) override;
  GridGoal Goal(int row) const override;
  const std::optional<LevelSet>& levels() const override { return levels_; }
  void Render(int row, const RenderOptions& options, Picture* out) const override;
  std::size_t bytes_per_env() const override { return sizeof(State) + row_bytes_ + memory_bytes_; }

 private:
  std::uint8_t* cells(std::size_t row) { return cells_.data() + row * row_bytes_; }
  const std::uint8_t* cells(std::size_t row) const { return cells_.data() + row * row_bytes_; }
  std::uint8_t* memory(std::size_t row) { return memories_.data() + row * memory_bytes_; }
  const std::uint8_t* memory(std::size_t row) const { return memories_.data() + row * memory_bytes_; }
  void Generate(std::size_t row);
  Scene SceneOf(std::size_t row) const { return {*family_, tables_, view_, states_[row], cells(row), memory(row)}; }
  // An episode, with its first observation; false if that has the image too, else it is to be written.
  bool Begin(std::size_t row, const StepColumns& out);
  bool StepRow(std::size_t row, std::int32_t action, const StepColumns& out);  // the same for any step
  View ViewOf(std::size_t row, const StepColumns& out) const;
  void WriteImages(std::span<const View> views) const;
  void ObserveRest(std::size_t row, const StepColumns& out) const;  // the standard columns but the image
  void Observe(std::size_t row, const StepColumns& out) const;
  void Observe(std::size_t row, const Scene& scene, const StepColumns& out) const;  // any columns

  std::unique_ptr<Family> family_;
  Layout layout_;
  ViewReader view_;
  ImageWriter write_images_;
  std::vector<Output> outputs_;
  bool standard_;  // the view is 7 x 7 and the columns are those of enum Column: written without a detour
  Wrappers wrappers_;
  std::optional<LevelSet> levels_;
  EnvSpec spec_;
  Tables tables_;
  std::size_t row_bytes_, memory_bytes_;  // of an environment in cells_ and memories_
  std::vector<State> states_;
  std::vector<std::uint8_t> cells_;     // grid after grid, and the tail
  std::vector<std::uint8_t> memories_;  // what families keep beside it
  std::vector<LevelPicker> pickers_;    // [n] with fixed levels, else none
};

}  // namespace rove::minigrid
