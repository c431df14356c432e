#include "rewards/reward_module.h"

namespace rove {

RewardRegistry& Rewards() {
  static RewardRegistry registry("reward", "rove list rewards");
  return registry;
}

}  // namespace rove
