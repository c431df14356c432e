// Uniform replay over sequences: one ring of rows, each row holding all environments, so that a slot is copied in with one
// memcpy a column (two at the ring's seam) and every frame is stored once. Row numbers are absolute (0 is the first row ever
// inserted) and wrap only where memory is touched: a sequence never sees the seam.
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/error.h"
#include "replay/replay.h"

namespace rove {
namespace {

// Rows [row, row + rows) of a ring of `size` rows, as at most two contiguous pieces: fn(first ring row, rows, rows before it).
template <class Fn>
void ForEachPiece(std::int64_t row, std::int64_t rows, std::int64_t size, Fn fn) {
  const std::int64_t begin = row % size, first = std::min(rows, size - begin);
  fn(begin, first, std::int64_t{0});
  if (first < rows) fn(std::int64_t{0}, rows - first, first);
}

// One column: a ring of rows [n, shape], and the rows gathered for the latest sample, [length, B, shape].
class Column {
 public:
  Column(const TensorSpec& spec, std::int64_t rows, int n)
      : spec_(spec), size_(rows), n_(n), bytes_(spec.row_bytes()), ring_(spec.dtype, spec.shape.Prepend(n).Prepend(rows)) {}

  const TensorSpec& spec() const { return spec_; }
  std::byte* at(std::int64_t row, std::int64_t i) {
    return static_cast<std::byte*>(ring_.view().data) + static_cast<std::size_t>(row % size_ * n_ + i) * bytes_;
  }
  void Insert(std::int64_t row, std::int64_t rows, const void* source) {
    ForEachPiece(row, rows, size_, [&](std::int64_t to, std::int64_t count, std::int64_t from) {
      const std::size_t row_bytes = static_cast<std::size_t>(n_) * bytes_;
      std::memcpy(at(to, 0), static_cast<const std::byte*>(source) + static_cast<std::size_t>(from) * row_bytes,
                  static_cast<std::size_t>(count) * row_bytes);
    });
  }
  // Rows starts[b] .. starts[b] + length - 1 of environment envs[b], for each b: [length, B, shape], valid until the next call.
  TensorView Gather(std::span<const std::int64_t> starts, std::span<const std::int32_t> envs, std::int64_t length) {
    const auto batch = static_cast<std::int64_t>(starts.size());
    const Shape shape = spec_.shape.Prepend(batch).Prepend(length);
    if (!(sample_.shape() == shape)) sample_ = Tensor(spec_.dtype, shape);
    auto* to = static_cast<std::byte*>(sample_.view().data);
    for (std::int64_t t = 0; t < length; ++t) {
      for (std::size_t b = 0; b < starts.size(); ++b, to += bytes_) std::memcpy(to, at(starts[b] + t, envs[b]), bytes_);
    }
    return sample_.view();
  }
  void Serialize(Archive& ar, std::int64_t rows) {
    ar.Block(spec_.name, ring_.view().data, static_cast<std::size_t>(std::min(rows, size_) * n_) * bytes_);
  }

 private:
  TensorSpec spec_;
  std::int64_t size_;
  int n_;
  std::size_t bytes_;
  Tensor ring_, sample_;
};

// Scalar columns of a slot are spans; a Column sees them as bytes.
TensorSpec Scalar(const char* name, DType dtype) { return {.name = name, .dtype = dtype, .shape = {}, .low = {}, .high = {}}; }

class UniformReplay final : public Replay {
 public:
  // rows: ring rows, one more than the transitions kept of each environment (the last one's next frame).
  UniformReplay(const ReplayDeps& deps, std::int64_t rows, std::string place)
      : n_(deps.num_envs),
        rows_(rows),
        period_(deps.state.empty() ? 1 : deps.sequence_length),
        place_(std::move(place)),
        action_(deps.action, rows, n_),
        reward_(Scalar("reward", DType::kF32), rows, n_),
        discount_(Scalar("discount", DType::kF32), rows, n_),
        intrinsic_(Scalar("intrinsic", DType::kF32), rows, n_),
        end_(Scalar("end", DType::kU8), rows, n_),
        step_type_(Scalar("step_type", DType::kU8), rows, n_) {
    ROVE_CHECK_GT(period_, 0);
    const auto add = [&](std::span<const TensorSpec> specs, std::int64_t ring, std::vector<TensorSpec>* kept,
                         std::vector<Column>* columns) {
      kept->assign(specs.begin(), specs.end());
      for (const TensorSpec& spec : specs) columns->emplace_back(spec, ring, n_);
    };
    add(deps.obs, rows, &obs_spec_, &obs_);
    add(deps.extra, rows, &extra_spec_, &extra_);
    add(deps.state, rows / period_ + 1, &state_spec_, &state_);
  }

  void Insert(const RolloutView& rollout) override {
    ROVE_CHECK_EQ(rollout.n, n_);
    const std::int64_t T = rollout.T;
    if (T >= rows_) {
      throw UserError(place_ + ": holds " + std::to_string(rows_ - 1) + " steps of each environment, a rollout has " +
                      std::to_string(T) + "; raise it to at least " + std::to_string(T * n_));
    }
    if (!state_.empty() && T % period_ != 0) {
      throw UserError(place_ + ": a rollout of " + std::to_string(T) + " steps is no multiple of the sequence length " +
                      std::to_string(period_) + ", at which recurrent states are stored");
    }
    const std::int64_t evicted = std::max<std::int64_t>(0, head_ + T - (rows_ - 1));
    live_ -= LiveRows(oldest(), std::max(oldest(), evicted));
    for (std::size_t k = 0; k < obs_.size(); ++k) obs_[k].Insert(head_, T + 1, rollout.obs[k].data);
    for (std::size_t k = 0; k < extra_.size(); ++k) extra_[k].Insert(head_, T + 1, rollout.extra[k].data);
    for (std::size_t k = 0; k < state_.size(); ++k) state_[k].Insert(head_ / period_, T / period_, rollout.state[k].data);
    step_type_.Insert(head_, T + 1, rollout.step_type.data());
    action_.Insert(head_, T, rollout.action.data);
    reward_.Insert(head_, T, rollout.reward.data());
    discount_.Insert(head_, T, rollout.discount.data());
    intrinsic_.Insert(head_, T, rollout.intrinsic.data());
    end_.Insert(head_, T, rollout.end.data());
    live_ += LiveRows(head_, head_ + T);
    head_ += T;
  }

  bool Sample(int batch, int length, const Noise& noise, BatchView* out) override {
    ROVE_CHECK(batch > 0 && length > 0);
    ROVE_CHECK(length > 1 || period_ == 1);
    // Starts are multiples of period_: where the recurrent state is known.
    const std::int64_t first = (oldest() + period_ - 1) / period_;
    const std::int64_t starts = head_ < length ? 0 : (head_ - length) / period_ - first + 1;
    if (starts <= 0 || (length == 1 && live_ == 0)) return false;
    start_.resize(static_cast<std::size_t>(batch));
    env_.resize(start_.size());
    handle_.resize(start_.size());
    for (std::size_t b = 0; b < start_.size(); ++b) {
      NoiseStream stream = noise.At(b, static_cast<std::uint64_t>(draws_));
      do {
        const std::int64_t drawn = stream.Below(static_cast<std::uint32_t>(starts * n_));
        start_[b] = (first + drawn / n_) * period_;
        env_[b] = static_cast<std::int32_t>(drawn % n_);
      } while (length == 1 && dead(start_[b], env_[b]));
      handle_[b] = start_[b] * n_ + env_[b];
    }
    ++draws_;
    Gather(length, out);
    return true;
  }

  void Write(std::span<const std::int64_t> handles, std::string_view column, ConstTensorView values) override {
    Column* to = column == "reward" ? &reward_ : column == "intrinsic" ? &intrinsic_ : nullptr;
    const int extra = FindColumn(extra_spec_, column);
    if (extra >= 0) to = &extra_[static_cast<std::size_t>(extra)];
    ROVE_CHECK(to != nullptr);
    ROVE_CHECK(values.dtype == to->spec().dtype);
    ROVE_CHECK_EQ(values.bytes(), handles.size() * to->spec().row_bytes());
    for (std::size_t j = 0; j < handles.size(); ++j) {
      const std::int64_t row = handles[j] / n_;
      ROVE_CHECK(handles[j] >= 0 && row < head_);
      if (row < oldest()) continue;
      std::memcpy(to->at(row, handles[j] % n_), values.Rows(static_cast<std::int64_t>(j), 1).data, to->spec().row_bytes());
    }
  }

  std::int64_t size() const override { return live_; }

  void Serialize(Archive& ar) override {
    ar.Section("uniform_replay", 1, [&](int) {
      ar("head", head_);
      ar("live", live_);
      ar("draws", draws_);
      const std::int64_t frames = head_ == 0 ? 0 : head_ + 1;
      for (auto* columns : {&obs_, &extra_}) {
        for (Column& column : *columns) column.Serialize(ar, frames);
      }
      for (Column& column : state_) column.Serialize(ar, head_ / period_);
      for (Column* column : {&action_, &reward_, &discount_, &intrinsic_, &end_, &step_type_}) column->Serialize(ar, frames);
    });
  }

 private:
  std::int64_t oldest() const { return std::max<std::int64_t>(0, head_ - (rows_ - 1)); }  // row of the oldest transition
  bool dead(std::int64_t row, std::int64_t i) { return static_cast<StepType>(*step_type_.at(row, i)) == StepType::kLast; }
  std::int64_t LiveRows(std::int64_t begin, std::int64_t end) {
    std::int64_t live = 0;
    for (std::int64_t row = begin; row < end; ++row) {
      for (int i = 0; i < n_; ++i) live += !dead(row, i);
    }
    return live;
  }

  void Gather(int length, BatchView* out) {
    const auto views = [&](std::vector<Column>* columns, std::span<const std::int64_t> starts, int rows,
                           std::vector<TensorView>* to) {
      to->clear();
      for (Column& column : *columns) to->push_back(column.Gather(starts, env_, rows));
      return std::span<const TensorView>(*to);
    };
    *out = {};
    out->T = length;
    out->n = static_cast<int>(start_.size());
    out->obs = views(&obs_, start_, length + 1, &obs_view_);
    out->obs_spec = obs_spec_;
    out->extra = views(&extra_, start_, length + 1, &extra_view_);
    out->extra_spec = extra_spec_;
    out->action = action_.Gather(start_, env_, length);
    out->reward = reward_.Gather(start_, env_, length).As<float>();
    out->discount = discount_.Gather(start_, env_, length).As<float>();
    out->intrinsic = intrinsic_.Gather(start_, env_, length).As<float>();
    out->end = end_.Gather(start_, env_, length).As<std::uint8_t>();
    const TensorView step_type = step_type_.Gather(start_, env_, length + 1);
    out->step_type = {static_cast<StepType*>(step_type.data), static_cast<std::size_t>(step_type.shape.count())};
    total_.assign(out->reward.begin(), out->reward.end());
    out->total = total_;
    state_row_.clear();
    for (const std::int64_t row : start_) state_row_.push_back(row / period_);
    out->state = views(&state_, state_row_, 1, &state_view_);
    out->state_spec = state_spec_;
    out->handle = handle_;
  }

  int n_;
  std::int64_t rows_, period_;  // period_: rows between stored recurrent states
  std::string place_;           // of capacity in the config
  std::int64_t head_ = 0;       // rows inserted so far; row head_ holds the newest frame, without an action yet
  std::int64_t live_ = 0, draws_ = 0;
  std::vector<TensorSpec> obs_spec_, extra_spec_, state_spec_;
  std::vector<Column> obs_, extra_, state_;
  Column action_, reward_, discount_, intrinsic_, end_, step_type_;
  std::vector<std::int64_t> start_, state_row_, handle_;  // of the latest sample
  std::vector<std::int32_t> env_;
  std::vector<float> total_;
  std::vector<TensorView> obs_view_, extra_view_, state_view_;
};

}  // namespace

std::unique_ptr<Replay> MakeUniformReplay(const Config& config, const ReplayDeps& deps) {
  std::int64_t capacity = 1'000'000;
  config.Get("capacity", &capacity, InRange(deps.num_envs, std::numeric_limits<std::uint32_t>::max()));
  config.RefuseUnread();
  std::size_t transition = deps.action.row_bytes() + 3 * sizeof(float) + 2;
  for (const auto& specs : {deps.obs, deps.extra, deps.state}) {
    for (const TensorSpec& spec : specs) transition += spec.row_bytes();
  }
  const double need = static_cast<double>(capacity) * static_cast<double>(transition);
  const double have = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (need > have) {
    const auto gib = [](double bytes) { return std::to_string(static_cast<std::int64_t>(bytes / (1 << 30))) + " GiB"; };
    config.At("capacity")
        .Fail(std::to_string(capacity) + " transitions of " + std::to_string(transition) + " bytes need " + gib(need) +
              ", this machine has " + gib(have) + "; lower it");
  }
  return std::make_unique<UniformReplay>(deps, capacity / deps.num_envs + 1, config.At("capacity").place());
}

}  // namespace rove
