// How a row of one environment lies in a replay's memory: its columns one after the other, without padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "replay/replay.h"

namespace rove {

// One column: a field of the records, and the values gathered from them for the latest sample.
class RecordField {
 public:
  RecordField(const TensorSpec& spec, std::int64_t* record_bytes)
      : spec_(spec), offset_(static_cast<std::size_t>(*record_bytes)), bytes_(spec.row_bytes()) {
    *record_bytes += static_cast<std::int64_t>(bytes_);
  }

  const TensorSpec& spec() const { return spec_; }
  std::size_t offset() const { return offset_; }
  std::size_t bytes() const { return bytes_; }

  // Values of `n` environments to their records, which lie `stride` bytes apart.
  void Store(const void* values, int n, std::int64_t stride, std::byte* records) const {
    const auto* from = static_cast<const std::byte*>(values);
    for (int i = 0; i < n; ++i, from += bytes_, records += stride) std::memcpy(records + offset_, from, bytes_);
  }
  // The other way round.
  void Load(const std::byte* records, int n, std::int64_t stride, void* values) const {
    auto* to = static_cast<std::byte*>(values);
    for (int i = 0; i < n; ++i, to += bytes_, records += stride) std::memcpy(to, records + offset_, bytes_);
  }
  // This field of each record: [length, B, shape], valid until the next call.
  TensorView Gather(std::span<const std::byte* const> records, std::int64_t length) {
    const Shape shape = spec_.shape.Prepend(std::ssize(records) / length).Prepend(length);
    if (!(sample_.shape() == shape)) sample_ = Tensor(spec_.dtype, shape);
    auto* to = static_cast<std::byte*>(sample_.view().data);
    switch (bytes_) {
      case 1: CopyFixed<1>(to, records, offset_); break;
      case 4: CopyFixed<4>(to, records, offset_); break;
      case 8: CopyFixed<8>(to, records, offset_); break;
      default:
        for (const std::byte* record : records) {
          std::memcpy(to, record + offset_, bytes_);
          to += bytes_;
        }
    }
    return sample_.view();
  }

 private:
  template <std::size_t kBytes>
  static void CopyFixed(std::byte* to, std::span<const std::byte* const> from, std::size_t offset) {
    for (const std::byte* record : from) {
      std::memcpy(to, record + offset, kBytes);
      to += kBytes;
    }
  }

  TensorSpec spec_;
  std::size_t offset_, bytes_;
  Tensor sample_;
};

// The fields of a record, in their order, and those of a recurrent state.
struct RecordLayout {
  std::int64_t record_bytes = 0, state_bytes = 0;
  std::vector<TensorSpec> obs_spec, extra_spec, state_spec;
  std::vector<RecordField> obs, extra, state;
  RecordField action, reward, discount, intrinsic, step_type, end;

  explicit RecordLayout(const ReplayDeps& deps)
      : obs_spec(deps.obs.begin(), deps.obs.end()),
        extra_spec(deps.extra.begin(), deps.extra.end()),
        state_spec(deps.state.begin(), deps.state.end()),
        obs(Fields(obs_spec, &record_bytes)),
        extra(Fields(extra_spec, &record_bytes)),
        state(Fields(state_spec, &state_bytes)),
        action(deps.action, &record_bytes),
        reward(Scalar("reward", DType::kF32), &record_bytes),
        discount(Scalar("discount", DType::kF32), &record_bytes),
        intrinsic(Scalar("intrinsic", DType::kF32), &record_bytes),
        step_type(Scalar("step_type", DType::kU8), &record_bytes),
        end(Scalar("end", DType::kU8), &record_bytes) {}

 private:
  static std::vector<RecordField> Fields(std::span<const TensorSpec> specs, std::int64_t* bytes) {
    std::vector<RecordField> fields;
    for (const TensorSpec& spec : specs) fields.emplace_back(spec, bytes);
    return fields;
  }
  static TensorSpec Scalar(const char* name, DType dtype) {
    return {.name = name, .dtype = dtype, .shape = {}, .low = {}, .high = {}};
  }
};

}  // namespace rove
