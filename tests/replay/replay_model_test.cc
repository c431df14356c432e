// The replay against a naive model, a plain list of all rows ever inserted, under any sequence of inserting, sampling, writing,
// checkpointing and restoring. A checkpoint is taken as the engine takes it: chunks whose name it has already are not read again,
// so a chunk that changed under its name shows after the next restore.
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <optional>

#include "core/archive.h"
#include "replay/replay.h"

namespace rove {
namespace {

const std::vector<TensorSpec> kObs = {{.name = "x", .dtype = DType::kF64, .shape = {3}, .low = {}, .high = {}},
                                      {.name = "k", .dtype = DType::kU8, .shape = {}, .low = {}, .high = {}}};
const TensorSpec kAction = {.name = "action", .dtype = DType::kF32, .shape = {2}, .low = {}, .high = {}};
const std::vector<TensorSpec> kExtra = {{.name = "note", .dtype = DType::kI64, .shape = {}, .low = {}, .high = {}}};
const std::vector<TensorSpec> kState = {{.name = "h", .dtype = DType::kF32, .shape = {5}, .low = {}, .high = {}}};

enum ColumnId { kX, kK, kNote, kStepType, kActionColumn, kReward, kDiscount, kIntrinsic, kEnd, kH, kColumns };
using Cell = std::array<std::string, kColumns>;  // one row of one environment; kH only where a state is stored

struct ColumnData {
  ColumnId column;
  void* data;
  std::size_t bytes;  // of one row of one environment
};

std::vector<ColumnData> FrameColumns(const SequenceView& v) {
  return {{kX, v.obs[0].data, 24}, {kK, v.obs[1].data, 1}, {kNote, v.extra[0].data, 8}, {kStepType, v.step_type.data(), 1}};
}
std::vector<ColumnData> TransitionColumns(const SequenceView& v) {
  return {{kActionColumn, v.action.data, 8},
          {kReward, v.reward.data(), 4},
          {kDiscount, v.discount.data(), 4},
          {kIntrinsic, v.intrinsic.data(), 4},
          {kEnd, v.end.data(), 1}};
}
std::string Value(const ColumnData& c, std::size_t at) { return {static_cast<const char*>(c.data) + at * c.bytes, c.bytes}; }

struct Model {
  int n = 1, period = 0;  // period 0: no recurrent state
  std::int64_t kept = 0;
  std::vector<std::vector<Cell>> rows;  // [row][env]; the last one is the newest frame, without a transition

  std::int64_t head() const { return std::max<std::int64_t>(0, std::ssize(rows) - 1); }
  std::int64_t oldest() const { return std::max<std::int64_t>(0, head() - kept); }
  bool dead(std::int64_t row, int i) const {
    return static_cast<StepType>(rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(i)][kStepType][0]) ==
           StepType::kLast;
  }
  std::int64_t live() const {
    std::int64_t count = 0;
    for (std::int64_t row = oldest(); row < head(); ++row) {
      for (int i = 0; i < n; ++i) count += !dead(row, i);
    }
    return count;
  }
  bool CanSample(int length) const {
    for (std::int64_t row = oldest(); row + length <= head(); ++row) {
      if (period == 0 || row % period == 0) {
        for (int i = 0; i < n; ++i) {
          if (length > 1 || !dead(row, i)) return true;
        }
      }
    }
    return false;
  }

  void Insert(const RolloutView& v) {
    rows.resize(static_cast<std::size_t>(head() + v.T + 1), std::vector<Cell>(static_cast<std::size_t>(n)));
    const std::int64_t first = head() - v.T;
    for (int t = 0; t <= v.T; ++t) {
      for (int i = 0; i < n; ++i) {
        Cell& cell = rows[static_cast<std::size_t>(first + t)][static_cast<std::size_t>(i)];
        for (const ColumnData& c : FrameColumns(v)) cell[c.column] = Value(c, v.index(t, i));
        if (t == v.T) continue;
        for (const ColumnData& c : TransitionColumns(v)) cell[c.column] = Value(c, v.index(t, i));
        if (period > 0 && t % period == 0) cell[kH] = Value({kH, v.state[0].data, 20}, v.index(t / period, i));
      }
    }
  }

  // What is wrong with a sampled sequence, or "".
  std::string Wrong(const BatchView& v, int b) const {
    const std::int64_t first = v.handle[static_cast<std::size_t>(b)] / n;
    const auto i = static_cast<std::size_t>(v.handle[static_cast<std::size_t>(b)] % n);
    if (first < oldest() || first + v.T > head()) return "outside of what is stored";
    if (v.T == 1 && v.dead(0, b)) return "starts dead";
    for (int t = 0; t <= v.T; ++t) {
      const Cell& cell = rows[static_cast<std::size_t>(first + t)][i];
      for (const ColumnData& c : FrameColumns(v)) {
        if (Value(c, v.index(t, b)) != cell[c.column]) return "frame column " + std::to_string(c.column);
      }
      if (t == v.T) continue;
      for (const ColumnData& c : TransitionColumns(v)) {
        if (Value(c, v.index(t, b)) != cell[c.column]) return "step column " + std::to_string(c.column);
      }
      if (v.total[v.index(t, b)] != v.reward[v.index(t, b)]) return "total";
    }
    const bool state = period == 0 || (first % period == 0 && Value({kH, v.state[0].data, 20}, v.index(0, b)) ==
                                                                  rows[static_cast<std::size_t>(first)][i][kH]);
    return state ? "" : "state";
  }
};

// A checkpoint as the engine keeps it.
struct Stored {
  std::string head;
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> chunks;
  Model model;

  static Stored Take(Replay& replay, const Model& model, const Stored* before) {
    Archive ar;
    replay.Serialize(ar);
    Stored out{.head = ar.bytes(), .chunks = {}, .model = model};
    for (const ReplayChunk& chunk : replay.chunks()) {
      const std::pair name(chunk.number, chunk.version);
      const bool linked = before != nullptr && before->chunks.contains(name);
      out.chunks[name] =
          linked ? before->chunks.at(name) : std::string(reinterpret_cast<const char*>(chunk.memory.data()), chunk.memory.size());
    }
    return out;
  }
  void Restore(Replay& replay) const {
    Archive ar(head, "test");
    replay.Serialize(ar);
    ar.ExpectEnd();
    const auto wanted = replay.chunks();
    RC_ASSERT(wanted.size() == chunks.size());
    for (const ReplayChunk& chunk : wanted) {
      const std::string& bytes = chunks.at({chunk.number, chunk.version});
      RC_ASSERT(bytes.size() == chunk.memory.size());
      std::memcpy(chunk.memory.data(), bytes.data(), bytes.size());
    }
  }
};

RolloutSlot RandomSlot(int T, int n, int period, std::uint64_t seed) {
  RolloutSlot slot({.T = T, .n = n, .sequence_length = period}, kObs, kAction, kExtra,
                   period > 0 ? std::span<const TensorSpec>(kState) : std::span<const TensorSpec>());
  const RolloutView v = slot.view();
  NoiseStream stream = Noise(seed, "test").At(0, 0);
  const auto fill = [&](auto values) {
    for (auto& value : values) value = static_cast<std::remove_reference_t<decltype(value)>>(stream.Below(200));
  };
  fill(v.obs[0].As<double>());
  fill(v.obs[1].As<std::uint8_t>());
  fill(v.extra[0].As<std::int64_t>());
  fill(v.action.As<float>());
  fill(v.reward);
  fill(v.discount);
  fill(v.intrinsic);
  fill(v.end);
  if (period > 0) fill(v.state[0].As<float>());
  for (StepType& type : v.step_type) type = static_cast<StepType>(stream.Below(3));
  return slot;
}

TEST_CASE("replay: any sequence of insert, sample, write, checkpoint and restore is that of a plain list", "[replay][property]") {
  CHECK(rc::check([] {
    Model model;
    model.n = *rc::gen::inRange(1, 4);
    model.period = *rc::gen::element(0, 0, 1, 2, 3);
    const int unit = std::max(1, model.period);
    const int longest = *rc::gen::inRange(1, 5) * unit;
    const bool by_bytes = *rc::gen::arbitrary<bool>();
    const int record = 24 + 1 + 8 + 8 + 3 * 4 + 2;
    const int row_bytes = model.n * record + (model.period > 0 ? model.n * 20 / model.period + 1 : 0);
    const std::string limit = by_bytes ? "bytes: " + std::to_string(row_bytes * *rc::gen::inRange(2 * longest + 4 * unit, 80))
                                       : "capacity: " + std::to_string(model.n * *rc::gen::inRange(longest, 40));
    const int chunk = *rc::gen::element(1, 700, 100'000);
    const auto make = [&] {
      return MakeUniformReplay(Config::Parse(limit),
                               {.obs = kObs,
                                .action = kAction,
                                .extra = kExtra,
                                .state = model.period > 0 ? std::span<const TensorSpec>(kState) : std::span<const TensorSpec>(),
                                .num_envs = model.n,
                                .sequence_length = model.period},
                               chunk);
    };
    auto replay = make();
    model.kept = replay->capacity() / model.n;
    RC_ASSERT(model.kept >= longest);
    std::optional<Stored> stored;
    std::uint64_t number = 0;
    const int commands = *rc::gen::inRange(1, 60);
    for (int k = 0; k < commands; ++k) {
      switch (*rc::gen::inRange(0, 8)) {
        case 0:
        case 1:
        case 2: {
          RolloutSlot slot = RandomSlot(*rc::gen::inRange(1, longest / unit + 1) * unit, model.n, model.period, ++number);
          // Row 0 is the copied last row of the slot before, as the engine makes it; the agent's columns may differ.
          model.Insert(slot.view());
          replay->Insert(slot.view());
          break;
        }
        case 3:
        case 4: {
          const int length = *rc::gen::inRange(unit > 1 ? 2 : 1, 8);
          BatchView batch;
          const bool sampled = replay->Sample(5, length, Noise(1, "replay"), &batch);
          RC_ASSERT(sampled == model.CanSample(length));
          if (!sampled) break;
          RC_ASSERT(batch.T == length);
          for (int b = 0; b < 5; ++b) RC_ASSERT(model.Wrong(batch, b) == "");
          break;
        }
        case 5: {
          if (model.head() == 0) break;
          const bool extra = *rc::gen::arbitrary<bool>();
          const auto handles =
              *rc::gen::container<std::vector<std::int64_t>>(3, rc::gen::inRange<std::int64_t>(0, model.head() * model.n));
          std::vector<float> rewards;
          std::vector<std::int64_t> notes;
          for (const std::int64_t handle : handles) {
            rewards.push_back(static_cast<float>(++number) + 0.5f);
            notes.push_back(static_cast<std::int64_t>(number));
            Cell& cell = model.rows[static_cast<std::size_t>(handle / model.n)][static_cast<std::size_t>(handle % model.n)];
            if (handle / model.n < model.oldest()) continue;
            std::memcpy(cell[extra ? kNote : kReward].data(), extra ? static_cast<void*>(&notes.back()) : &rewards.back(),
                        extra ? 8 : 4);
          }
          if (extra) {
            replay->Write(handles, "note", {notes.data(), DType::kI64, {3}});
          } else {
            replay->Write(handles, "reward", {rewards.data(), DType::kF32, {3}});
          }
          break;
        }
        case 6: stored = Stored::Take(*replay, model, stored ? &*stored : nullptr); break;
        default:
          if (!stored) break;
          replay = make();
          stored->Restore(*replay);
          model = stored->model;
      }
      RC_ASSERT(replay->size() == model.live());
    }
  }));
}

}  // namespace
}  // namespace rove
