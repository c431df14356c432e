#include "core/returns.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace rove {
namespace {

// The state that follows a live row, as an index into value, and the factor of everything from there on.
struct Next {
  std::size_t at;
  float gamma;
};

Next After(const ReturnInputs& in, const ReturnStream& stream, std::size_t row) {
  const auto n = static_cast<std::size_t>(in.n);
  const std::size_t next = row + n;
  if (stream.episodic) {
    const bool stop = stream.timeout_terminal && (in.end[row] & kTruncated) != 0;
    return {next, stop ? 0.0f : stream.gamma * in.discount[row]};
  }
  const bool step_over = in.step_type[next] == StepType::kLast && next + n < in.value.size();
  return {step_over ? next + n : next, stream.gamma};
}

std::size_t CheckedRows(const ReturnInputs& in, std::span<const float> advantage, std::span<const float> target) {
  const auto n = static_cast<std::size_t>(in.n);
  const std::size_t rows = static_cast<std::size_t>(in.T) * n;
  for (const std::size_t size : {in.reward.size(), in.discount.size(), in.end.size(), advantage.size(), target.size()}) {
    ROVE_CHECK_EQ(size, rows);
  }
  ROVE_CHECK_EQ(in.step_type.size(), rows + n);
  ROVE_CHECK_EQ(in.value.size(), rows + n);
  return rows;
}

}  // namespace

void Gae(const ReturnInputs& in, const ReturnStream& stream, std::span<float> advantage, std::span<float> target) {
  const std::size_t rows = CheckedRows(in, advantage, target);
  for (std::size_t row = rows; row-- > 0;) {
    advantage[row] = 0;
    if (in.step_type[row] != StepType::kLast) {
      const auto [at, gamma] = After(in, stream, row);
      const float rest = at < rows ? advantage[at] : 0;  // 0 on the dead row after an episode: the sum ends there
      advantage[row] = in.reward[row] + gamma * in.value[at] - in.value[row] + gamma * stream.lambda * rest;
    }
    target[row] = advantage[row] + in.value[row];
  }
}

void VTrace(const ReturnInputs& in, const ReturnStream& stream, std::span<const float> log_rho, float rho_bar, float c_bar,
            std::span<float> advantage, std::span<float> target) {
  const std::size_t rows = CheckedRows(in, advantage, target);
  ROVE_CHECK_EQ(log_rho.size(), rows);
  for (std::size_t row = rows; row-- > 0;) {
    advantage[row] = 0;
    target[row] = in.value[row];
    if (in.step_type[row] == StepType::kLast) continue;
    const auto [at, gamma] = After(in, stream, row);
    const float ratio = std::exp(log_rho[row]);
    const float rho = std::min(rho_bar, ratio), c = stream.lambda * std::min(c_bar, ratio);
    const float next_target = at < rows ? target[at] : in.value[at];
    const float delta = rho * (in.reward[row] + gamma * in.value[at] - in.value[row]);
    target[row] += delta + gamma * c * (next_target - in.value[at]);
    advantage[row] = rho * (in.reward[row] + gamma * next_target - in.value[row]);
  }
}

}  // namespace rove
