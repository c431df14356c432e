// Uniform replay over sequences of rows of a ring (replay/chunk_ring.h).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/error.h"
#include "replay/chunk_ring.h"
#include "replay/record_layout.h"
#include "replay/replay.h"

namespace rove {
namespace {

class UniformReplay final : public Replay {
 public:
  // place: of the limit in the config; bytes_limit: whether that is in bytes.
  UniformReplay(RecordLayout layout, const ChunkGeometry& geometry, std::string place, bool bytes_limit)
      : layout_(std::move(layout)),
        ring_(geometry),
        n_(geometry.n),
        kept_(geometry.kept),
        period_(geometry.period),
        place_(std::move(place)),
        bytes_limit_(bytes_limit),
        version_(static_cast<std::size_t>(geometry.chunks)) {}

  void CheckSlot(std::int64_t T) const override {
    if (T > kept_) {
      // A limit of 2 T + 4 periods of bytes keeps at least T rows: ChunkGeometry::Fit loses at most two chunks of a quarter each.
      const std::int64_t enough = bytes_limit_ ? (2 * T / period_ + 4) * ring_.geometry().period_bytes() : T * n_;
      throw UserError(fmt::format("{}: holds {} steps of each environment, a rollout has {}; raise it to at least {}", place_,
                                  kept_, T, enough));
    }
    if (!layout_.state.empty() && T % period_ != 0) {
      throw UserError(
          fmt::format("{}: a rollout of {} steps is no multiple of the sequence length {}, at which recurrent states are stored",
                      place_, T, period_));
    }
  }

  void Insert(const RolloutView& rollout) override {
    ROVE_CHECK_EQ(rollout.n, n_);
    const std::int64_t T = rollout.T;
    CheckSlot(T);
    live_ -= LiveRows(oldest(), std::max(oldest(), head_ + T - kept_));
    for (std::int64_t c = head_ == 0 ? 0 : head_ / chunk_rows() + 1; c <= (head_ + T) / chunk_rows(); ++c) version(c) = 0;
    for (std::int64_t t = 0; t < T; ++t) {
      std::byte* const records = ring_.records(head_ + t);
      StoreFrames(rollout, t, records);
      Store(layout_.action, rollout.action.data, t, records);
      Store(layout_.reward, rollout.reward.data(), t, records);
      Store(layout_.discount, rollout.discount.data(), t, records);
      Store(layout_.intrinsic, rollout.intrinsic.data(), t, records);
      Store(layout_.end, rollout.end.data(), t, records);
    }
    // The newest frame has no transition yet: zeros, so that a checkpoint's bytes do not depend on what was there before.
    std::memset(ring_.records(head_ + T), 0, static_cast<std::size_t>(n_ * layout_.record_bytes));
    StoreFrames(rollout, T, ring_.records(head_ + T));
    for (std::int64_t k = 0; !layout_.state.empty() && k < T / period_; ++k) {
      for (std::size_t f = 0; f < layout_.state.size(); ++f) {
        const void* values = rollout.state[f].Rows(k, 1).data;
        layout_.state[f].Store(values, n_, layout_.state_bytes, ring_.states(head_ + k * period_));
      }
    }
    live_ += LiveRows(head_, head_ + T);
    head_ += T;
  }

  bool Sample(int batch, int length, const Noise& noise, BatchView* out) override {
    ROVE_CHECK(batch > 0 && length > 0);
    ROVE_CHECK(length > 1 || period_ == 1);
    // Starts are multiples of period_: where the recurrent state is known.
    const std::int64_t first = first_start();
    const std::int64_t starts = head_ < length ? 0 : (head_ - length) / period_ - first + 1;
    if (starts <= 0 || (length == 1 && live_ == 0)) return false;
    const auto B = static_cast<std::size_t>(batch);
    handle_.resize(B);
    record_.resize(B * static_cast<std::size_t>(length + 1));
    state_record_.resize(layout_.state.empty() ? 0 : B);
    const auto draw = [&](std::size_t b, NoiseStream* stream) {
      const std::int64_t drawn = stream->Below(static_cast<std::uint32_t>(starts * n_));
      const std::int64_t row = (first + drawn / n_) * period_, i = drawn % n_;
      handle_[b] = row * n_ + i;
      record_[b] = ring_.records(row) + i * layout_.record_bytes;
    };
    // All are drawn before the first is looked at, so that the cache misses overlap; those found dead are drawn again.
    for (std::size_t b = 0; b < B; ++b) {
      NoiseStream stream = noise.At(b, static_cast<std::uint64_t>(draws_));
      draw(b, &stream);
      Prefetch(record_[b]);
    }
    for (std::size_t b = 0; b < B; ++b) {
      if (length == 1 && dead(record_[b])) {
        NoiseStream stream = noise.At(b, static_cast<std::uint64_t>(draws_));
        do {
          draw(b, &stream);
        } while (dead(record_[b]));
      }
      const std::int64_t row = handle_[b] / n_, i = handle_[b] % n_;
      for (std::int64_t t = 1; t <= length; ++t) {
        record_[static_cast<std::size_t>(t) * B + b] = ring_.records(row + t) + i * layout_.record_bytes;
      }
      if (!state_record_.empty()) state_record_[b] = ring_.states(row) + i * layout_.state_bytes;
    }
    ++draws_;
    Gather(batch, length, out);
    return true;
  }

  void Write(std::span<const std::int64_t> handles, std::string_view column, ConstTensorView values) override {
    const RecordField* to = column == "reward" ? &layout_.reward : column == "intrinsic" ? &layout_.intrinsic : nullptr;
    const int extra = FindColumn(layout_.extra_spec, column);
    if (extra >= 0) to = &layout_.extra[static_cast<std::size_t>(extra)];
    ROVE_CHECK(to != nullptr);
    ROVE_CHECK(values.dtype == to->spec().dtype);
    ROVE_CHECK_EQ(values.bytes(), handles.size() * to->bytes());
    for (std::size_t j = 0; j < handles.size(); ++j) {
      const std::int64_t row = handles[j] / n_;
      ROVE_CHECK(handles[j] >= 0 && row < head_);
      if (row < oldest()) continue;
      std::byte* const record = ring_.records(row) + handles[j] % n_ * layout_.record_bytes;
      std::memcpy(record + to->offset(), static_cast<const std::byte*>(values.data) + j * to->bytes(), to->bytes());
      ++version(row / chunk_rows());
    }
  }

  void Cut() override {
    if (head_ == 0) return;
    const std::span<const TensorSpec> state = layout_.state_spec;
    RolloutSlot slot({.T = static_cast<int>(period_), .n = n_, .sequence_length = state.empty() ? 0 : static_cast<int>(period_)},
                     layout_.obs_spec, layout_.action.spec(), layout_.extra_spec, state);
    const RolloutView dead_rows = slot.view();
    for (std::int64_t t = 0; t <= period_; ++t) LoadFrames(ring_.records(head_), dead_rows, t);
    for (int i = 0; i < n_; ++i) {
      std::byte* const last = ring_.records(head_ - 1) + i * layout_.record_bytes;
      if (dead(last) || dead_rows.dead(0, i)) continue;
      last[layout_.end.offset()] |= std::byte{kTruncated};
      ++version((head_ - 1) / chunk_rows());
    }
    std::ranges::fill(dead_rows.step_type, StepType::kLast);
    std::ranges::fill(dead_rows.discount, 1.0f);
    Insert(dead_rows);
  }

  std::int64_t size() const override { return live_; }
  std::int64_t capacity() const override { return kept_ * n_; }

  void Serialize(Archive& ar) override {
    ar.Section("uniform_replay", 2, [&](int stored) {
      if (stored < 2)
        throw SystemError("replay: its rows were stored by an older version of rove; start again with another --run");
      std::int64_t chunk_bytes = ring_.geometry().chunk_bytes();
      ar("chunk_bytes", chunk_bytes);
      ar("head", head_);
      ar("live", live_);
      ar("draws", draws_);
      if (chunk_bytes != ring_.geometry().chunk_bytes() || head_ < 0 || head_ % period_ != 0) {
        throw SystemError("replay: was stored with other columns or chunks; start again with another --run");
      }
      if (head_ == 0) return;
      const std::int64_t newest = head_ / chunk_rows();
      for (std::int64_t c = oldest() / chunk_rows(); c <= newest; ++c) ar("version", version(c));
      const auto rows = static_cast<std::size_t>(head_ - newest * chunk_rows());
      ar.Block("records", ring_.chunk(newest), (rows + 1) * static_cast<std::size_t>(n_ * layout_.record_bytes));
      ar.Block("states", ring_.states(newest * chunk_rows()),
               rows / static_cast<std::size_t>(period_) * static_cast<std::size_t>(n_ * layout_.state_bytes));
    });
  }

  std::vector<ReplayChunk> chunks() override {
    std::vector<ReplayChunk> out;
    const auto bytes = static_cast<std::size_t>(ring_.geometry().chunk_bytes());
    for (std::int64_t c = oldest() / chunk_rows(); c < head_ / chunk_rows(); ++c) {
      out.push_back({.number = c, .version = version(c), .memory = {ring_.chunk(c), bytes}});
    }
    return out;
  }

  std::int64_t rows() const override { return head_ - first_start() * period_; }
  ReplayChunk newest() override {
    const std::int64_t c = head_ / chunk_rows();
    return {.number = c, .version = 0, .memory = {ring_.chunk(c), static_cast<std::size_t>(ring_.geometry().chunk_bytes())}};
  }
  RolloutSlot Unpack(const ReplayChunk& chunk) const override {
    ROVE_CHECK_EQ(chunk.memory.size(), static_cast<std::size_t>(ring_.geometry().chunk_bytes()));
    const std::int64_t begin = chunk.number * chunk_rows(), first = std::max(begin, first_start() * period_);
    const std::int64_t last = std::max(first, std::min(begin + chunk_rows(), head_));
    const std::span<const TensorSpec> state = layout_.state_spec;
    RolloutSlot slot(
        {.T = static_cast<int>(last - first), .n = n_, .sequence_length = state.empty() ? 0 : static_cast<int>(period_)},
        layout_.obs_spec, layout_.action.spec(), layout_.extra_spec, state);
    const RolloutView out = slot.view();
    const std::byte* const memory = chunk.memory.data();
    for (std::int64_t t = 0; t < last - first; ++t) {
      const std::byte* const records = memory + (first + t - begin) * n_ * layout_.record_bytes;
      LoadFrames(records, out, t);
      Load(layout_.action, records, t, out.action.data);
      Load(layout_.reward, records, t, out.reward.data());
      Load(layout_.discount, records, t, out.discount.data());
      Load(layout_.intrinsic, records, t, out.intrinsic.data());
      Load(layout_.end, records, t, out.end.data());
    }
    if (last == head_ && last < begin + chunk_rows())
      LoadFrames(memory + (last - begin) * n_ * layout_.record_bytes, out, last - first);
    const std::byte* states =
        memory + chunk_rows() * n_ * layout_.record_bytes + (first - begin) / period_ * n_ * layout_.state_bytes;
    for (std::int64_t k = 0; !state.empty() && k < (last - first) / period_; ++k, states += n_ * layout_.state_bytes) {
      for (std::size_t f = 0; f < state.size(); ++f)
        layout_.state[f].Load(states, n_, layout_.state_bytes, out.state[f].Rows(k, 1).data);
    }
    return slot;
  }

 private:
  std::int64_t oldest() const { return std::max<std::int64_t>(0, head_ - kept_); }  // row of the oldest transition
  std::int64_t first_start() const {
    return (oldest() + period_ - 1) / period_;
  }  // times period_: the first row that can start a sample
  std::int64_t chunk_rows() const { return ring_.geometry().rows; }
  std::int64_t& version(std::int64_t chunk) { return version_[static_cast<std::size_t>(chunk % ring_.geometry().chunks)]; }
  bool dead(const std::byte* record) const {
    return static_cast<StepType>(record[layout_.step_type.offset()]) == StepType::kLast;
  }
  // The first lines of a record, and of that in the next row, which mostly lies this far behind it.
  void Prefetch(const std::byte* record) const {
    constexpr std::int64_t kLine = 64, kMost = 4 * kLine;
    const std::int64_t bytes = std::min(layout_.record_bytes, kMost), next = n_ * layout_.record_bytes;
    for (std::int64_t at = 0; at < bytes; at += kLine) {
      __builtin_prefetch(record + at);
      __builtin_prefetch(record + next + at);
    }
  }
  std::int64_t LiveRows(std::int64_t begin, std::int64_t end) const {
    std::int64_t live = 0;
    for (std::int64_t row = begin; row < end; ++row) {
      const std::byte* record = ring_.records(row);
      for (int i = 0; i < n_; ++i, record += layout_.record_bytes) live += !dead(record);
    }
    return live;
  }

  // Row t of a slot's column to the records of a row.
  void Store(const RecordField& field, const void* column, std::int64_t t, std::byte* records) const {
    const auto* values = static_cast<const std::byte*>(column) + static_cast<std::size_t>(t * n_) * field.bytes();
    field.Store(values, n_, layout_.record_bytes, records);
  }
  void StoreFrames(const RolloutView& rollout, std::int64_t t, std::byte* records) const {
    for (std::size_t k = 0; k < layout_.obs.size(); ++k) Store(layout_.obs[k], rollout.obs[k].data, t, records);
    for (std::size_t k = 0; k < layout_.extra.size(); ++k) Store(layout_.extra[k], rollout.extra[k].data, t, records);
    Store(layout_.step_type, rollout.step_type.data(), t, records);
  }
  // The other way round.
  void Load(const RecordField& field, const std::byte* records, std::int64_t t, void* column) const {
    auto* const values = static_cast<std::byte*>(column) + static_cast<std::size_t>(t * n_) * field.bytes();
    field.Load(records, n_, layout_.record_bytes, values);
  }
  void LoadFrames(const std::byte* records, const RolloutView& to, std::int64_t t) const {
    for (std::size_t k = 0; k < layout_.obs.size(); ++k) Load(layout_.obs[k], records, t, to.obs[k].data);
    for (std::size_t k = 0; k < layout_.extra.size(); ++k) Load(layout_.extra[k], records, t, to.extra[k].data);
    Load(layout_.step_type, records, t, to.step_type.data());
  }
  void Gather(int batch, int length, BatchView* out) {
    const std::span<const std::byte*const> frames = record_, rows = frames.first(frames.size() - static_cast<std::size_t>(batch));
    const auto views = [](std::vector<RecordField>* fields, std::span<const std::byte* const> from, int leading,
                          std::vector<TensorView>* to) {
      to->clear();
      for (RecordField& field : *fields) to->push_back(field.Gather(from, leading));
      return std::span<const TensorView>(*to);
    };
    *out = {};
    out->T = length;
    out->n = batch;
    out->obs = views(&layout_.obs, frames, length + 1, &obs_view_);
    out->obs_spec = layout_.obs_spec;
    out->extra = views(&layout_.extra, frames, length + 1, &extra_view_);
    out->extra_spec = layout_.extra_spec;
    out->action = layout_.action.Gather(rows, length);
    out->reward = layout_.reward.Gather(rows, length).As<float>();
    out->discount = layout_.discount.Gather(rows, length).As<float>();
    out->intrinsic = layout_.intrinsic.Gather(rows, length).As<float>();
    out->end = layout_.end.Gather(rows, length).As<std::uint8_t>();
    const TensorView step_type = layout_.step_type.Gather(frames, length + 1);
    out->step_type = {static_cast<StepType*>(step_type.data), static_cast<std::size_t>(step_type.shape.count())};
    total_.assign(out->reward.begin(), out->reward.end());
    out->total = total_;
    out->state = views(&layout_.state, state_record_, 1, &state_view_);
    out->state_spec = layout_.state_spec;
    out->handle = handle_;
  }

  RecordLayout layout_;
  ChunkRing ring_;
  int n_;
  std::int64_t kept_, period_;  // rows of each environment that can be sampled; rows between stored recurrent states
  std::string place_;           // of the limit in the config
  bool bytes_limit_;
  std::int64_t head_ = 0;  // rows inserted so far; row head_ holds the newest frame, without an action yet
  std::int64_t live_ = 0, draws_ = 0;
  std::vector<std::int64_t> version_;  // of each chunk of the ring
  // Of the latest sample: records of row t of sequence b at t * B + b.
  std::vector<const std::byte*> record_, state_record_;
  std::vector<std::int64_t> handle_;
  std::vector<float> total_;
  std::vector<TensorView> obs_view_, extra_view_, state_view_;
};

}  // namespace

std::unique_ptr<Replay> MakeUniformReplay(const Config& config, const ReplayDeps& deps, std::int64_t max_chunk_bytes) {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  std::int64_t bytes = 0;
  config.Get("bytes", &bytes, InRange(0, 1e18));
  std::int64_t capacity = bytes == 0 ? 1'000'000 : 0;
  config.Get("capacity", &capacity, InRange(0, static_cast<double>(kMost)));
  config.RefuseUnread();
  if (capacity == 0 && bytes == 0) config.Fail("expected a limit: capacity (transitions) or bytes above 0");
  if (capacity != 0 && capacity < deps.num_envs) {
    config.At("capacity")
        .Fail(fmt::format("expected at least one transition of each of {} environments, got {}", deps.num_envs, capacity));
  }

  RecordLayout layout(deps);
  const std::int64_t period = deps.state.empty() ? 1 : deps.sequence_length;
  ROVE_CHECK_GT(period, 0);
  ChunkGeometry geometry{
      .n = deps.num_envs, .record_bytes = layout.record_bytes, .state_bytes = layout.state_bytes, .period = period};
  if (capacity > 0) geometry.Keep(capacity / deps.num_envs, max_chunk_bytes);
  const bool bytes_bind = bytes > 0 && (capacity == 0 || geometry.bytes() > bytes);
  if (bytes_bind) {
    geometry.Fit(bytes, max_chunk_bytes);
    if (geometry.kept == 0) {
      config.At("bytes").Fail(fmt::format("{} bytes hold no two steps of {} environments, {} bytes each; raise it", bytes,
                                          deps.num_envs, layout.record_bytes));
    }
    geometry.kept = std::min(geometry.kept, (capacity > 0 ? capacity : kMost) / deps.num_envs);
  }
  const double have = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  const Config key = config.At(bytes_bind ? "bytes" : "capacity");
  if (const auto need = static_cast<double>(geometry.bytes()); need > have) {
    constexpr double kGiB = 1 << 30;
    key.Fail(fmt::format("{} transitions of {} bytes need {:.1f} GiB, this machine has {:.1f} GiB; lower it",
                         geometry.kept * deps.num_envs, layout.record_bytes, need / kGiB, have / kGiB));
  }
  return std::make_unique<UniformReplay>(std::move(layout), geometry, key.place(), bytes_bind);
}

}  // namespace rove
