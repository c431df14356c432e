// Encoders: observations to features. A newcomer adds one in one .cc with one registrar line.
//
//   agent:
//     encoder: {type: minigrid_cnn, inputs: [image, direction], channels: [16, 32, 64], kernel: 2, pool: true}
//
// An encoder holds architecture only (see flat_params.h), is immutable once made and is used by any number of threads. It turns
// chosen observation columns of chosen rows into rows of floats (Fill: plain C++), and those into features (Forward: LibTorch).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>

#include "core/registry.h"
#include "core/tensor.h"
#include "nn/flat_params.h"

namespace rove::nn {

class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual std::int64_t input_size() const = 0;  // floats a row, D
  virtual std::int64_t features() const = 0;    // F

  // Writes rows rows[0], rows[1], ... of the environment's columns to out, [rows.size(), input_size()]. obs: all columns of the
  // environment, each [any number of rows, ...]; several leading dimensions count as one ([T, n]: row t * n + i).
  virtual void Fill(std::span<const ConstTensorView> obs, std::span<const std::int32_t> rows, float* out) const = 0;

  // x: [B, D] f32 to [B, F] f32. params: of the layout the encoder was made with.
  virtual at::Tensor Forward(const Params& params, const at::Tensor& x) const = 0;
};

struct EncoderDeps {
  std::span<const TensorSpec> obs;  // the environment's columns
  ParamLayout* layout;              // gets the encoder's parameters
};

using EncoderRegistry = Registry<Encoder, EncoderDeps>;
EncoderRegistry& Encoders();

struct EncoderRegistrar {
  EncoderRegistrar(const std::string& name, const std::string& doc, EncoderRegistry::Maker maker) {
    Encoders().Add(name, doc, std::move(maker));
  }
};

}  // namespace rove::nn
