// Control Suite tasks, one core: what actions, observations, rewards and checks cost on top of the bare physics.
//   build/bench/rove_bench --benchmark_filter=DmControl
// One iteration is one episode of 4 rows. Ours and bare mj_step take the same actions from the same states in turns of 10 steps,
// so that both meet the same load of the machine, and must arrive at the same positions. Counters:
//   steps_per_s     control steps a second of one core, resets excluded
//   mj_step_per_s   the same of bare mj_step, that is mj_step_per_s * substeps physics steps
//   share           median over the turns of the one by the other
//   share_episodes  the same over whole episodes, our resets included (cheetah's is 200 physics steps)
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <functional>
#include <memory>
#include <numeric>
#include <vector>

#include "core/rng.h"
#include "envs/dm_control/dm_control_env.h"

namespace rove::dm_control {
namespace {

constexpr const char* kIds[] = {"cheetah-run",     "walker-run",        "cartpole-swingup", "pendulum-swingup", "finger-spin",
                                "acrobot-swingup", "ball_in_cup-catch", "point_mass-easy",  "reacher-easy"};
constexpr int kRows = 4, kTurn = 10;

// CPU time of this thread, so that other programs do not count.
double Seconds(const std::function<void()>& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double begin = now();
  work();
  return now() - begin;
}

// kRows environments, and as many bare simulations.
class Pair {
 public:
  explicit Pair(const std::string& id)
      : made_(Envs().Create(Config::Parse("{type: dm_control/" + id + ", action_type: f64}"), {.num_envs = kRows})),
        env_(dynamic_cast<DmControl&>(*made_)) {
    const EnvSpec& spec = env_.spec();
    for (const TensorSpec& column : spec.obs) obs_.emplace_back(column.dtype, column.shape.Prepend(kRows));
    for (Tensor& column : obs_) views_.push_back(column.view());
    width_ = spec.action.shape.count();
    actions_.resize(static_cast<std::size_t>(spec.max_steps * kRows * width_));
    NoiseStream stream = Noise(0, "bench").At(0, 0);
    for (double& action : actions_) action = 2 * stream.UniformDouble() - 1;
    for (int row = 0; row < kRows; ++row) bare_.push_back(MakeData(env_.physics(row).model()));
  }
  int steps() const { return env_.spec().max_steps; }

  void Reset(Seed seed) {
    std::vector<int> rows(kRows);
    std::iota(rows.begin(), rows.end(), 0);
    const std::vector<std::optional<Seed>> seeds = {seed, seed + 1, seed + 2, seed + 3};
    env_.Reset(rows, seeds, columns());
  }
  void CopyToBare() {
    for (int row = 0; row < kRows; ++row) mj_copyData(bare(row), &env_.physics(row).model(), &env_.physics(row).data());
  }
  void Step(int t) {
    for (int k = t; k < t + kTurn; ++k) env_.Step({action(k), DType::kF64, Shape{kRows, width_}}, 0, kRows, columns());
  }
  void StepBare(int t) {
    const int substeps = env_.task().info().substeps;
    for (int k = t; k < t + kTurn; ++k) {
      for (int row = 0; row < kRows; ++row) {
        std::copy_n(action(k) + row * width_, width_, bare(row)->ctrl);
        for (int i = 0; i < substeps; ++i) mj_step(&env_.physics(row).model(), bare(row));
      }
    }
  }
  void CheckSame() {
    for (int row = 0; row < kRows; ++row)
      ROVE_CHECK(std::equal(bare(row)->qpos, bare(row)->qpos + env_.physics(row).model().nq, env_.physics(row).data().qpos));
  }

 private:
  mjData* bare(int row) { return bare_[static_cast<std::size_t>(row)].get(); }
  const double* action(int t) const { return actions_.data() + t * kRows * width_; }
  StepColumns columns() { return {views_, reward_, discount_, end_, step_type_}; }

  std::unique_ptr<VectorEnv> made_;
  DmControl& env_;
  std::int64_t width_ = 0;
  std::vector<double> actions_;
  std::vector<DataPtr> bare_;
  std::vector<Tensor> obs_;
  std::vector<TensorView> views_;
  std::array<double, kRows> reward_{};
  std::array<float, kRows> discount_{};
  std::array<std::uint8_t, kRows> end_{};
  std::array<StepType, kRows> step_type_{};
};

void BM_DmControl(benchmark::State& state) {
  const std::string id = kIds[state.range(0)];
  Pair pair(id);
  state.SetLabel(id);
  double ours_s = 0, bare_s = 0, reset_s = 0, steps = 0;
  std::vector<double> shares;
  Seed seed = 0;
  for (auto _ : state) {
    reset_s += Seconds([&] { pair.Reset(seed += kRows); });
    pair.CopyToBare();
    const double before_s = ours_s;
    for (int t = 0; t < pair.steps(); t += kTurn) {
      const double bare_turn_s = Seconds([&] { pair.StepBare(t); }), turn_s = Seconds([&] { pair.Step(t); });
      shares.push_back(bare_turn_s / turn_s);
      bare_s += bare_turn_s;
      ours_s += turn_s;
    }
    steps += pair.steps() * kRows;
    pair.CheckSame();
    state.SetIterationTime(ours_s - before_s);
  }
  std::ranges::nth_element(shares, shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2));
  state.counters["steps_per_s"] = steps / ours_s;
  state.counters["mj_step_per_s"] = steps / bare_s;
  state.counters["share"] = shares[shares.size() / 2];
  state.counters["share_episodes"] = bare_s / (ours_s + reset_s);
}
BENCHMARK(BM_DmControl)->DenseRange(0, std::size(kIds) - 1)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rove::dm_control
