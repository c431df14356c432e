// What every registered environment must do, whoever wrote it. Also run on the test-only ones (probe/...).
#include <catch2/catch.hpp>
#include <thread>

#include "core/error.h"
#include "envs/inspectable.h"
#include "tests/envs/env_batch.h"

namespace rove {
namespace {

constexpr int kEnvs = 5;

NoiseStream ActionNoise(int step) { return Noise(1, "conformance").At(0, static_cast<std::uint64_t>(step)); }

bool IsBabyAi(const std::string& id) { return id.starts_with("BabyAI-") || id.starts_with("babyai/"); }

// The Control Suite's episodes of 1000 steps are cut to 2 simulated seconds, 40 to 200 steps: longer ones show nothing else. So
// are BabyAI's, whose limit may depend on the instruction.
EnvBatch Make(const std::string& id, int n) {
  const std::string limit = id.starts_with("dm_control/") ? ", time_limit: 2" : IsBabyAi(id) ? ", max_steps: 60" : "";
  return EnvBatch(Envs().Create(Config::Parse("{type: " + id + limit + "}"), {.num_envs = n}));
}

// Enough steps for two episodes that run into the time limit.
int TwoEpisodes(const EnvSpec& spec) { return 2 * (spec.max_steps > 0 ? spec.max_steps : 500) + 5; }

bool NothingIsRandom(const std::string& id) {
  return (id.starts_with("MiniGrid-Empty-") && !id.starts_with("MiniGrid-Empty-Random-")) || id == "minigrid/empty" ||
         id.starts_with("MiniGrid-DistShift") || id == "minigrid/dist_shift" || id == "tabular/chain" || id == "tabular/deep_sea";
}

// These remember a room that an earlier level locked, as upstream does (docs/minigrid.md).
bool RemembersEarlierLevels(const std::string& id) { return id.starts_with("BabyAI-Synth"); }

// Actions that no environment may look at.
void SpoilDeadActions(EnvBatch& batch) {
  for (int row = 0; row < batch.n(); ++row) {
    if (batch.step_type(row) != StepType::kLast) continue;
    const TensorView action = batch.action().Rows(row, 1);
    std::memset(action.data, 0xff, action.bytes());  // -1, or NaN
  }
}

void CheckBounds(const EnvBatch& batch, const TensorSpec& spec, TensorView column) {
  const std::int64_t count = spec.shape.count();
  for (std::int64_t i = 0; i < batch.n() * count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    double value = 0;
    switch (spec.dtype) {
      case DType::kU8: value = column.As<std::uint8_t>()[at]; break;
      case DType::kI32: value = column.As<std::int32_t>()[at]; break;
      case DType::kI64: value = static_cast<double>(column.As<std::int64_t>()[at]); break;
      case DType::kF32: value = static_cast<double>(column.As<float>()[at]); break;
      case DType::kF64: value = column.As<double>()[at]; break;
    }
    const bool bounded = (spec.low.empty() || value >= spec.low_of(i % count)) &&
                         (spec.high.empty() || value <= spec.high_of(i % count)) && value == value;
    if (!bounded) FAIL_CHECK(spec.name << "[" << i << "] is " << value << ", outside its bounds");
  }
}

TEST_CASE("the resolved config makes the same environment again", "[envs][conformance]") {
  for (const std::string& id : Envs().Names()) {
    INFO(id);
    const Config config = Config::Parse("{type: " + id + "}");
    EnvBatch one(Envs().Create(config, {.num_envs = 3}));
    const Config resolved = Config::Parse(config.Resolved());
    EnvBatch other(Envs().Create(resolved, {.num_envs = 3}));
    CHECK(other.spec().max_steps == one.spec().max_steps);
    CHECK(resolved.Resolved() == config.Resolved());
    one.Reset(3);
    other.Reset(3);
    for (int row = 0; row < one.n(); ++row) {
      CHECK(other.Row(row) == one.Row(row));
      if (const auto* grid = dynamic_cast<const GridInspectable*>(&one.env()))  // a level may have a limit of its own
        CHECK(dynamic_cast<const GridInspectable&>(other.env()).Inspect(row).max_steps == grid->Inspect(row).max_steps);
    }
  }
}

TEST_CASE("the rules of dm_env hold and observations stay within their bounds", "[envs][conformance]") {
  for (const std::string& id : Envs().Names()) {
    INFO(id);
    EnvBatch batch = Make(id, kEnvs);
    batch.Reset(3);
    std::vector<int> length(kEnvs, 0), ends(kEnvs, 0);
    std::vector<StepType> before(kEnvs, StepType::kLast);  // a reset behaves as the step after kLast
    const int steps = TwoEpisodes(batch.spec());
    int broken = 0;
    for (int t = 0; t < steps; ++t) {
      for (int row = 0; row < kEnvs; ++row) {
        auto& episode = length[static_cast<std::size_t>(row)];
        auto& last = before[static_cast<std::size_t>(row)];
        const int end = batch.end(row);
        episode = last == StepType::kLast ? 0 : episode + 1;
        broken += (batch.step_type(row) == StepType::kFirst) != (last == StepType::kLast);
        broken += (batch.step_type(row) == StepType::kLast) != (end != 0);
        broken += batch.discount(row) != ((end & kTerminated) ? 0.0f : 1.0f);
        broken += (end & ~(kTerminated | kTruncated)) != 0;
        if (batch.step_type(row) == StepType::kFirst) broken += batch.reward(row) != 0;
        if (batch.spec().max_steps > 0) broken += ((end & kTruncated) != 0) != (episode == batch.spec().max_steps);
        last = batch.step_type(row);
        ends[static_cast<std::size_t>(row)] += end != 0;
      }
      for (std::size_t k = 0; k < batch.spec().obs.size(); ++k) CheckBounds(batch, batch.spec().obs[k], batch.columns().obs[k]);
      batch.DrawActions(ActionNoise(t));
      SpoilDeadActions(batch);
      batch.Step();
    }
    CHECK(broken == 0);
    CHECK(*std::ranges::min_element(ends) >= 2);  // so the rules above were put to the test
  }
}

TEST_CASE("the same seeds and actions give the same bytes, and the dead row's action none", "[envs][conformance]") {
  for (const std::string& id : Envs().Names()) {
    INFO(id);
    EnvBatch a = Make(id, kEnvs), b = Make(id, kEnvs);
    if (!RemembersEarlierLevels(id)) {
      b.Reset(99);  // a used environment is as good as a fresh one
      b.DrawActions(ActionNoise(0));
      b.Step();
    }
    a.Reset(3);
    b.Reset(3);
    bool same = true;
    for (int t = 0; t < TwoEpisodes(a.spec()); ++t) {
      same = same && a.Rows() == b.Rows();
      a.DrawActions(ActionNoise(t));
      b.DrawActions(ActionNoise(t));
      SpoilDeadActions(b);
      a.Step();
      b.Step();
    }
    CHECK(same);
    CHECK((a.Save() == b.Save()));
  }
}

TEST_CASE("a row of a batch is what a batch of one is", "[envs][conformance]") {
  for (const std::string& id : Envs().Names()) {
    INFO(id);
    EnvBatch batch = Make(id, kEnvs);
    batch.Reset(3);
    std::vector<EnvBatch> single;
    for (int row = 0; row < kEnvs; ++row) {
      single.push_back(Make(id, 1));
      single.back().Reset(3 + static_cast<Seed>(row));
    }
    int differences = 0;
    for (int t = 0; t < TwoEpisodes(batch.spec()); ++t) {
      batch.DrawActions(ActionNoise(t));
      batch.Step();
      for (int row = 0; row < kEnvs; ++row) {
        EnvBatch& one = single[static_cast<std::size_t>(row)];
        const TensorView action = batch.action().Rows(row, 1);
        std::memcpy(one.action().data, action.data, action.bytes());
        one.Step();
        differences += one.Row(0) != batch.Row(row);
      }
    }
    CHECK(differences == 0);
  }
}

TEST_CASE("another seed gives other levels, except where nothing is random", "[envs][conformance]") {
  for (const std::string& id : Envs().Names()) {
    if (id.starts_with("probe/")) continue;  // stand-ins of other tests, which may ignore their seed
    INFO(id);
    EnvBatch a = Make(id, kEnvs), b = Make(id, kEnvs);
    a.Reset(3);
    b.Reset(1000);
    bool same = true;
    for (int t = 0; t < TwoEpisodes(a.spec()); ++t) {
      same = same && a.Rows() == b.Rows();
      for (EnvBatch* batch : {&a, &b}) {
        batch->DrawActions(ActionNoise(t));
        batch->Step();
      }
    }
    CHECK(same == NothingIsRandom(id));
  }
}

TEST_CASE("Reset and Step write their own rows and no other", "[envs][conformance]") {
  for (const std::string& id : Envs().Names()) {
    INFO(id);
    EnvBatch batch = Make(id, kEnvs);
    batch.Reset(3);
    batch.FillColumns(0xA5);
    const std::string untouched = batch.Row(0);
    const int row = 1;
    const std::optional<Seed> seed = 8;
    batch.env().Reset({&row, 1}, {&seed, 1}, batch.columns());
    CHECK((batch.Row(0) == untouched));
    CHECK((batch.Row(1) != untouched));
    CHECK((batch.Row(2) == untouched));
    batch.FillColumns(0xA5);
    batch.DrawActions(ActionNoise(0));
    batch.Step(2, 4);
    for (const int other : {0, 1, 4}) CHECK((batch.Row(other) == untouched));
    for (const int own : {2, 3}) CHECK((batch.Row(own) != untouched));
  }
}

TEST_CASE("every byte of a row is written, whatever was there before", "[envs][conformance]") {
  for (const std::string& id : Envs().Names()) {
    INFO(id);
    EnvBatch a = Make(id, kEnvs), b = Make(id, kEnvs);
    a.FillColumns(0x00);
    b.FillColumns(0xFF);
    a.Reset(3);
    b.Reset(3);
    CHECK((a.Rows() == b.Rows()));
    for (EnvBatch* batch : {&a, &b}) batch->DrawActions(ActionNoise(0));
    a.FillColumns(0x00);
    b.FillColumns(0xFF);
    a.Step();
    b.Step();
    CHECK((a.Rows() == b.Rows()));
  }
}

TEST_CASE("ranges of rows stepped by two threads give what one call gives", "[envs][conformance][threads]") {
  for (const std::string& id : Envs().Names()) {
    INFO(id);
    EnvBatch whole = Make(id, kEnvs), split = Make(id, kEnvs);
    whole.Reset(3);
    split.Reset(3);
    bool same = true;
    for (int t = 0; t < 120; ++t) {
      for (EnvBatch* batch : {&whole, &split}) batch->DrawActions(ActionNoise(t));
      whole.Step();
      {
        const std::jthread other([&] { split.Step(2, kEnvs); });
        split.Step(0, 2);
      }
      same = same && whole.Rows() == split.Rows();
    }
    CHECK(same);
  }
}

TEST_CASE("an environment restored in mid-episode goes on as if nothing had happened", "[envs][conformance]") {
  for (const std::string& id : Envs().Names()) {
    INFO(id);
    EnvBatch original = Make(id, kEnvs);
    original.Reset(3);
    for (int t = 0; t < 37; ++t) {
      original.DrawActions(ActionNoise(t));
      original.Step();
    }
    EnvBatch copy = Make(id, kEnvs);
    copy.Load(original.Save());
    bool same = true;
    for (int t = 37; t < TwoEpisodes(original.spec()); ++t) {
      for (EnvBatch* batch : {&original, &copy}) {
        batch->DrawActions(ActionNoise(t));
        batch->Step();
      }
      same = same && original.Rows() == copy.Rows();
    }
    CHECK(same);
    CHECK((original.Save() == copy.Save()));
    EnvBatch smaller = Make(id, kEnvs - 1);
    CHECK_THROWS_AS(smaller.Load(original.Save()), Error);
  }
}

TEST_CASE("a discrete action out of range is an error that names row and value", "[envs][conformance]") {
  for (const std::string& id : Envs().Names()) {
    EnvBatch batch = Make(id, kEnvs);
    if (batch.spec().action.num_choices() == 0) continue;
    INFO(id);
    batch.Reset(3);
    for (const std::int32_t illegal : {-1, static_cast<int>(batch.spec().action.num_choices())}) {
      std::ranges::fill(batch.action().As<std::int32_t>(), 0);
      batch.action().As<std::int32_t>()[3] = illegal;
      try {
        batch.Step();
        FAIL_CHECK("no error for action " << illegal);
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::kSystem);
        CHECK_THAT(error.what(), Catch::Contains("3") && Catch::Contains(std::to_string(illegal)));
      }
    }
  }
}

}  // namespace
}  // namespace rove
