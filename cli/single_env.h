// One environment with room for its columns: for commands that play it step by step.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "envs/vector_env.h"

namespace rove {

class SingleEnv {
 public:
  explicit SingleEnv(std::unique_ptr<VectorEnv> env);  // of size 1

  const VectorEnv& env() const { return *env_; }
  void Reset(std::optional<Seed> seed);
  void Step(ConstTensorView action);  // [1, spec().action.shape]

  ConstTensorView obs(int column) const { return views_.at(static_cast<std::size_t>(column)); }
  double reward() const { return reward_; }  // of the last step
  float discount() const { return discount_; }
  int end() const { return end_; }  // kTerminated | kTruncated
  bool last() const { return step_type_ == StepType::kLast; }

 private:
  StepColumns columns() { return {views_, {&reward_, 1}, {&discount_, 1}, {&end_, 1}, {&step_type_, 1}}; }
  std::unique_ptr<VectorEnv> env_;
  std::vector<Tensor> obs_;
  std::vector<TensorView> views_;
  double reward_ = 0;
  float discount_ = 1;
  std::uint8_t end_ = 0;
  StepType step_type_{};
};

}  // namespace rove
