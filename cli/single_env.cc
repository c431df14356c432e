#include "cli/single_env.h"

#include "core/error.h"

namespace rove {

SingleEnv::SingleEnv(std::unique_ptr<VectorEnv> env) : env_(std::move(env)) {
  ROVE_CHECK_EQ(env_->size(), 1);
  for (const TensorSpec& spec : env_->spec().obs) obs_.emplace_back(spec.dtype, spec.shape.Prepend(1));
  for (Tensor& column : obs_) views_.push_back(column.view());
}

void SingleEnv::Reset(std::optional<Seed> seed) {
  const int row = 0;
  env_->Reset({&row, 1}, {&seed, 1}, columns());
}

void SingleEnv::Step(ConstTensorView action) { env_->Step(action, 0, 1, columns()); }

}  // namespace rove
