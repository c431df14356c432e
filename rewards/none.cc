// No bonus, as a named arm of a comparison: 0 everywhere.
#include <algorithm>

#include "rewards/reward_module.h"

namespace rove {
namespace {

class None final : public RewardModule {
 public:
  RewardTraits traits() const override { return {}; }
  void ScoreFresh(const RolloutView&, const Noise&, std::span<float> out) override { std::ranges::fill(out, 0.0f); }
  void ScoreReplayed(const BatchView&, const Noise&, std::span<float> out) const override { std::ranges::fill(out, 0.0f); }
  void Serialize(Archive&) override {}
};

const RewardRegistrar kNone("none", "no bonus: 0 everywhere",
                            [](const Config&, const RewardDeps&) { return std::make_unique<None>(); });

}  // namespace
}  // namespace rove
