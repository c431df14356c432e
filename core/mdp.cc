#include "core/mdp.h"

#include <cmath>

#include "core/archive.h"
#include "core/error.h"
#include "core/spec.h"

namespace rove {
namespace {

// Sums of a few probabilities written as decimals are off by an ulp or two.
constexpr double kSumError = 1e-12;

}  // namespace

Mdp::Mdp(Sizes sizes, std::vector<double> start, const std::function<std::vector<MdpOutcome>(int, int)>& outcomes)
    : sizes_(sizes), start_(std::move(start)), first_{0} {
  ROVE_CHECK_EQ(start_.size(), static_cast<std::size_t>(sizes.states));
  ROVE_CHECK_GT(sizes.horizon, 0);
  double total = 0;
  for (const double p : start_) total += p;
  ROVE_CHECK_LE(std::abs(total - 1), kSumError);
  for (int s = 0; s < sizes.states; ++s) {
    for (int a = 0; a < sizes.actions; ++a) {
      total = 0;
      for (MdpOutcome outcome : outcomes(s, a)) {
        ROVE_CHECK(outcome.next >= 0 && outcome.next < sizes.states && outcome.probability >= 0);
        total += outcome.probability;
        outcome.reward = static_cast<double>(static_cast<float>(outcome.reward));
        if (outcome.probability > 0) outcomes_.push_back(outcome);
      }
      ROVE_CHECK_LE(std::abs(total - 1), kSumError);
      first_.push_back(outcomes_.size());
    }
  }
}

std::vector<double> Mdp::rewards() const {
  std::vector<double> rewards(static_cast<std::size_t>(pairs()));
  for (int s = 0; s < states(); ++s) {
    for (int a = 0; a < actions(); ++a) {
      for (const MdpOutcome& outcome : outcomes(s, a)) rewards[Pair(s, a)] += outcome.probability * outcome.reward;
    }
  }
  return rewards;
}

double MdpPlayer::Draw() const { return Noise(seed_, "mdp").At(episode_, static_cast<std::uint64_t>(step_)).UniformDouble(); }

int MdpPlayer::Reset(std::optional<Seed> seed) {
  if (seed) {
    seed_ = *seed;
    episode_ = 0;
  }
  ++episode_;
  step_ = 0;
  double left = Draw();
  state_ = 0;
  for (const double p : mdp_->start()) {
    if ((left -= p) < 0) break;
    ++state_;
  }
  if (state_ == mdp_->states()) state_ = mdp_->states() - 1;  // the sum of start may fall short of 1 by an ulp
  return state_;
}

MdpPlayer::Result MdpPlayer::Step(int action) {
  ++step_;
  const auto outcomes = mdp_->outcomes(state_, action);
  double left = outcomes.size() > 1 ? Draw() : 0;
  const MdpOutcome* outcome = outcomes.data();
  for (const MdpOutcome& each : outcomes) {
    outcome = &each;
    if ((left -= each.probability) < 0) break;
  }
  state_ = outcome->next;
  const int end = (outcome->ends ? kTerminated : 0) | (step_ == mdp_->horizon() ? kTruncated : 0);
  return {state_, outcome->reward, static_cast<std::uint8_t>(end)};
}

void MdpPlayer::Serialize(Archive& ar) {
  ar.Section("mdp_player", 1, [&](int) {
    ar("seed", seed_);
    ar("episode", episode_);
    ar("step", step_);
    ar("state", state_);
  });
}

}  // namespace rove
