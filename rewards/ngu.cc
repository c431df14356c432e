// NGU, never give up (Badia et al. 2020, arXiv 2002.06038, Algorithm 1): novelty within the episode, times novelty within the
// run.
//   r = r_ep(x') min(max(alpha(x'), 1), L),   alpha = 1 + (error - mean) / std of random network distillation
//   r_ep = 1 / s, or 0 where s > s_max;  s = sqrt(sum over the k nearest states of the episode of K) + c
//   K = kernel_epsilon / (d + kernel_epsilon),  d = max(d^2 / d_m^2 - xi, 0),  d_m^2 a running mean of the squared distances d^2
//   to them
// Distances are between phi's, learned by inverse dynamics; x' = obs[t + 1]. Keys and deviations: docs/rewards_embedding.md.
#include <algorithm>
#include <cmath>
#include <optional>

#include "core/archive.h"
#include "core/parallel.h"
#include "core/running_stats.h"
#include "nn/random_distillation.h"
#include "nn/whitened_inputs.h"
#include "rewards/embedding.h"
#include "rewards/minibatches.h"
#include "rewards/neighbour_memory.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

struct NguOptions {
  std::int64_t neighbours = 10;  // k
  std::int64_t memory = 30000;   // newest states of an episode kept: 4 * features bytes each, for each environment
  double kernel_epsilon = 1e-4, c = 1e-3, cluster_distance = 0.008 /* xi */, max_similarity = 8 /* s_max */;
  double distance_decay = 0.999;  // of d_m^2: the mean of all rows so far, once there are 1 / (1 - decay) an exponential average
  bool lifelong = true;           // false: alpha = 1
  double max_lifelong = 5;        // L

  explicit NguOptions(const Config& config) {
    config.Get("neighbours", &neighbours, InRange(1, 1000));
    config.Get("memory", &memory, InRange(1, 1 << 24));
    config.Get("kernel_epsilon", &kernel_epsilon, Positive());
    config.Get("c", &c, Positive());
    config.Get("cluster_distance", &cluster_distance, AtLeast(0));
    config.Get("max_similarity", &max_similarity, Positive());
    config.Get("distance_decay", &distance_decay, InRange(0, 1));
    config.Get("lifelong", &lifelong);
    if (lifelong) config.Get("max_lifelong", &max_lifelong, AtLeast(1));
  }
};

class Ngu final : public RewardModule {
 public:
  Ngu(const Config& config, const RewardDeps& deps)
      : options_(config),
        embedding_(config, deps, {.purpose = "ngu"}),
        episodes_(static_cast<std::size_t>(deps.num_envs), NeighbourMemory(embedding_.features())) {
    if (!options_.lifelong) return;
    const Config rnd = config.At("rnd");
    nn::DistillationOptions distillation;
    nn::ReadDistillation(rnd, embedding_.inputs().net_input(), &distillation);
    minibatches_.emplace(rnd);
    distillation_.emplace(distillation, embedding_.inputs().net_input(), DeriveSeed(deps.seed, "ngu", 1));
  }

  // What an episode had seen is not known when one of its transitions is sampled later.
  RewardTraits traits() const override { return {.episodic = true, .relabelable = false, .trains = true}; }

  // Distances first, each environment in its own time; then what all rows share, time-major.
  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    const Embedded phi = embedding_.Fresh(rollout);
    const auto k = static_cast<std::size_t>(options_.neighbours);
    std::vector<float> distances(rollout.rows() * k), error(phi.obs.rows());
    std::vector<std::size_t> found(rollout.rows());
    ParallelFor(rollout.n, [&](int i) {
      NeighbourMemory& episode = episodes_[static_cast<std::size_t>(i)];
      for (int t = 0; t < rollout.T; ++t) {
        const std::size_t row = rollout.index(t, i);
        if (rollout.step_type[row] == StepType::kFirst) {
          episode.Clear();
          episode.Add(phi[row]);
        }
        if (rollout.dead(t, i)) continue;
        const auto next = phi[rollout.index(t + 1, i)];
        const std::size_t memory = static_cast<std::size_t>(options_.memory), end = episode.end();
        found[row] = episode.Nearest(next, end - std::min(end, memory), end, std::span(distances).subspan(row * k, k));
        episode.Add(next);
        episode.DropBefore(episode.end() - std::min(episode.end(), memory));
      }
    });
    if (distillation_) distillation_->Errors(phi.obs.x, error);
    ScoreRows(rollout, out, [&](int t, int i) {
      const std::size_t row = rollout.index(t, i);
      const double episodic = EpisodicBonus(std::span(distances).subspan(row * k, found[row]));
      return episodic * (distillation_ ? Lifelong(static_cast<double>(error[phi.obs.at(rollout.index(t + 1, i))])) : 1);
    });
  }

  void ScoreReplayed(const BatchView&, const Noise&, std::span<float>) const override { ROVE_CHECK(false); }

  Metrics Train(const BatchView& batch, const Noise& noise) override {
    Metrics metrics = embedding_.Train(batch, noise);
    if (distillation_) metrics.Set("loss", Distill(batch, *minibatches_, noise.Sub(1), embedding_.inputs(), *distillation_));
    return metrics;
  }

  void Serialize(Archive& ar) override {
    ar.Section("ngu", 1, [&](int) {
      ar("embedding", embedding_);
      if (distillation_) ar("distillation", *distillation_);
      ar("errors", errors_);
      ar("mean_distance", mean_distance_);
      ar("distance_rows", distance_rows_);
      for (NeighbourMemory& episode : episodes_) ar("episode", episode);
    });
  }

 private:
  double EpisodicBonus(std::span<const float> squares) {
    if (squares.empty()) return 0;  // the run began within an episode: nothing to compare with
    double mean = 0, similarity = 0;
    for (const float d2 : squares) mean += static_cast<double>(d2) / static_cast<double>(squares.size());
    ++distance_rows_;
    mean_distance_ += std::max(1 / distance_rows_, 1 - options_.distance_decay) * (mean - mean_distance_);
    for (const float d2 : squares) {
      const double relative = mean_distance_ > 0 ? static_cast<double>(d2) / mean_distance_ : 0;
      similarity += options_.kernel_epsilon / (std::max(relative - options_.cluster_distance, 0.0) + options_.kernel_epsilon);
    }
    const double s = std::sqrt(similarity) + options_.c;
    return s > options_.max_similarity ? 0 : 1 / s;
  }

  double Lifelong(double error) {
    errors_.Add(error);
    const double alpha = errors_.std() > 0 ? 1 + (error - errors_.mean()) / errors_.std() : 1;
    return std::min(std::max(alpha, 1.0), options_.max_lifelong);
  }

  NguOptions options_;
  Embedding embedding_;
  std::optional<MinibatchOptions> minibatches_;  // of the distillation, if lifelong
  std::optional<nn::RandomDistillation> distillation_;
  RunningMoments errors_;                         // of the distillation, over all live rows
  double mean_distance_ = 0, distance_rows_ = 0;  // d_m^2, and rows that entered it
  std::vector<NeighbourMemory> episodes_;         // phi of each environment's episode
};

const RewardRegistrar kNgu("ngu", "NGU: nearest neighbours of the episode in features of inverse dynamics, times RND",
                           [](const Config& config, const RewardDeps& deps) { return std::make_unique<Ngu>(config, deps); });

}  // namespace
}  // namespace rove
