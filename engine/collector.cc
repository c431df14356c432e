#include "engine/collector.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>

#include "core/archive.h"
#include "core/parallel.h"

namespace rove {
namespace {

std::int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

// One task's own: environments [begin, end), a policy for each mode in use, and views made anew each step without allocating.
struct Collector::Block {
  int begin = 0, end = 0;
  std::unique_ptr<Policy> explore, random;
  std::int64_t synced = -1;  // version that `explore` holds
  Tensor last_action;        // acting on row T: the action is thrown away
  std::vector<ConstTensorView> obs, state;
  std::vector<TensorView> extra, next_state;
};

Collector::Collector(VectorEnv& env, const Agent& agent, Options options)
    : env_(env),
      agent_(agent),
      options_(options),
      act_noise_(options.seed, "act"),
      env_id_(static_cast<std::size_t>(env.size())) {
  const int n = env.size();
  std::iota(env_id_.begin(), env_id_.end(), 0);
  for (const TensorSpec& spec : agent.state_spec()) {
    state_.emplace_back(spec.dtype, spec.shape.Prepend(n));
    next_state_.emplace_back(spec.dtype, spec.shape.Prepend(n));
  }
  for (int begin = 0; begin < n; begin += options.act_block) {
    auto block = std::make_unique<Block>();
    block->begin = begin;
    block->end = std::min(n, begin + options.act_block);
    block->explore = agent.MakePolicy(ActMode::kExplore);
    const TensorSpec& action = env.spec().action;
    block->last_action = Tensor(action.dtype, action.shape.Prepend(block->end - begin));
    block->obs.resize(env.spec().obs.size());
    block->extra.resize(agent.extra_spec().size());
    block->state.resize(state_.size());
    block->next_state.resize(state_.size());
    blocks_.push_back(std::move(block));
  }
}

Collector::~Collector() = default;

std::unique_ptr<RolloutSlot> Collector::MakeSlot() const {
  return std::make_unique<RolloutSlot>(RolloutSlot::Shape{options_.rollout_length, env_.size(), options_.sequence_length},
                                       env_.spec().obs, env_.spec().action, agent_.extra_spec(), agent_.state_spec());
}

void Collector::Start(std::span<const std::optional<Seed>> seeds, RolloutSlot& first) {
  const auto n = static_cast<std::size_t>(env_.size());
  std::vector<double> reward(n);
  std::vector<float> discount(n);
  std::vector<std::uint8_t> end(n);
  const RolloutView view = first.view();
  env_.Reset(env_id_, seeds, {first.obs_at(0), reward, discount, end, view.step_type.first(n)});
}

void Collector::Collect(const RolloutSlot* before, const ParamSnapshot& snapshot, bool random, RolloutSlot* out) {
  ParallelFor(static_cast<int>(blocks_.size()), [&](int b) {
    Block& block = *blocks_[static_cast<std::size_t>(b)];
    if (random && !block.random) block.random = agent_.MakePolicy(ActMode::kRandom);
    if (!random && block.synced != snapshot.version()) {
      block.explore->Sync(snapshot);
      block.synced = snapshot.version();
    }
    CollectBlock(block, before, random, out);
  });
  out->policy_version = snapshot.version();
  out->first_step = step_;
  step_ += options_.rollout_length;
}

void Collector::CollectBlock(Block& block, const RolloutSlot* before, bool random, RolloutSlot* out) {
  const int T = options_.rollout_length, n = env_.size(), m = block.end - block.begin;
  const auto begin = static_cast<std::size_t>(block.begin), rows = static_cast<std::size_t>(m);
  Policy& policy = random ? *block.random : *block.explore;
  const RolloutView view = out->view();
  if (before != nullptr) out->CopyLastRow(*before, block.begin, block.end);

  std::int64_t env_ns = 0, act_ns = 0, now = NowNs();
  const auto lap = [&now](std::int64_t* total) {
    const std::int64_t then = now;
    now = NowNs();
    *total += now - then;
  };
  for (int t = 0; t <= T; ++t) {
    const auto step_type = view.step_type.subspan(static_cast<std::size_t>(t) * static_cast<std::size_t>(n) + begin, rows);
    for (std::size_t k = 0; k < state_.size(); ++k) {
      const TensorView state = state_[k].view().Rows(block.begin, m);
      const std::size_t bytes = state.row_bytes();
      for (std::size_t i = 0; i < rows; ++i) {
        if (step_type[i] == StepType::kFirst) std::memset(static_cast<std::byte*>(state.data) + i * bytes, 0, bytes);
      }
      const int every = options_.sequence_length;
      if (t < T && (t == 0 || (every > 0 && t % every == 0 && t / every < view.state[k].shape.dim[0]))) {
        TensorView stored = view.state[k].Rows(every > 0 ? t / every : 0, 1);
        stored.shape = state_[k].shape();
        std::memcpy(stored.Rows(block.begin, m).data, state.data, state.bytes());
      }
      block.state[k] = state;
      block.next_state[k] = next_state_[k].view().Rows(block.begin, m);
    }
    for (std::size_t k = 0; k < block.obs.size(); ++k) block.obs[k] = out->obs_at(t)[k].Rows(block.begin, m);
    for (std::size_t k = 0; k < block.extra.size(); ++k) block.extra[k] = out->extra_at(t)[k].Rows(block.begin, m);
    const TensorView action = t < T ? out->action_at(t).Rows(block.begin, m) : block.last_action.view();
    policy.Act({block.obs, step_type, block.state, std::span(env_id_).subspan(begin, rows), step_ + t, &act_noise_},
               {action, block.extra, block.next_state});
    lap(&act_ns);
    if (t == T)
      break;  // row T was acted on for its extra columns only (the bootstrap value); its state is that of the next row 0
    for (std::size_t k = 0; k < state_.size(); ++k) {
      std::memcpy(state_[k].view().Rows(block.begin, m).data, block.next_state[k].data, block.next_state[k].bytes());
    }
    const auto row = static_cast<std::size_t>(t) * static_cast<std::size_t>(n), width = static_cast<std::size_t>(n);
    env_.Step(out->action_at(t), block.begin, block.end,
              {out->obs_at(t + 1), out->reward64().subspan(row, width), view.discount.subspan(row, width),
               view.end.subspan(row, width), view.step_type.subspan(row + width, width)});
    lap(&env_ns);
  }
  out->RoundRewards(block.begin, block.end);
  env_ns_ += env_ns;
  act_ns_ += act_ns;
}

void Collector::Serialize(Archive& ar) {
  ar.Section("collector", 1, [&](int) {
    ar("step", step_);
    for (Tensor& state : state_) ar("state", state);
  });
}

}  // namespace rove
