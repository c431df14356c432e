// RE3, random encoders for efficient exploration (Seo et al. 2021, arXiv 2102.09430; younggyoseo/RE3): the entropy of the states
// visited lately, estimated by nearest neighbours in the features y of a random network that never learns:
//   r = log(1 + ||y(x') - y_k||),  y_k the k-th nearest of the last `memory` next states of all environments, x' = obs[t + 1]
// Keys and deviations: docs/rewards_embedding.md.
#include <algorithm>
#include <cmath>

#include "core/archive.h"
#include "core/parallel.h"
#include "nn/feature_net.h"
#include "nn/whitened_inputs.h"
#include "rewards/neighbour_memory.h"
#include "rewards/obs_rows.h"
#include "rewards/reward_module.h"

namespace rove {
namespace {

struct Re3Options {
  std::vector<std::int64_t> hidden{128};  // ReLU layers of the random network, after its encoder
  std::int64_t features = 64;
  std::int64_t neighbours = 3;  // k
  bool average = false;         // mean over neighbours 1 to k instead of the k-th alone
  bool log = true;              // false: the distance itself
  std::int64_t memory = 1024;   // next states compared with: 4 * features bytes each

  explicit Re3Options(const Config& config) {
    config.Get("hidden", &hidden, InRange(1, 1 << 16));
    config.Get("features", &features, InRange(1, 1 << 12));
    config.Get("neighbours", &neighbours, InRange(1, 1000));
    config.Get("average", &average);
    config.Get("log", &log);
    config.Get("memory", &memory, InRange(1, 1 << 24));
    if (memory < neighbours) config.At("memory").Fail("expected at least `neighbours` states, got " + std::to_string(memory));
  }
};

constexpr int kRowsPerTask = 64;

class Re3 final : public RewardModule {
 public:
  Re3(const Config& config, const RewardDeps& deps)
      : options_(config),
        inputs_(config, deps.env.obs),
        random_(inputs_.net_input(), options_.hidden, options_.features, DeriveSeed(deps.seed, "re3", 0)),
        memory_(static_cast<std::size_t>(options_.features)) {}

  RewardTraits traits() const override { return {}; }

  // Each live row is compared with the states before it, then remembered.
  void ScoreFresh(const RolloutView& rollout, const Noise&, std::span<float> out) override {
    const ObsRows obs = ReadFresh(rollout, inputs_);
    const std::vector<float> y = Embed(obs);
    const std::size_t before = memory_.end();
    const std::vector<std::size_t> numbers = LiveNext(rollout);
    for (const std::size_t number : numbers) memory_.Add(At(y, obs.at(number)));
    std::ranges::fill(out, 0.0f);
    const auto n = static_cast<std::size_t>(rollout.n);
    ForEach(numbers.size(), [&](std::size_t k, std::span<float> scratch) {
      out[numbers[k] - n] = Bonus(At(y, obs.at(numbers[k])), before + k, scratch);
    });
    memory_.DropBefore(memory_.end() - std::min(memory_.end(), Memory()));
  }

  // A sampled row is compared with the newest states; one that is still among them finds itself there.
  void ScoreReplayed(const BatchView& batch, const Noise&, std::span<float> out) const override {
    const ObsRows obs = ReadBatch(batch, inputs_);
    const std::vector<float> y = Embed(obs);
    const std::vector<std::size_t> numbers = LiveNext(batch);
    std::ranges::fill(out, 0.0f);
    const auto n = static_cast<std::size_t>(batch.n);
    ForEach(numbers.size(), [&](std::size_t k, std::span<float> scratch) {
      out[numbers[k] - n] = Bonus(At(y, obs.at(numbers[k])), memory_.end(), scratch);
    });
  }

  void Serialize(Archive& ar) override {
    ar.Section("re3", 1, [&](int) {
      ar("inputs", inputs_);
      ar("random", random_);
      ar("memory", memory_);
    });
  }

 private:
  std::size_t Memory() const { return static_cast<std::size_t>(options_.memory); }

  std::vector<float> Embed(const ObsRows& obs) const {
    std::vector<float> y(obs.rows() * static_cast<std::size_t>(options_.features));
    random_.Embed(obs.x, y);
    return y;
  }
  std::span<const float> At(std::span<const float> y, std::size_t row) const {
    const auto width = static_cast<std::size_t>(options_.features);
    return y.subspan(row * width, width);
  }

  // Numbers (t + 1) n + i of the next states of live rows, time-major.
  static std::vector<std::size_t> LiveNext(const SequenceView& rows) {
    std::vector<std::size_t> numbers;
    for (int t = 0; t < rows.T; ++t) {
      for (int i = 0; i < rows.n; ++i) {
        if (!rows.dead(t, i)) numbers.push_back(rows.index(t + 1, i));
      }
    }
    return numbers;
  }

  // body(k, scratch for Bonus) for k < count, on the pool.
  template <class Body>
  void ForEach(std::size_t count, const Body& body) const {
    ParallelFor(static_cast<int>((count + kRowsPerTask - 1) / kRowsPerTask), [&](int task) {
      std::vector<float> scratch(static_cast<std::size_t>(options_.neighbours));
      const std::size_t begin = static_cast<std::size_t>(task) * kRowsPerTask;
      for (std::size_t k = begin; k < std::min(count, begin + kRowsPerTask); ++k) body(k, scratch);
    });
  }

  // Against the states numbered [end - memory, end). With fewer than k of them the farthest counts; with none r = 0.
  float Bonus(std::span<const float> y, std::size_t end, std::span<float> squares) const {
    const std::size_t found = memory_.Nearest(y, end - std::min(end, Memory()), end, squares);
    if (found == 0) return 0;
    double sum = 0;
    for (std::size_t k = options_.average ? 0 : found - 1; k < found; ++k) {
      const double distance = std::sqrt(static_cast<double>(squares[k]));
      sum += options_.log ? std::log1p(distance) : distance;
    }
    return static_cast<float>(options_.average ? sum / static_cast<double>(found) : sum);
  }

  Re3Options options_;
  nn::WhitenedInputs inputs_;
  nn::RandomFeatures random_;
  NeighbourMemory memory_;
};

const RewardRegistrar kRe3("re3", "RE3: distance to the k-th nearest recent state in features of a random network",
                           [](const Config& config, const RewardDeps& deps) { return std::make_unique<Re3>(config, deps); });

}  // namespace
}  // namespace rove
