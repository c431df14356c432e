// TrainStep: the only caller of an optimiser.
//
//   gradients of S shards, each into its own flat buffer -> GradientReducer -> clip by global norm -> flat Adam or RMSProp
//
// Shards run through core/parallel.h, one intra-op thread each; how a batch is cut into shards is the caller's and never depends
// on the number of threads, and the sum has a fixed order: so neither does the result.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/config.h"
#include "core/rng.h"
#include "nn/flat_params.h"

namespace rove {
class Archive;
}

namespace rove::nn {

struct OptimizerOptions {
  enum class Type : std::uint8_t { kAdam, kRmsProp } type = Type::kAdam;
  float epsilon = 1e-5f;       // added to the root of the second moment
  float beta1 = 0.9f;          // adam
  float beta2 = 0.999f;        // adam
  float decay = 0.99f;         // rmsprop
  float max_grad_norm = 0.5f;  // gradients of a greater global norm are scaled down to it; 0: never
};
// Reads the keys optimizer, epsilon, beta1, beta2 (adam), decay (rmsprop) and max_grad_norm of an agent's config.
void ReadOptimizer(const Config& config, OptimizerOptions* options);

// Adds up the shards' gradients. The seam for sketched or remote reduction.
class GradientReducer {
 public:
  virtual ~GradientReducer() = default;
  // shards: S buffers of one length; out: that length, overwritten.
  virtual void Reduce(std::span<const std::span<const float>> shards, std::span<float> out) = 0;
};
std::unique_ptr<GradientReducer> MakeOrderedSum();  // ((s0 + s1) + s2) + ...

class TrainStep {
 public:
  // Parameters start at layout.Initial(seed).
  TrainStep(const ParamLayout& layout, Seed seed, int shards, const OptimizerOptions& options,
            std::unique_ptr<GradientReducer> reducer = MakeOrderedSum());

  std::span<const float> values() const { return values_; }  // all parameters, flat
  const Params& params() const { return params_; }           // the same as tensors to be read, between steps
  int shards() const { return static_cast<int>(replicas_.size()); }

  // gradient(shard, params) adds the shard's part of the loss gradient to params' .grad (zero before), at the same time as other
  // shards. Then one optimiser step. Returns the global norm before clipping; throws Error(kSystem) if it is not finite, with
  // the parameters unchanged.
  float Step(float learning_rate, const std::function<void(int shard, const Params& params)>& gradient);

  void Serialize(Archive& ar);  // parameters, optimiser state, step count

 private:
  void Update(float learning_rate, float scale);

  OptimizerOptions options_;
  std::unique_ptr<GradientReducer> reducer_;
  std::vector<float> values_, first_, second_, grad_, root_;  // first_: adam only; root_: scratch
  std::vector<std::vector<float>> shard_grads_;
  Params params_;
  std::vector<Params> replicas_;
  std::int64_t steps_ = 0;
};

}  // namespace rove::nn
