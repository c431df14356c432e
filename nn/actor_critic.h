// Encoder, perhaps a memory, then an actor head and a critic head, each one hidden layer (or none) and a linear output: the
// network of policy gradient agents with discrete actions. Architecture only, immutable, for any number of threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/spec.h"
#include "nn/encoder.h"
#include "nn/flat_params.h"
#include "nn/lstm.h"
#include "nn/mlp.h"

namespace rove::nn {

class ActorCritic {
 public:
  // Reads the keys `encoder`, `memory` (type, units, layers), `head` (hidden units of each head, 0: none) and `head_activation`
  // of an agent's config. values: number of value outputs. Output weights start orthogonal with gain 0.01 (logits) and 1
  // (values).
  ActorCritic(const Config& agent, const EnvSpec& env, std::int64_t actions, std::int64_t values);

  struct Output {
    at::Tensor logits, values;  // [B, actions], [B, values]
  };
  // x: as filled by encoder(). memory: not looked at where state_size() is 0.
  Output Forward(const Params& params, const at::Tensor& x, const Memory& memory = {}) const;

  const Encoder& encoder() const { return *encoder_; }
  const ParamLayout& layout() const { return layout_; }
  std::int64_t actions() const { return actions_; }
  std::int64_t values() const { return values_; }
  std::int64_t state_size() const { return memory_ ? memory_->state_size() : 0; }  // floats of one environment's memory; 0: none

 private:
  struct Head {
    std::unique_ptr<Mlp> hidden;
    int weight = 0, bias = 0;
    at::Tensor Forward(const Params& params, const at::Tensor& features) const;
  };
  Head MakeHead(const std::string& name, std::int64_t width, Activation activation, std::int64_t outputs, float gain);

  ParamLayout layout_;
  std::unique_ptr<Encoder> encoder_;
  std::optional<Lstm> memory_;
  std::int64_t actions_, values_;
  Head actor_, critic_;
};

// One training call of a fixed shape: `batch` sequences of `steps` rows, time-major (call row t * batch + j). Its caller writes
// which rows the network sees, runs it forward, writes the loss's gradient beside its outputs, and runs it backward. Padding is
// the caller's: any legal row with gradient 0. Reused call after call; one thread at a time.
class TrainingCall {
 public:
  TrainingCall(const ActorCritic& net, int steps, int batch);  // net must outlive it

  int steps() const { return steps_; }
  int batch() const { return batch_; }
  std::span<std::int32_t> rows() { return rows_; }  // [steps * batch], rows of the observation columns; 0 at first
  std::span<float> state() const;                   // [batch, state_size] before the first row of each sequence
  std::span<std::uint8_t> first() const;            // [steps * batch], 1 where an episode starts; empty without a memory

  // obs: as Encoder::Fill wants it.
  void Forward(const Params& params, std::span<const ConstTensorView> obs);
  std::span<const float> logits() const;  // [steps * batch, actions], of the last Forward
  std::span<const float> values() const;  // [steps * batch, values]
  std::span<float> dlogits() const;       // to be filled before Backward
  std::span<float> dvalues() const;
  void Backward();  // adds to the gradients of Forward's params; once a Forward

 private:
  const ActorCritic& net_;
  int steps_, batch_;
  std::vector<std::int32_t> rows_;
  Memory memory_;
  at::Tensor x_, dlogits_, dvalues_;
  ActorCritic::Output out_;
};

}  // namespace rove::nn
