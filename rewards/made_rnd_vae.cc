// MADE in the form that its authors released (tianjunz/MADE, rad_made, 2021; Zhang et al., arXiv 2106.10268), for states and for
// MiniGrid instead of camera images:   r = n(x') * g(x, a) / std(g)
//   n = ||f^(x') - f(x')||    cover factor, for 1/sqrt(N): random network distillation on the next state x' = obs[t + 1]
//   g = exp(l / 2)            recency factor, for 1/sqrt(d): l = KL + w MSE of (x, a) = (obs[t], action[t]), of an autoencoder
//                             trained on the last `buffer` pairs only; as a Gaussian or categorical likelihood, in nats,
//                             relative to the recent mean and of limited spread
// Every switch, default and deviation: docs/rewards_rnd_made.md.
#include <algorithm>
#include <cmath>
#include <optional>

#include "core/archive.h"
#include "nn/action_inputs.h"
#include "nn/categories.h"
#include "nn/random_distillation.h"
#include "nn/tiles.h"
#include "nn/vae.h"
#include "nn/whitened_inputs.h"
#include "rewards/factor_scale.h"
#include "rewards/hash_counts.h"
#include "rewards/minibatches.h"
#include "rewards/recency_buffer.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

constexpr float kMostReleasedNats = 40;  // no outlier makes g infinite: 5e8
constexpr double kRecentRate = 0.1;      // of the exponential averages below: about ten batches of the autoencoder

struct MadeOptions {
  std::int64_t buffer = 10000;  // pairs (x, a) in the FIFO; must exceed a rollout slot, 4 (D + A) bytes each
  enum class Factors { kProduct, kCover, kRecency, kCoverMatched } factors = Factors::kProduct;
  enum class Mask { kNone, kEpisodicFirstVisit } mask = Mask::kNone;
  Normalizer normalizer = Normalizer::kFixed;
  nn::DistillationOptions distillation{.features = 128, .learning_rate = 2e-4f};
  nn::VaeOptions vae;
  enum class Likelihood { kGaussian, kMeanSquare, kCategorical } likelihood = Likelihood::kGaussian;
  float decoder_std = 0.5f;  // gaussian: of each whitened element
  float most_spread = 1;     // gaussian, categorical: l is scaled down about its recent mean to this standard deviation, nats
  float most_nats = 5;       // and then cut at -+ this, so that g is in [0.08, 12]
  int vae_batch = 128, vae_steps = 1;
};

MadeOptions ReadOptions(const Config& config, const RewardDeps& deps, const nn::NetInput& input) {
  MadeOptions o;
  config.Get("buffer", &o.buffer, InRange(1, 1 << 30));
  if (o.buffer <= deps.slot_rows) {
    config.At("buffer").Fail("expected more than the " + std::to_string(deps.slot_rows) +
                             " rows of a rollout slot (steps times environments), got " + std::to_string(o.buffer));
  }
  config.GetEnum("factors", &o.factors, {"product", "cover", "recency", "cover_matched"});
  config.GetEnum("mask", &o.mask, {"none", "episodic_first_visit"});
  config.GetEnum("normalizer", &o.normalizer, {"fixed", "as_released", "none"});
  nn::ReadDistillation(config, input, &o.distillation);
  const Config vae = config.At("vae");
  nn::ReadVae(vae, &o.vae);
  using Likelihood = MadeOptions::Likelihood;
  vae.GetEnum("likelihood", &o.likelihood, {"gaussian", "mean_square", "categorical"});
  if (input.encoder && o.likelihood != Likelihood::kCategorical)
    vae.At("likelihood").Fail("expected categorical beside an `encoder`: the autoencoder reads no image of numbers");
  if (o.likelihood == Likelihood::kGaussian) vae.Get("decoder_std", &o.decoder_std, Positive());
  if (o.likelihood != Likelihood::kMeanSquare) {
    vae.Get("most_spread", &o.most_spread, Positive());
    vae.Get("most_nats", &o.most_nats, Range{.low = 0, .high = 80, .low_open = true});
  }
  vae.Get("batch", &o.vae_batch, InRange(1, 1 << 20));
  vae.Get("steps", &o.vae_steps, InRange(1, 1000));
  return o;
}

// w: gaussian: MSE times w is the negative log-likelihood of all elements but for a constant.
float ReconWeight(const MadeOptions& o, std::int64_t width) {
  if (o.likelihood != MadeOptions::Likelihood::kGaussian) return 1;
  return static_cast<float>(width) / (2 * o.decoder_std * o.decoder_std);
}

// Rows of a batch, floats, after `lead` rows of zeros.
struct PairRows {
  std::size_t lead = 0, count = 0;
  std::int64_t size = 0, width = 0;    // D; of a pair: D + A, or its categories' E
  std::vector<float> next_obs, pairs;  // [lead + count, D], [lead + count, width]: observation, then action

  float* next_obs_at(std::size_t k) { return next_obs.data() + (lead + k) * static_cast<std::size_t>(size); }
  float* pair_at(std::size_t k) { return pairs.data() + (lead + k) * static_cast<std::size_t>(width); }
};

// The stream of each sampled row: the same for Observe and ScoreReplayed of one batch.
auto RowNoise(const Noise& noise, const std::vector<std::int32_t>& rows) {
  return [&noise, &rows](std::size_t k) { return noise.At(static_cast<std::uint64_t>(rows[k]), 0); };
}

class MadeRndVae final : public RewardModule {
 public:
  MadeRndVae(const Config& config, const RewardDeps& deps)
      : obs_(config, deps.env.obs),
        options_(ReadOptions(config, deps, obs_.net_input())),
        minibatches_(config),
        action_(config, deps.env.action),
        categories_(MakeCategories(config, deps)),
        distillation_(options_.distillation, obs_.net_input(), DeriveSeed(deps.seed, "made.rnd_vae", 0)),
        vae_(options_.vae, ReconWeight(options_, width()), VaeData(), DeriveSeed(deps.seed, "made.rnd_vae", 1)),
        recent_(options_.buffer, width()),
        fresh_(options_.normalizer),
        replayed_(options_.normalizer),
        episode_(deps.num_envs) {
    if (masked()) hash_.emplace(config, deps.env);
  }

  RewardTraits traits() const override {
    return {.episodic = masked(),
            .relabelable = !masked(),
            .trains = true,
            .self_normalized = options_.normalizer != Normalizer::kNone && options_.factors != MadeOptions::Factors::kCover};
  }

  // Every row that the environments produce enters the moments and the FIFO once, here. Row k of the run's stream stands at
  // place k mod kTileRows of its network call, so that the cut into rollouts changes no bit.
  void ScoreFresh(const RolloutView& rollout, const Noise& noise, std::span<float> out) override {
    const std::vector<std::int32_t> live = LiveRows(rollout);
    PairRows rows = Read(rollout, live, static_cast<std::size_t>(obs_.count() % nn::kTileRows));
    for (std::size_t k = 0; k < live.size(); ++k) {
      recent_.Push({rows.pair_at(k), static_cast<std::size_t>(rows.width)});
      obs_.Observe(rows.next_obs_at(k));
      if (!categories_) obs_.Whiten(rows.pair_at(k), 1, rows.width);
    }
    const std::vector<float> n = CoverFactor(rows),
                             g = RecencyFactor(rows, [&](std::size_t k) {
                               const int t = live[k] / rollout.n, i = live[k] % rollout.n;
                               return noise.At(static_cast<std::uint64_t>(rollout.env_id[static_cast<std::size_t>(i)]),
                                               static_cast<std::uint64_t>(rollout.first_step + t));
                             });
    const bool one_by_one = options_.normalizer != Normalizer::kAsReleased;  // which needs the variance of a batch
    const bool known = knows_g();
    if (!one_by_one && known) fresh_.Add(g);
    std::vector<float> bonus(live.size());
    for (std::size_t k = 0; k < live.size(); ++k) {
      if (one_by_one && known && !g.empty()) fresh_.Add({&g[k], 1});
      bonus[k] = Bonus(n, g, k, fresh_);
    }
    Scatter(live, bonus, out);
    if (masked()) episode_.MaskRevisits(rollout, *hash_, out);
  }

  // g's running moments, before the batch is scored: as in the released code.
  void Observe(const BatchView& batch, const Noise& noise) override {
    if (masked() || !uses_recency() || !knows_g()) return;
    const std::vector<std::int32_t> live = LiveRows(batch);
    replayed_.Add(RecencyFactor(ReadWhitened(batch, live), RowNoise(noise, live)));
  }

  void ScoreReplayed(const BatchView& batch, const Noise& noise, std::span<float> out) const override {
    ROVE_CHECK(!masked());
    const std::vector<std::int32_t> live = LiveRows(batch);
    const PairRows rows = ReadWhitened(batch, live);
    const std::vector<float> n = CoverFactor(rows), g = RecencyFactor(rows, RowNoise(noise, live));
    std::vector<float> bonus(live.size());
    for (std::size_t k = 0; k < live.size(); ++k) bonus[k] = Bonus(n, g, k, replayed_);
    Scatter(live, bonus, out);
  }

  // One step of the predictor for each minibatch, and with it `vae.steps` steps of the autoencoder on the FIFO.
  Metrics Train(const BatchView& batch, const Noise& noise) override {
    double rnd_loss = 0, steps = 0, vae_steps = 0;
    nn::Vae::Loss loss;
    ForEachMinibatch(minibatches_, noise, LiveRows(batch), [&](std::span<const std::int32_t> rows) {
      if (uses_cover()) rnd_loss += distillation_.Train(ReadWhitened(batch, rows).next_obs);
      for (int k = 0; uses_recency() && recent_.size() > 0 && k < options_.vae_steps; ++k, ++vae_steps) {
        const nn::Vae::Loss step = TrainVae(noise.Sub(static_cast<std::uint64_t>(vae_steps)));
        loss.kl += step.kl;
        loss.recon += step.recon;
      }
      ++steps;
    });
    const FactorScale& scale = batch.handle.empty() ? fresh_ : replayed_;
    Metrics metrics;
    metrics.Set("loss", rnd_loss / std::max(1.0, steps));
    metrics.Set("kl", loss.kl / std::max(1.0, vae_steps));
    metrics.Set(categories_ ? "nll" : "mse", loss.recon / std::max(1.0, vae_steps));
    if (recent_nats_) metrics.Set("nats_std", recent_nats_->std());
    metrics.Set("g_mean", scale.mean());
    metrics.Set("g_std", scale.std());
    metrics.Set("g_divisor", scale.divisor());
    return metrics;
  }

  void Serialize(Archive& ar) override {
    ar.Section("made.rnd_vae", 2, [&](int) {
      ar("obs", obs_);
      ar("distillation", distillation_);
      ar("vae", vae_);
      ar("recent", recent_);
      ar("recent_nats", recent_nats_);
      ar("fresh", fresh_);
      ar("replayed", replayed_);
      ar("episode", episode_);
    });
  }

 private:
  std::optional<nn::Categories> MakeCategories(const Config& config, const RewardDeps& deps) const {
    if (options_.likelihood != MadeOptions::Likelihood::kCategorical) return {};
    return nn::Categories(config.At("vae"), deps.env.obs, deps.env.action);
  }
  nn::Vae::Data VaeData() const {
    if (!categories_) return {.width = width(), .groups = {}};
    return {.width = categories_->width(), .groups = {categories_->groups().begin(), categories_->groups().end()}};
  }
  std::int64_t width() const { return categories_ ? categories_->elements() : obs_.size() + action_.size(); }
  bool masked() const { return options_.mask == MadeOptions::Mask::kEpisodicFirstVisit; }
  bool uses_cover() const { return options_.factors != MadeOptions::Factors::kRecency; }
  bool uses_recency() const { return options_.factors != MadeOptions::Factors::kCover; }

  PairRows Read(const SequenceView& batch, std::span<const std::int32_t> numbers, std::size_t lead) const {
    PairRows rows{.lead = lead, .count = numbers.size(), .size = obs_.size(), .width = width(), .next_obs = {}, .pairs = {}};
    rows.next_obs.resize((lead + numbers.size()) * static_cast<std::size_t>(rows.size));
    rows.pairs.resize((lead + numbers.size()) * static_cast<std::size_t>(rows.width));
    std::vector<std::int32_t> next(numbers.begin(), numbers.end());
    for (std::int32_t& row : next) row += batch.n;
    const std::vector<ConstTensorView> obs(batch.obs.begin(), batch.obs.end());
    obs_.FillRaw(obs, next, rows.next_obs_at(0), rows.size);
    if (categories_) {
      categories_->Fill(obs, batch.action, numbers, rows.pair_at(0));
    } else {
      obs_.FillRaw(obs, numbers, rows.pair_at(0), rows.width);
      action_.Fill(batch.action, numbers, rows.pair_at(0) + rows.size, rows.width);
    }
    return rows;
  }
  PairRows ReadWhitened(const SequenceView& batch, std::span<const std::int32_t> numbers) const {
    PairRows rows = Read(batch, numbers, 0);
    obs_.Whiten(rows.next_obs_at(0), std::ssize(numbers), rows.size);
    if (!categories_) obs_.Whiten(rows.pair_at(0), std::ssize(numbers), rows.width);
    return rows;
  }

  // n of each row; empty if unused.
  std::vector<float> CoverFactor(const PairRows& rows) const {
    if (!uses_cover()) return {};
    std::vector<float> n(rows.lead + rows.count);
    distillation_.Norms(rows.next_obs, n);
    n.erase(n.begin(), n.begin() + static_cast<std::ptrdiff_t>(rows.lead));
    return n;
  }

  // g of each row, the latent of row k drawn from stream(k); empty if unused.
  template <class Stream>
  std::vector<float> RecencyFactor(const PairRows& rows, const Stream& stream) const {
    if (!uses_recency()) return {};
    const auto latent = static_cast<std::size_t>(vae_.latent());
    std::vector<float> noise((rows.lead + rows.count) * latent), kl(rows.lead + rows.count), recon(kl.size());
    for (std::size_t k = 0; k < rows.count; ++k)
      FillNormal(stream(k), std::span(noise).subspan((rows.lead + k) * latent, latent));
    vae_.Score(categories_ ? categories_->OneHot(rows.pairs) : rows.pairs, noise, kl, recon);
    const float weight = ReconWeight(options_, width());
    std::vector<float> g(rows.count);
    for (std::size_t k = 0; k < g.size(); ++k) g[k] = FactorOf(kl[rows.lead + k] + weight * recon[rows.lead + k]);
    return g;
  }
  // Absolute nats grow with the number of elements and fall as the autoencoder learns, and exp of them has no useful standard
  // deviation; so a likelihood's l counts from its recent mean, and where it spreads over more than `most_spread` it is scaled
  // down to that: without, nearly every row is cut and g has two values. Before the first step all pairs are equal, and g is no
  // sample of what it will be: it stays out of the moments.
  bool knows_g() const { return recent_nats_ || options_.likelihood == MadeOptions::Likelihood::kMeanSquare; }
  float FactorOf(float l) const {
    if (!knows_g()) return 1;
    if (options_.likelihood == MadeOptions::Likelihood::kMeanSquare) return std::exp(0.5f * std::min(l, kMostReleasedNats));
    const auto mean = static_cast<float>(recent_nats_->mean), std = static_cast<float>(recent_nats_->std());
    const float scale = options_.most_spread / std::max(std, options_.most_spread);
    return std::exp(0.5f * std::clamp(scale * (l - mean), -options_.most_nats, options_.most_nats));
  }

  static void FillNormal(NoiseStream stream, std::span<float> out) {
    for (float& x : out) x = stream.Normal();
  }
  float Bonus(const std::vector<float>& n, const std::vector<float>& g, std::size_t k, const FactorScale& scale) const {
    switch (options_.factors) {
      case MadeOptions::Factors::kCover: return n[k];
      case MadeOptions::Factors::kRecency: return static_cast<float>(static_cast<double>(g[k]) / scale.divisor());
      case MadeOptions::Factors::kCoverMatched:
        return static_cast<float>(static_cast<double>(n[k]) * (scale.empty() ? 1 : scale.mean()) / scale.divisor());
      default: return static_cast<float>(static_cast<double>(n[k]) * static_cast<double>(g[k]) / scale.divisor());
    }
  }

  nn::Vae::Loss TrainVae(const Noise& noise) {
    const auto rows = static_cast<std::size_t>(options_.vae_batch), size = static_cast<std::size_t>(width());
    std::vector<float> x(rows * size), normal(rows * static_cast<std::size_t>(vae_.latent()));
    NoiseStream stream = noise.At(0, 0);
    for (std::size_t k = 0; k < rows; ++k) {
      const auto row = recent_[stream.Below(static_cast<std::uint32_t>(recent_.size()))];
      std::ranges::copy(row, x.begin() + static_cast<std::ptrdiff_t>(k * size));
    }
    if (!categories_) obs_.Whiten(x.data(), std::ssize(x) / width(), width());
    FillNormal(noise.At(1, 0), normal);
    const nn::Vae::Loss loss = vae_.Train(categories_ ? categories_->OneHot(x) : x, normal);
    const double l = loss.kl + static_cast<double>(ReconWeight(options_, width())) * loss.recon;
    if (!recent_nats_) recent_nats_ = {.mean = l, .square = loss.square};
    recent_nats_->mean += kRecentRate * (l - recent_nats_->mean);
    recent_nats_->square += kRecentRate * (loss.square - recent_nats_->square);
    return loss;
  }

  nn::WhitenedInputs obs_;
  MadeOptions options_;
  MinibatchOptions minibatches_;
  nn::ActionInputs action_;
  std::optional<nn::Categories> categories_;  // of a pair, with the categorical likelihood only
  nn::RandomDistillation distillation_;
  nn::Vae vae_;
  RecencyBuffer recent_;  // raw observation, then action; or their categories
  // Exponential averages of l and l^2 over the autoencoder's batches; none before the first.
  struct RecentNats {
    double mean = 0, square = 0;
    double std() const { return std::sqrt(std::max(0.0, square - mean * mean)); }
    void Serialize(Archive& ar) {
      ar("mean", mean);
      ar("square", square);
    }
  };
  std::optional<RecentNats> recent_nats_;
  FactorScale fresh_, replayed_;   // of g on fresh rows and on sampled batches: other distributions, so each has its own
  std::optional<StateHash> hash_;  // with the mask only
  EpisodeMemory episode_;
};

const RewardRegistrar kMadeRndVae("made.rnd_vae", "MADE as released: RND error times a recency factor from an autoencoder",
                                  [](const Config& config, const RewardDeps& deps) {
                                    return std::make_unique<MadeRndVae>(config, deps);
                                  });

}  // namespace
}  // namespace rove
