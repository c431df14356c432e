#include "eval/evaluator.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>

#include "core/archive.h"
#include "core/error.h"
#include "core/parallel.h"
#include "envs/snapshots.h"

namespace rove {
namespace {

std::vector<TensorView> Views(std::vector<Tensor>& tensors, int begin, int rows) {
  std::vector<TensorView> views;
  for (Tensor& tensor : tensors) views.push_back(tensor.view().Rows(begin, rows));
  return views;
}

std::vector<ConstTensorView> ConstViews(const std::vector<TensorView>& views) { return {views.begin(), views.end()}; }

std::vector<Tensor> MakeColumns(std::span<const TensorSpec> specs, int n) {
  std::vector<Tensor> columns;
  for (const TensorSpec& spec : specs) columns.emplace_back(spec.dtype, spec.shape.Prepend(n));
  return columns;
}

// The columns of all n rows.
struct Columns {
  explicit Columns(const EnvSpec& spec, int n)
      : obs(MakeColumns(spec.obs, n)),
        obs_views(Views(obs, 0, n)),
        action(spec.action.dtype, spec.action.shape.Prepend(n)),
        reward(static_cast<std::size_t>(n)),
        discount(static_cast<std::size_t>(n)),
        end(static_cast<std::size_t>(n)),
        step_type(static_cast<std::size_t>(n)) {}
  StepColumns view() { return {obs_views, reward, discount, end, step_type}; }

  std::vector<Tensor> obs;
  std::vector<TensorView> obs_views;
  Tensor action;
  std::vector<double> reward;
  std::vector<float> discount;
  std::vector<std::uint8_t> end;
  std::vector<StepType> step_type;
};

// Rows [begin, begin + m): one task.
class Block {
 public:
  Block(VectorEnv& env, const Agent& agent, const ParamSnapshot& snapshot, const EvalOptions& options, Columns& columns,
        int begin, int m)
      : env_(env),
        options_(options),
        columns_(columns),
        begin_(begin),
        m_(m),
        noise_(options.seed, "eval_act"),
        policy_(agent.MakePolicy(options.mode)),
        extra_(MakeColumns(agent.extra_spec(), m)),
        state_(MakeColumns(agent.state_spec(), m)),
        next_state_(MakeColumns(agent.state_spec(), m)),
        extra_views_(Views(extra_, 0, m)),
        state_views_(Views(state_, 0, m)),
        next_state_views_(Views(next_state_, 0, m)),
        state_inputs_(ConstViews(state_views_)),
        obs_inputs_(ConstViews(Views(columns.obs, begin, m))),
        action_(columns.action.view().Rows(begin, m)),
        episode_(static_cast<std::size_t>(m)),
        done_(static_cast<std::size_t>(m)) {
    policy_->Sync(snapshot);
  }

  // Plays episodes first + begin, ..., first + begin + m - 1 (those below options.episodes) to their ends.
  void Play(int first, EvalResult* result) {
    Start(first);
    for (std::int64_t step = 0; std::find(done_.begin(), done_.end(), 0) != done_.end(); ++step) {
      if (step == kMostSteps && env_.spec().max_steps == 0)
        throw UserError("evaluation: an episode has not ended in " + std::to_string(kMostSteps) +
                        " steps; without a time limit this environment can only be trained on, with evaluation.every=0");
      const auto types = std::span(columns_.step_type).subspan(static_cast<std::size_t>(begin_), static_cast<std::size_t>(m_));
      ClearStateAtFirst(types);
      policy_->Act({obs_inputs_, types, state_inputs_, episode_, step, &noise_}, {action_, extra_views_, next_state_views_});
      for (std::size_t k = 0; k < state_views_.size(); ++k) {
        std::memcpy(state_views_[k].data, next_state_views_[k].data, state_views_[k].bytes());
      }
      if (options_.keep_actions) KeepActions(result);
      env_.Step(columns_.action.view(), begin_, begin_ + m_, columns_.view());
      Record(result);
    }
  }

 private:
  static constexpr std::int64_t kMostSteps = 100'000;  // of an episode without a time limit

  void Start(int first) {
    std::vector<int> rows(static_cast<std::size_t>(m_));
    std::iota(rows.begin(), rows.end(), begin_);
    std::vector<std::optional<Seed>> seeds;
    for (int j = 0; j < m_; ++j) {
      const int episode = first + begin_ + j;
      const auto row = static_cast<std::size_t>(j);
      seeds.emplace_back(DeriveSeed(options_.seed, "eval", static_cast<std::uint64_t>(episode)));
      episode_[row] = episode;
      done_[row] = episode >= options_.episodes;  // a row without an episode is stepped along and not recorded
    }
    env_.Reset(rows, seeds, columns_.view());
  }

  void ClearStateAtFirst(std::span<const StepType> types) {
    for (const TensorView& state : state_views_) {
      for (std::size_t i = 0; i < types.size(); ++i) {
        if (types[i] == StepType::kFirst)
          std::memset(static_cast<std::byte*>(state.data) + i * state.row_bytes(), 0, state.row_bytes());
      }
    }
  }

  void KeepActions(EvalResult* result) {
    const auto* bytes = static_cast<const std::byte*>(action_.data);
    const std::size_t size = action_.row_bytes();
    for (std::size_t i = 0; i < done_.size(); ++i, bytes += size) {
      if (done_[i]) continue;
      auto& kept = result->actions[static_cast<std::size_t>(episode_[i])];
      kept.insert(kept.end(), bytes, bytes + size);
    }
  }

  void Record(EvalResult* result) {
    for (std::size_t i = 0; i < done_.size(); ++i) {
      if (done_[i]) continue;
      const auto episode = static_cast<std::size_t>(episode_[i]), row = static_cast<std::size_t>(begin_) + i;
      result->returns[episode] += columns_.reward[row];
      ++result->lengths[episode];
      done_[i] = columns_.end[row] != 0;
    }
  }

  VectorEnv& env_;
  const EvalOptions& options_;
  Columns& columns_;
  int begin_, m_;
  Noise noise_;
  std::unique_ptr<Policy> policy_;
  std::vector<Tensor> extra_, state_, next_state_;
  std::vector<TensorView> extra_views_, state_views_, next_state_views_;
  std::vector<ConstTensorView> state_inputs_, obs_inputs_;
  TensorView action_;
  std::vector<std::int32_t> episode_;  // [m] which one the row plays
  std::vector<std::uint8_t> done_;     // [m]
};

// The states of all rows as they were, where the environment takes snapshots. Not while rows are stepped.
class FreshRows {
 public:
  explicit FreshRows(VectorEnv& env) : rows_(dynamic_cast<RowSnapshots*>(&env)) {
    for (int row = 0; rows_ != nullptr && row < env.size(); ++row) {
      Archive state;
      rows_->SerializeRow(state, row);
      states_.push_back(state.bytes());
    }
  }
  void Restore() {
    for (std::size_t row = 0; row < states_.size(); ++row) {
      Archive state(states_[row], "evaluation");
      rows_->SerializeRow(state, static_cast<int>(row));
    }
  }

 private:
  RowSnapshots* rows_;
  std::vector<std::string> states_;
};

}  // namespace

EvalResult Evaluate(VectorEnv& env, const Agent& agent, const ParamSnapshot& snapshot, const EvalOptions& options) {
  const int n = env.size(), rows = std::min(n, options.episodes);
  const int blocks = (rows + options.act_block - 1) / options.act_block;
  EvalResult result;
  result.returns.resize(static_cast<std::size_t>(options.episodes));
  result.lengths.resize(static_cast<std::size_t>(options.episodes));
  if (options.keep_actions) result.actions.resize(static_cast<std::size_t>(options.episodes));
  Columns columns(env.spec(), n);
  FreshRows fresh(env);
  for (int first = 0; first < options.episodes; first += n) {
    ParallelFor(blocks, [&](int b) {
      const int begin = b * options.act_block, m = std::min(options.act_block, n - begin);
      if (first + begin < options.episodes) Block(env, agent, snapshot, options, columns, begin, m).Play(first, &result);
    });
    fresh.Restore();
  }
  if (const auto above = env.spec().success_return) {
    for (const double episode_return : result.returns) result.success.push_back(episode_return > *above);
  }
  return result;
}

}  // namespace rove
