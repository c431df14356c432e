// Dynamic-Obstacles beside a plain form of it that draws its own levels and moves its own balls, from the same seed; and the
// noisy TV. Their steps draw, so the random state is compared at each.
#include <catch2/catch.hpp>

#include "envs/minigrid/minigrid_env.h"
#include "tests/envs/env_batch.h"

namespace rove::minigrid {
namespace {

TEST_CASE("a grid too small for the default number of obstacles has half its size of them, in its resolved config too",
          "[envs][unit]") {
  const Config config = Config::Parse("{type: minigrid/dynamic_obstacles, size: 5}");
  Envs().Create(config, {.num_envs = 1});
  CHECK_THAT(config.Resolved(), Catch::Contains("n_obstacles: 2"));
  CHECK_NOTHROW(Envs().Create(Config::Parse(config.Resolved()), {.num_envs = 1}));
}

// Farama Minigrid 3.1.0, envs/dynamicobstacles.py, as specified: cells by their coordinates only.
class PlainObstacles {
 public:
  PlainObstacles(int size, int obstacles, bool random_start, Seed seed)
      : size_(size), obstacles_(obstacles), random_start_(random_start), rng_(seed) {
    Reset();
  }

  void Reset() {
    steps_ = 0;
    balls_.clear();
    agent_ = random_start_ ? std::array{-1, -1, 0} : std::array{1, 1, 0};
    if (random_start_) {
      const auto [x, y] = *Draw(0, 0, size_, 1 << 30);
      agent_ = {x, y, static_cast<int>(rng_.Integers(0, 4))};
    }
    for (int k = 0; k < obstacles_; ++k) balls_.push_back(*Draw(0, 0, size_, 100));
  }

  // Reward and end.
  std::pair<double, int> Step(int action) {
    constexpr int kDxs[] = {1, 0, -1, 0}, kDys[] = {0, 1, 0, -1};
    const int x = agent_[0] + kDxs[agent_[2]], y = agent_[1] + kDys[agent_[2]];
    const bool blocked = IsWall(x, y) || IsBall(x, y);
    for (auto& ball : balls_) {
      if (const auto to = Draw(ball[0] - 1, ball[1] - 1, 3, 100))
        ball = *to;
      else
        ++stuck_;
    }
    ++steps_;
    double reward = 0;
    int end = steps_ >= 4 * size_ * size_ ? kTruncated : 0;
    if (action == 0) agent_[2] = (agent_[2] + 3) % 4;
    if (action == 1) agent_[2] = (agent_[2] + 1) % 4;
    if (action == 2 && !IsWall(x, y) && !IsBall(x, y)) {
      agent_[0] = x;
      agent_[1] = y;
      if (IsGoal(x, y)) reward = 1 - 0.9 * (static_cast<double>(steps_) / (4 * size_ * size_));
      if (IsGoal(x, y)) end |= kTerminated;
    }
    if (action == 2 && blocked) {
      reward = -1;
      end |= kTerminated;
    }
    return {reward, end};
  }

  std::vector<std::uint8_t> Grid() const {
    std::vector<std::uint8_t> codes;
    for (int x = 0; x < size_; ++x) {
      for (int y = 0; y < size_; ++y) {
        const std::array<std::uint8_t, 3> wall = {2, 5, 0}, goal = {8, 1, 0}, ball = {6, 2, 0}, empty = {1, 0, 0};
        const auto& code = IsWall(x, y) ? wall : IsGoal(x, y) ? goal : IsBall(x, y) ? ball : empty;
        codes.insert(codes.end(), code.begin(), code.end());
      }
    }
    return codes;
  }
  const std::array<int, 3>& agent() const { return agent_; }
  Pcg64::State rng() const { return rng_.state(); }
  int stuck() const { return stuck_; }

 private:
  bool IsWall(int x, int y) const { return x == 0 || y == 0 || x == size_ - 1 || y == size_ - 1; }
  bool IsGoal(int x, int y) const { return x == size_ - 2 && y == size_ - 2; }
  bool IsBall(int x, int y) const { return std::ranges::find(balls_, std::array{x, y}) != balls_.end(); }
  std::optional<std::array<int, 2>> Draw(int x0, int y0, int side, int max_tries) {
    for (int tries = 0; tries <= max_tries; ++tries) {
      const int x = static_cast<int>(rng_.Integers(x0, x0 + side)), y = static_cast<int>(rng_.Integers(y0, y0 + side));
      if (!IsWall(x, y) && !IsGoal(x, y) && !IsBall(x, y) && !(x == agent_[0] && y == agent_[1])) return {{x, y}};
    }
    return {};
  }

  int size_, obstacles_;
  bool random_start_;
  Pcg64 rng_;
  int steps_ = 0, stuck_ = 0;
  std::array<int, 3> agent_{};
  std::vector<std::array<int, 2>> balls_;
};

TEST_CASE("moving obstacles draw, move and end episodes as the plain form, to the last bit of random state", "[envs][property]") {
  struct Case {
    const char* config;
    int size, obstacles;
    bool random_start;
  };
  int collided = 0, solved = 0, timed_out = 0, stuck = 0;
  for (const Case& c : {Case{"type: MiniGrid-Dynamic-Obstacles-5x5-v0", 5, 2, false},
                        {"type: MiniGrid-Dynamic-Obstacles-6x6-v0", 6, 3, false},
                        {"type: MiniGrid-Dynamic-Obstacles-8x8-v0", 8, 4, false},
                        {"type: MiniGrid-Dynamic-Obstacles-16x16-v0", 16, 8, false},
                        {"type: MiniGrid-Dynamic-Obstacles-Random-5x5-v0", 5, 2, true},
                        {"type: MiniGrid-Dynamic-Obstacles-Random-6x6-v0", 6, 3, true},
                        {"{type: minigrid/dynamic_obstacles, size: 5, n_obstacles: 3}", 5, 3, false},
                        {"{type: minigrid/dynamic_obstacles, size: 11, n_obstacles: 6, random_start: true}", 11, 6, true}}) {
    INFO(c.config);
    constexpr int kRows = 8;
    EnvBatch batch(Envs().Create(Config::Parse(c.config), {.num_envs = kRows}));
    const auto& grids = dynamic_cast<const GridInspectable&>(batch.env());
    batch.Reset(1);
    std::vector<PlainObstacles> plain;
    for (int row = 0; row < kRows; ++row) plain.emplace_back(c.size, c.obstacles, c.random_start, 1 + static_cast<Seed>(row));
    int differences = 0;
    for (int t = 0; t < 3000; ++t) {
      std::vector<std::pair<double, int>> want(kRows);
      NoiseStream noise = Noise(5, "actions").At(0, static_cast<std::uint64_t>(t));
      for (int row = 0; row < kRows; ++row) {
        const auto r = static_cast<std::size_t>(row);
        // Most rows turn more than they walk, or nothing but collisions would be seen; row 0 never walks.
        const int action = row > 0 && noise.Below(6) == 0 ? kForward : static_cast<int>(noise.Below(2));
        batch.action().As<std::int32_t>()[r] = action;
        if (batch.step_type(row) == StepType::kLast)
          plain[r].Reset();
        else
          want[r] = plain[r].Step(action);
      }
      batch.Step();
      for (int row = 0; row < kRows; ++row) {
        const auto r = static_cast<std::size_t>(row);
        const GridState shown = grids.Inspect(row);
        differences += batch.reward(row) != want[r].first || batch.end(row) != want[r].second;
        differences += shown.grid != plain[r].Grid() || shown.agent != plain[r].agent() || !(shown.rng == plain[r].rng());
        collided += want[r].first < 0;
        solved += want[r].first > 0;
        timed_out += want[r].second == kTruncated;
      }
    }
    CHECK(differences == 0);
    for (const PlainObstacles& p : plain) stuck += p.stuck();
  }
  CHECK(collided > 1000);
  CHECK(solved > 20);
  CHECK(timed_out > 50);
  CHECK(stuck > 0);  // a ball found no way in 101 tries
}

TEST_CASE("three actions: any other is an error here, upstream would turn left", "[envs][unit]") {
  EnvBatch batch("MiniGrid-Dynamic-Obstacles-5x5-v0", 1);
  batch.Reset(0);
  CHECK(batch.spec().action.num_choices() == 3);
  CHECK_THROWS_WITH(batch.Step(kPickUp), "environment 0: action 3 is not in 0..2");
}

// The ball's cell, from what is shown; the level has no other.
std::array<int, 3> Ball(const GridState& s) {
  for (std::size_t i = 0; i < s.grid.size(); i += 3) {
    if (s.grid[i] == kBall) return {static_cast<int>(i / 3) / s.height, static_cast<int>(i / 3) % s.height, s.grid[i + 1]};
  }
  return {-1, -1, s.carrying ? (*s.carrying)[1] : -1};
}

TEST_CASE("the noisy TV: a ball in the agent's room takes a new colour at each drop, and nothing is dropped", "[envs][unit]") {
  constexpr int kRows = 64;
  EnvBatch batch("MiniGrid-MultiRoomNoisyTV-N7-S4-v0", kRows);
  const auto& grids = dynamic_cast<const GridInspectable&>(batch.env());
  batch.Reset(1);
  std::array<int, kNumColors> seen{};
  for (int t = 0; t < 100; ++t) {
    std::vector<GridState> before;
    for (int row = 0; row < kRows; ++row) before.push_back(grids.Inspect(row));
    batch.Step(kDrop);
    for (int row = 0; row < kRows; ++row) {
      const GridState& was = before[static_cast<std::size_t>(row)];
      const auto [x, y, color] = Ball(was);
      Pcg64 rng;
      rng.set_state(was.rng);
      const GridState now = grids.Inspect(row);
      CHECK(Ball(now) == std::array<int, 3>{x, y, kColorsByName[static_cast<std::size_t>(rng.Integers(0, kNumColors))]});
      CHECK((now.rng == rng.state()));
      ++seen[static_cast<std::size_t>(Ball(now)[2])];
      CHECK(std::abs(x - was.agent[0]) <= 1);  // rooms of 4 have 2 x 2 free cells
      CHECK(std::abs(y - was.agent[1]) <= 1);
    }
  }
  for (const int count : seen) CHECK(std::abs(count - 6400 / 6) < 5 * std::sqrt(6400.0 * 5 / 36));  // binomial, five sigma
}

}  // namespace
}  // namespace rove::minigrid
