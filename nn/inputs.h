// Observation columns as rows of floats: what every encoder starts from.
//   discrete (i32 with bounds)  one-hot, one group per element
//   other i32, u8, f32, f64     as they are, converted
// i64 columns are hashes and keys, never an input.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/tensor.h"

namespace rove::nn {

// Positions in `obs` of the columns that config's list `inputs` names, in its order; absent: `defaults`. Throws Error(kUser) on
// an unknown name. A privileged column must be named by the config to be used.
std::vector<int> ReadInputs(const Config& config, std::span<const TensorSpec> obs, const std::vector<std::string>& defaults);
std::vector<std::string> PolicyColumns(std::span<const TensorSpec> obs);  // names of all that are not privileged, i64 left out

class Inputs {
 public:
  // columns: positions in obs. config: for errors.
  Inputs(const Config& config, std::span<const TensorSpec> obs, std::span<const int> columns);

  std::int64_t size() const { return size_; }  // floats a row

  // Writes row rows[i] of the columns to out + i * stride, size() floats. obs: [any, ...] each, all columns of the environment.
  void Fill(std::span<const ConstTensorView> obs, std::span<const std::int32_t> rows, float* out, std::int64_t stride) const;

 private:
  struct Column {
    int index = 0;
    DType dtype{};
    std::int64_t elements = 0, choices = 0;  // choices > 0: one-hot
    std::vector<std::int32_t> low;           // [elements], of a discrete column
    std::int64_t width() const { return elements * (choices > 0 ? choices : 1); }
  };
  std::vector<Column> columns_;
  std::int64_t size_ = 0;
};

}  // namespace rove::nn
