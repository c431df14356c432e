// tabular.vi, tabular.oppo, tabular.q_learning: the learners of learner.h behind the engine, on environments that show `state`
// and `step`. Rows are learned time-major, (t, then environment), from SequenceView::total; a policy's snapshot is its table.
// With one environment and a rollout that never spans two episodes, the tables are those of Play
// (tests/agents/tabular_agent_test.cc).
#include <algorithm>

#include "agents/agent.h"
#include "agents/tabular/learner.h"
#include "core/archive.h"

namespace rove::tabular {
namespace {

struct Columns {
  std::size_t state = 0, step = 0;  // indices into obs
};

struct TableSnapshot final : ParamSnapshot {
  TableSnapshot(std::int64_t version, std::span<const double> p) : ParamSnapshot(version), policy(p.begin(), p.end()) {}
  Table policy;  // [H, S, A]
};

class TablePolicy final : public Policy {
 public:
  TablePolicy(ActMode mode, const LearnerDeps& deps, Columns columns) : mode_(mode), deps_(deps), columns_(columns) {}
  void Sync(const ParamSnapshot& snapshot) override { policy_ = static_cast<const TableSnapshot&>(snapshot).policy; }

  void Act(const ActInput& in, const ActOutput& out) override {
    const auto state = in.obs[columns_.state].As<std::int32_t>(), step = in.obs[columns_.step].As<std::int32_t>();
    const auto actions = static_cast<std::size_t>(deps_.actions);
    const Table uniform(actions, 1.0 / deps_.actions);
    for (std::size_t i = 0; i < in.env_id.size(); ++i) {
      std::span<const double> row = uniform;
      if (mode_ != ActMode::kRandom && step[i] < deps_.horizon)  // a dead row after the last step gets any action
        row = std::span(policy_).subspan(static_cast<std::size_t>(step[i] * deps_.states + state[i]) * actions, actions);
      NoiseStream noise = in.noise->At(static_cast<std::uint64_t>(in.env_id[i]), static_cast<std::uint64_t>(in.step));
      out.action.As<std::int32_t>()[i] = mode_ == ActMode::kEvaluate
                                             ? static_cast<std::int32_t>(std::ranges::max_element(row) - row.begin())
                                             : Choose(row, noise.UniformDouble());
    }
  }

 private:
  ActMode mode_;
  LearnerDeps deps_;
  Columns columns_;
  Table policy_;
};

class TabularAgent final : public Agent {
 public:
  TabularAgent(std::unique_ptr<Learner> learner, const LearnerDeps& deps, Columns columns)
      : learner_(std::move(learner)), deps_(deps), columns_(columns) {}

  AgentTraits traits() const override { return {}; }
  std::span<const TensorSpec> extra_spec() const override { return {}; }
  std::span<const TensorSpec> state_spec() const override { return {}; }
  std::unique_ptr<Policy> MakePolicy(ActMode mode) const override { return std::make_unique<TablePolicy>(mode, deps_, columns_); }

  Metrics Learn(const BatchView& batch, std::int64_t) override {
    const auto state = batch.obs[columns_.state].As<std::int32_t>(), step = batch.obs[columns_.step].As<std::int32_t>();
    const auto action = batch.action.As<std::int32_t>();
    for (int t = 0; t < batch.T; ++t) {
      for (int i = 0; i < batch.n; ++i) {
        if (batch.dead(t, i)) continue;
        const std::size_t now = batch.index(t, i), next = batch.index(t + 1, i);
        learner_->Observe({.h = step[now],
                           .state = state[now],
                           .action = action[now],
                           .reward = static_cast<double>(batch.total[now]),
                           .next = state[next],
                           .terminated = (batch.end[now] & kTerminated) != 0});
        if (batch.end[now] != 0) learner_->EndEpisode();
      }
    }
    return {};
  }

  std::shared_ptr<const ParamSnapshot> Snapshot(std::int64_t version) const override {
    return std::make_shared<TableSnapshot>(version, learner_->policy());
  }
  void Serialize(Archive& ar) override { learner_->Serialize(ar); }

 private:
  std::unique_ptr<Learner> learner_;
  LearnerDeps deps_;
  Columns columns_;
};

// Agents and learners share their names, so `type` picks both.
std::unique_ptr<Agent> Make(const Config& config, const AgentDeps& deps) {
  const int state = FindColumn(deps.env.obs, "state"), step = FindColumn(deps.env.obs, "step");
  if (state < 0 || step < 0 || deps.env.action.num_choices() == 0)
    config.Fail("needs an environment that shows `state` and `step` and has discrete actions (tabular/...)");
  const LearnerDeps sizes{.states = static_cast<int>(deps.env.obs[static_cast<std::size_t>(state)].num_choices()),
                          .actions = static_cast<int>(deps.env.action.num_choices()),
                          .horizon = static_cast<int>(deps.env.obs[static_cast<std::size_t>(step)].num_choices()) - 1};
  return std::make_unique<TabularAgent>(Learners().Create(config, sizes), sizes,
                                        Columns{static_cast<std::size_t>(state), static_cast<std::size_t>(step)});
}

const AgentRegistrar kVi("tabular.vi", "value iteration on the empirical model with a bonus", Make);
const AgentRegistrar kOppo("tabular.oppo", "optimistic policy optimisation on the empirical model", Make);
const AgentRegistrar kQLearning("tabular.q_learning", "optimistic Q-learning with a bonus", Make);

}  // namespace
}  // namespace rove::tabular
