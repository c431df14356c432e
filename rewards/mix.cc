#include "rewards/mix.h"

#include <algorithm>
#include <cmath>

#include "core/archive.h"
#include "core/error.h"

namespace rove {
namespace {

// The factor on a weight after env_steps live frames.
struct Schedule {
  enum class Type { kConstant, kLinear, kExponential } type = Type::kConstant;
  double frames = 0;  // linear: from 1 at frame 0 to `final` at this frame, then stays
  double final = 0;
  double decay = 0;  // exponential: (1 - decay)^frames

  explicit Schedule(const Config& config) {
    config.GetEnum("type", &type, {"constant", "linear", "exponential"});
    if (type == Type::kLinear) {
      config.Require("frames", &frames, Positive());
      config.Get("final", &final);
    }
    if (type == Type::kExponential) config.Require("decay", &decay, InRange(0, 1));
    config.RefuseUnread();
  }
  double At(std::int64_t env_steps) const {
    const auto steps = static_cast<double>(env_steps);
    switch (type) {
      case Type::kLinear: return 1 + (final - 1) * std::min(steps / frames, 1.0);
      case Type::kExponential: return std::pow(1 - decay, steps);
      default: return 1;
    }
  }
};

enum class Normalize { kNone, kStd, kReturnStd };

constexpr double kMinStd = 1e-8;  // below it a bonus is taken for constant and left as it is

}  // namespace

struct RewardMix::Term {
  std::string label;  // in metrics; default: the type
  std::string place;  // in the config
  double weight = 1;
  Normalize normalize = Normalize::kNone;
  double return_gamma = 0.99;
  Schedule schedule;
  std::unique_ptr<RewardModule> module;
  RunningMoments moments;  // of the raw bonus: feeds normalize std
  DiscountedReturnStd returns;
  Noise noise, train_noise;

  Term(const Config& config, const RewardDeps& deps, std::uint64_t index)
      : place(config.place()),
        schedule(config.At("schedule")),
        returns(deps.num_envs),
        noise(Noise(deps.seed, "reward").Sub(index)),
        train_noise(Noise(deps.seed, "reward_train").Sub(index)) {
    config.Require("type", &label);
    config.Get("label", &label);
    config.Get("weight", &weight);
    config.GetEnum("normalize", &normalize, {"none", "std", "return_std"});
    if (normalize == Normalize::kReturnStd) config.Get("return_gamma", &return_gamma, InRange(0, 1));
    returns = DiscountedReturnStd(deps.num_envs, return_gamma);
    module = Rewards().Create(config, index == 0 ? deps : Numbered(deps, index));
    if (module->traits().self_normalized && normalize != Normalize::kNone) {
      config.At("normalize").Fail("this bonus normalises itself; expected none");
    }
  }

  // A second bonus of one type has networks of its own.
  static RewardDeps Numbered(RewardDeps deps, std::uint64_t index) {
    deps.seed = DeriveSeed(deps.seed, "reward", index);
    return deps;
  }

  // What the raw bonus is multiplied by after env_steps frames, under the statistics of now.
  float Scale(std::int64_t env_steps) const {
    double std = 1;
    if (normalize == Normalize::kStd) std = moments.std();
    if (normalize == Normalize::kReturnStd) std = returns.std();
    return static_cast<float>(weight * schedule.At(env_steps) / (std > kMinStd ? std : 1));
  }
};

RewardMix::RewardMix(const Config& run, const RewardDeps& deps) {
  for (const Config& config : run.List("rewards")) {
    terms_.push_back(std::make_unique<Term>(config, deps, terms_.size()));
    for (std::size_t i = 0; i + 1 < terms_.size(); ++i) {
      if (terms_[i]->label == terms_.back()->label) {
        config.At("label").Fail("\"" + terms_[i]->label + "\" is the label of " + terms_[i]->place +
                                " too; give one another label");
      }
    }
  }
  const Config mix = run.At("mix");
  enum class Combine { kSum, kHead } combine = Combine::kSum;
  mix.GetEnum("combine", &combine, {"sum", "head"});
  if (combine == Combine::kHead) {
    head_ = ReturnStream{.gamma = 0.99f, .lambda = 0.95f, .episodic = false};
    mix.Get("gamma", &head_->gamma, InRange(0, 1));
    mix.Get("lambda", &head_->lambda, InRange(0, 1));
    mix.Get("episodic", &head_->episodic);
  } else {
    for (const char* key : {"gamma", "lambda", "episodic"}) {
      if (mix.Has(key)) mix.At(key).Fail("is for the second value head; set mix.combine: head");
    }
  }
  if (mix.Has("clip")) {
    std::vector<float> clip;
    mix.Get("clip", &clip);
    if (clip.size() != 2 || clip[0] >= clip[1]) mix.At("clip").Fail("expected [low, high] with low < high");
    clip_ = {clip[0], clip[1]};
  }
  mix.RefuseUnread();
}

RewardMix::~RewardMix() = default;

std::optional<ReturnStream> RewardMix::intrinsic_head() const { return head_; }

bool RewardMix::empty() const { return terms_.empty(); }

void RewardMix::Combine(const SequenceView& rows, Metrics* metrics) const {
  double intrinsic = 0, abs_intrinsic = 0, abs_reward = 0, live = 0;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const float sum = rows.reward[row] + (head_ ? 0.0f : rows.intrinsic[row]);
    rows.total[row] = clip_ ? std::clamp(sum, clip_->first, clip_->second) : sum;
    if (dead_[row]) continue;
    intrinsic += rows.intrinsic[row];
    abs_intrinsic += std::abs(rows.intrinsic[row]);
    abs_reward += std::abs(rows.reward[row]);
    ++live;
  }
  metrics->Set("reward/bonus_share", abs_intrinsic > 0 ? abs_intrinsic / (abs_intrinsic + abs_reward) : 0);
  metrics->Set("reward/intrinsic_mean", live > 0 ? intrinsic / live : 0);
}

void RewardMix::FindDead(const SequenceView& rows) {
  dead_.resize(rows.rows());
  for (std::size_t row = 0; row < rows.rows(); ++row) dead_[row] = rows.step_type[row] == StepType::kLast;
}

void RewardMix::SetRawMetrics(const Term& term, Metrics* metrics) {
  live_.clear();
  for (std::size_t row = 0; row < raw_.size(); ++row) {
    if (!dead_[row]) live_.push_back(raw_[row]);
  }
  RunningMoments moments;
  moments.Add(live_);
  metrics->Set("reward/" + term.label + "_mean", moments.mean());
  metrics->Set("reward/" + term.label + "_std", moments.std());
  metrics->Set("reward/" + term.label + "_max", live_.empty() ? 0 : *std::ranges::max_element(live_));
}

Metrics RewardMix::ScoreFresh(const RolloutView& rollout, std::int64_t env_steps, std::int64_t update) {
  Metrics metrics;
  raw_.resize(rollout.rows());
  FindDead(rollout);
  std::ranges::fill(rollout.intrinsic, 0.0f);
  for (auto& term : terms_) {
    term->module->ScoreFresh(rollout, term->noise.Sub(static_cast<std::uint64_t>(update)), raw_);
    SetRawMetrics(*term, &metrics);
    if (term->normalize == Normalize::kStd) term->moments.Add(live_);
    if (term->normalize == Normalize::kReturnStd) term->returns.Add(rollout.T, raw_, dead_);
    const float scale = term->Scale(env_steps);
    for (std::size_t row = 0; row < rollout.rows(); ++row) rollout.intrinsic[row] += dead_[row] ? 0 : scale * raw_[row];
  }
  Combine(rollout, &metrics);
  return metrics;
}

void RewardMix::CheckReplayed() const {
  const auto kind = [](const auto& term) { return term->module->traits().relabelable; };
  const auto other = std::ranges::adjacent_find(terms_, std::ranges::not_equal_to(), kind);
  if (other == terms_.end()) return;
  throw UserError(
      (*other)->place + " and " + (*std::next(other))->place +
      ": bonuses that can be rescored when sampled and bonuses that cannot (episodic ones) do not mix in a replay; use "
      "one kind");
}

Metrics RewardMix::ScoreReplayed(const BatchView& batch, std::int64_t env_steps, std::int64_t update) {
  Metrics metrics;
  FindDead(batch);
  for (auto& term : terms_) term->module->Observe(batch, term->noise.Sub(static_cast<std::uint64_t>(update)));
  if (std::ranges::all_of(terms_, [](const auto& term) { return term->module->traits().relabelable; })) {
    raw_.resize(batch.rows());
    std::ranges::fill(batch.intrinsic, 0.0f);
    for (const auto& term : terms_) {
      term->module->ScoreReplayed(batch, term->noise.Sub(static_cast<std::uint64_t>(update)), raw_);
      SetRawMetrics(*term, &metrics);
      const float scale = term->Scale(env_steps);
      for (std::size_t row = 0; row < batch.rows(); ++row) batch.intrinsic[row] += scale * raw_[row];
    }
  }
  Combine(batch, &metrics);
  return metrics;
}

Metrics RewardMix::Train(const BatchView& batch, std::int64_t update) {
  Metrics metrics;
  for (auto& term : terms_) {
    if (!term->module->traits().trains) continue;
    const Metrics trained = WithPlace(
        term->place, [&] { return term->module->Train(batch, term->train_noise.Sub(static_cast<std::uint64_t>(update))); });
    for (const auto& [name, value] : trained.items()) metrics.Set("reward/" + term->label + "_" + name, value);
  }
  return metrics;
}

void RewardMix::Serialize(Archive& ar) {
  ar.Section("reward_mix", 1, [&](int) {
    for (auto& term : terms_) {
      ar.Section(term->label, 1, [&](int) {
        ar("moments", term->moments);
        ar("returns", term->returns);
        term->module->Serialize(ar);
      });
    }
  });
}

}  // namespace rove
