#include "engine/engine.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>

#include "core/archive.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/parallel.h"
#include "engine/collector.h"
#include "engine/episode_stats.h"

namespace rove {
namespace {

using Clock = std::chrono::steady_clock;
double Seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

void SerializeMetrics(Archive& ar, Metrics* metrics) {
  std::vector<std::string> names;
  std::vector<double> values;
  for (const auto& [name, value] : metrics->items()) names.push_back(name), values.push_back(value);
  ar("metric_names", names);
  ar("metric_values", values);
  if (names.size() != values.size()) throw SystemError("engine.bin: metrics: names and values differ in number");
  for (std::size_t i = 0; i < names.size(); ++i) metrics->Set(names[i], values[i]);
}

// Live rows of a slot: the frames it adds.
std::int64_t CountFrames(const RolloutView& rollout) {
  const auto types = rollout.step_type.first(rollout.rows());
  return std::ssize(types) - std::count(types.begin(), types.end(), StepType::kLast);
}

}  // namespace

struct Engine::Impl {
  EngineParts parts;
  EngineOptions options;
  AgentTraits traits;
  Collector collector;
  std::vector<std::unique_ptr<RolloutSlot>> slots;  // rollout j lives in slot j mod (lag + 1)
  EpisodeStats episodes;

  // State at a barrier. Slots `learned` .. `collected` - 1 are filled and not yet learned.
  std::int64_t learned = 0, collected = 0;
  std::int64_t frames_learned = 0, frames_collected = 0;
  std::int64_t batches = 0;  // off-policy: sampled batches learned from

  Metrics of_batch;  // of the newest batch learned from; off-policy that may be one of an earlier rollout
  Metrics last;      // of the newest learned rollout, and of_batch
  double reward_s = 0, learn_s = 0;

  Impl(EngineParts p, EngineOptions o)
      : parts(std::move(p)),
        options(o),
        traits(parts.agent->traits()),
        collector(*parts.env, *parts.agent, {o.rollout_length, o.act_block, o.seed, traits.sequence_length}),
        episodes(parts.env->size(), parts.env->spec().success_return) {
    ROVE_CHECK(traits.on_policy || parts.replay != nullptr);
    for (int i = 0; i <= options.lag; ++i) slots.push_back(collector.MakeSlot());
  }

  RolloutSlot& slot(std::int64_t rollout) { return *slots[static_cast<std::size_t>(rollout % std::ssize(slots))]; }
  bool more_to_collect() const { return frames_collected < options.frames; }

  void Start() {
    const int n = parts.env->size();
    std::vector<std::optional<Seed>> seeds;
    for (int i = 0; i < n; ++i) {
      seeds.emplace_back(options.gymnasium_seeds ? options.seed + static_cast<Seed>(i)
                                                 : DeriveSeed(options.seed, "env", static_cast<std::uint64_t>(i)));
    }
    collector.Start(seeds, slot(0));
  }

  // Fills slot `collected` with the policy of `snapshot`. May run while another slot is learned.
  void Collect(const ParamSnapshot& snapshot) {
    const bool random = !traits.on_policy && frames_collected < traits.random_frames;
    collector.Collect(collected == 0 ? nullptr : &slot(collected - 1), snapshot, random, &slot(collected));
  }
  // What Collect leaves for the barrier, so that it touches nothing a learner reads.
  void FinishCollect() {
    frames_collected += CountFrames(slot(collected).view());
    ++collected;
  }

  void Learn() {
    const RolloutView rollout = slot(learned).view();
    const auto begin = Clock::now();
    Metrics metrics = parts.rewards->ScoreFresh(rollout, frames_learned, learned);
    reward_s += Seconds(begin);
    metrics.Set("train/policy_lag", static_cast<double>(learned - rollout.policy_version));
    episodes.Add(rollout);
    if (traits.on_policy) {
      LearnOnPolicy(rollout);
      frames_learned += CountFrames(rollout);
    } else {
      frames_learned += CountFrames(rollout);
      LearnFromReplay(rollout);
    }
    metrics.Merge(of_batch);
    last = std::move(metrics);
  }

  Metrics AgentLearn(const BatchView& batch) {
    return WithPlace("agent", [&] { return parts.agent->Learn(batch, frames_learned); });
  }

  void LearnOnPolicy(const RolloutView& rollout) {
    const BatchView batch = AsBatch(rollout);
    auto begin = Clock::now();
    of_batch = AgentLearn(batch);
    learn_s += Seconds(begin);
    begin = Clock::now();
    of_batch.Merge(parts.rewards->Train(batch, learned));
    reward_s += Seconds(begin);
  }

  // The number of batches learned so far is always floor(updates_per_frame * frames), so no fraction is ever lost.
  void LearnFromReplay(const RolloutView& rollout) {
    parts.replay->Insert(rollout);
    const std::int64_t frames = std::max<std::int64_t>(0, frames_learned - traits.random_frames);
    const auto due = static_cast<std::int64_t>(traits.updates_per_frame * static_cast<double>(frames));
    const Noise noise(options.seed, "replay");
    for (; batches < due; ++batches) {
      BatchView batch;
      auto begin = Clock::now();
      if (!parts.replay->Sample(traits.batch_size, traits.sequence_length, noise.Sub(static_cast<std::uint64_t>(batches)),
                                &batch))
        break;
      learn_s += Seconds(begin);
      begin = Clock::now();
      of_batch = parts.rewards->ScoreReplayed(batch, frames_learned, batches);
      reward_s += Seconds(begin);
      begin = Clock::now();
      of_batch.Merge(AgentLearn(batch));
      learn_s += Seconds(begin);
      begin = Clock::now();
      of_batch.Merge(parts.rewards->Train(batch, batches));
      reward_s += Seconds(begin);
    }
    of_batch.Set("train/batches", static_cast<double>(batches));
  }

  // One iteration of the schedule in engine.h. Returns false when there is nothing left to do.
  bool Iterate() {
    const auto snapshot = parts.agent->Snapshot(learned);
    if (options.lag == 0) {
      if (!more_to_collect()) return false;
      Collect(*snapshot);
      FinishCollect();
      Learn();
    } else {
      while (collected < learned + options.lag && more_to_collect()) {
        Collect(*snapshot);
        FinishCollect();
      }
      if (collected == learned) return false;
      const bool collect = more_to_collect();
      ParallelInvoke(
          [&] {
            if (collect) Collect(*snapshot);
          },
          [&] { Learn(); });
      if (collect) FinishCollect();
    }
#ifndef NDEBUG
    slot(learned).Poison();
#endif
    ++learned;
    return true;
  }
};

Engine::Engine(EngineParts parts, EngineOptions options) : impl_(std::make_unique<Impl>(std::move(parts), options)) {}
Engine::~Engine() = default;

std::int64_t Engine::env_steps() const { return impl_->frames_learned; }
std::int64_t Engine::updates() const { return impl_->learned; }

RunResult Engine::Run(std::stop_token stop) {
  Impl& s = *impl_;
  const auto run_begin = Clock::now();
  const double cpu_begin = CpuSeconds();
  auto row_begin = run_begin;
  std::int64_t row_frames = s.frames_learned;
  if (s.collected == 0) s.Start();

  bool done = false, stopped = false;
  while (!done && !stopped) {
    const std::int64_t frames_before = s.frames_learned;
    if (!s.Iterate()) break;
    done = !s.more_to_collect() && s.collected == s.learned;
    stopped = !done && stop.stop_requested();

    Metrics hook_metrics;
    for (const Hook& hook : s.parts.hooks) {
      const bool crossed = hook.every > 0 && frames_before / hook.every != s.frames_learned / hook.every;
      if (crossed || (done && hook.every > 0)) hook_metrics.Merge(hook.fn(*s.parts.agent->Snapshot(s.learned), s.frames_learned));
    }
    if (done || !hook_metrics.empty() || s.learned % s.options.log_every == 0) {
      Metrics metrics;
      metrics.Set("train/updates", static_cast<double>(s.learned));
      metrics.Merge(s.episodes.TakeRow());
      metrics.Merge(s.last);
      metrics.Merge(hook_metrics);
      Metrics timing;
      timing.Set("time/wall_s", Seconds(run_begin));
      timing.Set("time/cpu_s", CpuSeconds() - cpu_begin);
      timing.Set("time/frames_per_s", static_cast<double>(s.frames_learned - row_frames) / std::max(1e-9, Seconds(row_begin)));
      timing.Set("time/env_s", s.collector.env_s());
      timing.Set("time/act_s", s.collector.act_s());
      timing.Set("time/reward_s", s.reward_s);
      timing.Set("time/learn_s", s.learn_s);
      for (const auto& sink : s.parts.sinks) {
        sink->Write(s.frames_learned, metrics, timing);
        sink->Flush(/*sync=*/false);  // for those who watch; a resumed run cuts what its checkpoint does not know
      }
      if (progress) progress({s.frames_learned, metrics, timing});
      row_begin = Clock::now();
      row_frames = s.frames_learned;
    }
    const bool due = s.options.checkpoint_every > 0 && s.learned % s.options.checkpoint_every == 0;
    if (save && (due || done || stopped)) save(*this);
  }
  SyncSinks();
  return {s.frames_learned, s.learned, s.batches, stopped};
}

std::vector<std::uint64_t> Engine::SyncSinks() {
  std::vector<std::uint64_t> offsets;
  for (const auto& sink : impl_->parts.sinks) {
    sink->Flush(/*sync=*/true);
    offsets.push_back(sink->Offset());
  }
  return offsets;
}

Replay* Engine::replay() { return impl_->parts.replay.get(); }

std::vector<std::string> Engine::component_names() { return {"engine", "env", "agent", "rewards", "slots", "replay"}; }

void Engine::Serialize(const std::string& component, Archive& ar) {
  Impl& s = *impl_;
  if (component == "env") {
    s.parts.env->Serialize(ar);
  } else if (component == "agent") {
    s.parts.agent->Serialize(ar);
  } else if (component == "rewards") {
    s.parts.rewards->Serialize(ar);
  } else if (component == "replay") {
    if (s.parts.replay) s.parts.replay->Serialize(ar);
  } else if (component == "slots") {  // after "engine" when reading: needs the counters
    for (std::int64_t j = s.learned; j < s.collected; ++j) s.slot(j).Serialize(ar);
    if (s.collected == s.learned && s.collected > 0) s.slot(s.collected - 1).SerializeLastRow(ar);
  } else {
    ROVE_CHECK(component == "engine");
    ar.Section("engine", 2, [&](int version) {
      ar("learned", s.learned);
      ar("collected", s.collected);
      ar("frames_learned", s.frames_learned);
      ar("frames_collected", s.frames_collected);
      ar("batches", s.batches);
      ar("episodes", s.episodes);
      ar("collector", s.collector);
      if (version >= 2) SerializeMetrics(ar, &s.of_batch);
    });
  }
}

}  // namespace rove
