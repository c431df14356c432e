// Histories that keep the rules of episodes, in slots that follow one another: what a replay is fed in a run.
#pragma once

#include <vector>

#include "core/rng.h"
#include "replay/replay.h"

namespace rove {

class Episodes {
 public:
  // ends: one live step in so many ends its episode, at random.
  Episodes(const ReplayDeps& columns, std::uint64_t seed, std::uint32_t ends)
      : columns_(columns), stream_(Noise(seed, "episodes").At(0, 0)), ends_(ends) {
    for (int i = 0; i < columns.num_envs; ++i) next_.push_back(StepType::kFirst);
  }

  RolloutSlot Next(int T) {
    const int n = columns_.num_envs;
    RolloutSlot slot({.T = T, .n = n, .sequence_length = columns_.state.empty() ? 0 : columns_.sequence_length}, columns_.obs,
                     columns_.action, columns_.extra, columns_.state);
    const RolloutView v = slot.view();
    for (const auto& views : {v.obs, v.extra, v.state, std::span<const TensorView>(&v.action, 1)}) {
      for (const TensorView& view : views) Fill(view);
    }
    for (std::size_t k = 0; !frame_.empty() && k < v.obs.size(); ++k)
      std::ranges::copy(frame_[k], Bytes(v.obs[k].Rows(0, 1)).begin());
    for (int t = 0; t <= T; ++t) {
      for (int i = 0; i < n; ++i) {
        const std::size_t at = v.index(t, i);
        StepType& next = next_[static_cast<std::size_t>(i)];
        v.step_type[at] = next;
        if (t == T) continue;
        const bool dead = next == StepType::kLast, ends = !dead && stream_.Below(ends_) == 0;
        v.end[at] = ends ? static_cast<std::uint8_t>(1 + stream_.Below(3)) : 0;
        v.discount[at] = (v.end[at] & kTerminated) != 0 ? 0.0f : 1.0f;
        v.reward[at] = dead ? 0 : static_cast<float>(stream_.Below(1000)) / 8;
        v.intrinsic[at] = dead ? 0 : static_cast<float>(stream_.Below(1000)) / 16;
        next = dead ? StepType::kFirst : ends ? StepType::kLast : StepType::kMid;
      }
    }
    frame_.clear();
    for (const TensorView& view : v.obs) {
      const auto bytes = Bytes(view.Rows(T, 1));
      frame_.emplace_back(bytes.begin(), bytes.end());
    }
    return slot;
  }

 private:
  static std::span<std::byte> Bytes(const TensorView& view) { return {static_cast<std::byte*>(view.data), view.bytes()}; }
  template <class T>
  void FillAs(const TensorView& view) {
    for (T& value : view.As<T>()) value = static_cast<T>(stream_.Below(200));
  }
  void Fill(const TensorView& view) {
    switch (view.dtype) {
      case DType::kU8: return FillAs<std::uint8_t>(view);
      case DType::kI32: return FillAs<std::int32_t>(view);
      case DType::kI64: return FillAs<std::int64_t>(view);
      case DType::kF32: return FillAs<float>(view);
      case DType::kF64: return FillAs<double>(view);
    }
  }

  ReplayDeps columns_;
  NoiseStream stream_;
  std::uint32_t ends_;
  std::vector<StepType> next_;                 // of row 0 of the next slot
  std::vector<std::vector<std::byte>> frame_;  // its obs
};

}  // namespace rove
