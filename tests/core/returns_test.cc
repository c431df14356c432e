#include "core/returns.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

namespace rove {
namespace {

using Floats = std::vector<float>;

// One rollout that owns its columns.
struct Columns {
  int T, n;
  Floats reward, discount;
  std::vector<std::uint8_t> end;
  std::vector<StepType> step_type;
  Floats value, log_rho;

  ReturnInputs inputs() const { return {T, n, reward, discount, end, step_type, value}; }
};

struct Result {
  Floats advantage, target;
};

Result RunGae(const Columns& c, const ReturnStream& stream) {
  Result r{Floats(c.reward.size(), 99.0f), Floats(c.reward.size(), 99.0f)};
  Gae(c.inputs(), stream, r.advantage, r.target);
  return r;
}

Result RunVTrace(const Columns& c, const ReturnStream& stream, float rho_bar = 1, float c_bar = 1) {
  Result r{Floats(c.reward.size(), 99.0f), Floats(c.reward.size(), 99.0f)};
  VTrace(c.inputs(), stream, c.log_rho, rho_bar, c_bar, r.advantage, r.target);
  return r;
}

// Two steps and a termination; the dead row 2; one step and a truncation; the dead row 4; one step of an episode that goes on.
Columns Hand() {
  using enum StepType;
  Columns c{.T = 6,
            .n = 1,
            .reward = {1, 3, 0, 5, 0, 8},
            .discount = {1, 0, 1, 1, 1, 1},
            .end = {0, kTerminated, 0, kTruncated, 0, 0},
            .step_type = {kFirst, kMid, kLast, kFirst, kLast, kFirst, kMid},
            .value = {1, 2, 3, 4, 5, 6, 7},
            .log_rho = {}};
  for (const float ratio : {0.5f, 2.0f, 1.0f, 2.0f, 1.0f, 0.5f}) c.log_rho.push_back(std::log(ratio));
  return c;
}

void CheckClose(const Floats& have, const Floats& want) {
  CHECK_THAT(have, Catch::Approx(want).margin(1e-5));
}  // sums of a few f32

TEST_CASE("gae: an episodic sum is cut at both ends; a truncation bootstraps, a termination does not", "[core][unit]") {
  // A5 = 8 + 0.5*7 - 6; A3 = 5 + 0.5*5 - 4; A1 = 3 - 2; A0 = 1 + 0.5*2 - 1 + 0.25*A1
  const auto r = RunGae(Hand(), {.gamma = 0.5f, .lambda = 0.5f});
  CHECK(r.advantage == Floats{1.25f, 1, 0, 3.5f, 0, 5.5f});
  CHECK(r.target == Floats{2.25f, 3, 3, 7.5f, 5, 11.5f});
}

TEST_CASE("gae: timeout_terminal drops the bootstrap of a truncation and changes nothing else", "[core][unit]") {
  const auto r = RunGae(Hand(), {.gamma = 0.5f, .lambda = 0.5f, .timeout_terminal = true});
  CHECK(r.advantage == Floats{1.25f, 1, 0, 1, 0, 5.5f});
}

TEST_CASE("gae: a non-episodic sum steps over the dead rows to the next episode's first state", "[core][unit]") {
  // A3 = 5 + 0.5*6 - 4 + 0.25*A5; A1 = 3 + 0.5*4 - 2 + 0.25*A3; A0 = 1 + 0.5*2 - 1 + 0.25*A1
  const ReturnStream stream{.gamma = 0.5f, .lambda = 0.5f, .episodic = false, .timeout_terminal = true};
  const auto r = RunGae(Hand(), stream);
  CHECK(r.advantage == Floats{2.0859375f, 4.34375f, 0, 5.375f, 0, 5.5f});
  CHECK(r.target == Floats{3.0859375f, 6.34375f, 3, 9.375f, 5, 11.5f});
}

TEST_CASE("gae: a non-episodic rollout that ends on a last state bootstraps from it", "[core][unit]") {
  Columns c = Hand();
  c.T = 4;
  for (auto* column : {&c.reward, &c.discount}) column->resize(4);
  c.end.resize(4);
  c.step_type.resize(5);
  c.value.resize(5);
  CHECK(RunGae(c, {.gamma = 0.5f, .lambda = 0.5f, .episodic = false}).advantage[3] == 5 + 0.5f * 5 - 4);
}

TEST_CASE("v-trace: hand-worked with clipped and unclipped ratios, both kinds of stream", "[core][unit]") {
  // rho = c_i / lambda = 0.5, 1, -, 1, -, 0.5. Row 0: v = 1 + 0.5*(1 + 0.5*2 - 1) + 0.5*0.25*(v1 - 2)
  const auto episodic = RunVTrace(Hand(), {.gamma = 0.5f, .lambda = 0.5f});
  CheckClose(episodic.target, {1.625f, 3, 3, 7.5f, 5, 8.75f});
  CheckClose(episodic.advantage, {0.75f, 1, 0, 3.5f, 0, 2.75f});
  const auto endless = RunVTrace(Hand(), {.gamma = 0.5f, .lambda = 0.5f, .episodic = false});
  CheckClose(endless.target, {2.021484375f, 6.171875f, 3, 8.6875f, 5, 8.75f});
  CheckClose(endless.advantage, {1.54296875f, 5.34375f, 0, 5.375f, 0, 2.75f});
}

// ---- An independent form: cut each column into chains of live rows, then sum forward, O(T^2), in double. ----

struct Chain {
  std::vector<std::size_t> row;  // live rows in order
  double bootstrap = 0;          // value after the last of them
};

std::vector<Chain> Chains(const Columns& c, const ReturnStream& stream) {
  std::vector<Chain> chains;
  for (int i = 0; i < c.n; ++i) {
    chains.emplace_back();
    for (int t = 0; t < c.T; ++t) {
      const auto row = static_cast<std::size_t>(t * c.n + i);
      if (c.step_type[row] == StepType::kLast) continue;
      chains.back().row.push_back(row);
      chains.back().bootstrap = static_cast<double>(c.value[row + static_cast<std::size_t>(c.n)]);
      if (!stream.episodic || c.end[row] == 0) continue;
      const bool no_future = (c.end[row] & kTerminated) || stream.timeout_terminal;
      if (no_future) chains.back().bootstrap = 0;
      chains.emplace_back();
    }
    if (!stream.episodic) chains.back().bootstrap = static_cast<double>(c.value[static_cast<std::size_t>(c.T * c.n + i)]);
  }
  return chains;
}

double Delta(const Columns& c, const Chain& chain, double gamma, std::size_t k) {
  const auto value = [&](std::size_t j) {
    return j < chain.row.size() ? static_cast<double>(c.value[chain.row[j]]) : chain.bootstrap;
  };
  return static_cast<double>(c.reward[chain.row[k]]) + gamma * value(k + 1) - value(k);
}

Columns ArbitraryColumns() {
  Columns c{.T = *rc::gen::inRange(1, 24),
            .n = *rc::gen::inRange(1, 4),
            .reward = {},
            .discount = {},
            .end = {},
            .step_type = {},
            .value = {},
            .log_rho = {}};
  const auto number = [] { return static_cast<float>(*rc::gen::inRange(-100, 101)) / 50; };
  for (int i = 0; i < c.n; ++i) c.step_type.push_back(*rc::gen::element(StepType::kFirst, StepType::kMid, StepType::kLast));
  for (int row = 0; row < c.T * c.n; ++row) {
    const bool dead = c.step_type[static_cast<std::size_t>(row)] == StepType::kLast;
    const auto end = dead ? 0 : *rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {1, 2}, {1, 3}});
    c.end.push_back(static_cast<std::uint8_t>(end));
    c.reward.push_back(dead ? 0 : number());
    c.discount.push_back(end & kTerminated ? 0 : 1);
    c.log_rho.push_back(number());
    c.step_type.push_back(dead ? StepType::kFirst : end != 0 ? StepType::kLast : StepType::kMid);
  }
  for (int row = 0; row < (c.T + 1) * c.n; ++row) c.value.push_back(number());
  return c;
}

ReturnStream ArbitraryStream() {
  return {.gamma = static_cast<float>(*rc::gen::inRange(0, 101)) / 100,
          .lambda = static_cast<float>(*rc::gen::inRange(0, 101)) / 100,
          .episodic = *rc::gen::arbitrary<bool>(),
          .timeout_terminal = *rc::gen::arbitrary<bool>()};
}

// f32 recursions over at most 24 rows of values below 100 agree with double sums to 1e-3.
bool Close(float have, double want) { return std::abs(static_cast<double>(have) - want) < 1e-3; }

TEST_CASE("gae: equals the forward sum over chains of live rows", "[core][property]") {
  CHECK(rc::check([] {
    const Columns c = ArbitraryColumns();
    const ReturnStream stream = ArbitraryStream();
    const double gamma = static_cast<double>(stream.gamma), lambda = static_cast<double>(stream.lambda);
    std::vector<double> want(c.reward.size());
    for (const Chain& chain : Chains(c, stream)) {
      for (std::size_t s = 0; s < chain.row.size(); ++s) {
        for (std::size_t k = s; k < chain.row.size(); ++k) {
          want[chain.row[s]] += std::pow(gamma * lambda, static_cast<double>(k - s)) * Delta(c, chain, gamma, k);
        }
      }
    }
    const Result have = RunGae(c, stream);
    for (std::size_t row = 0; row < want.size(); ++row) {
      RC_ASSERT(Close(have.advantage[row], want[row]));
      RC_ASSERT(have.target[row] == have.advantage[row] + c.value[row]);
    }
  }));
}

TEST_CASE("v-trace: equals the paper's double sum over chains of live rows", "[core][property]") {
  CHECK(rc::check([] {
    const Columns c = ArbitraryColumns();
    const ReturnStream stream = ArbitraryStream();
    const double gamma = static_cast<double>(stream.gamma), lambda = static_cast<double>(stream.lambda);
    const double rho_bar = 1.5, c_bar = 1.0;
    const auto ratio = [&](std::size_t row) { return std::exp(static_cast<double>(c.log_rho[row])); };
    std::vector<double> target(c.value.begin(), c.value.end()), advantage(c.reward.size());
    for (const Chain& chain : Chains(c, stream)) {
      const auto& row = chain.row;
      for (std::size_t s = row.size(); s-- > 0;) {
        double trace = 1;
        for (std::size_t k = s; k < row.size(); ++k) {
          target[row[s]] += trace * std::min(rho_bar, ratio(row[k])) * Delta(c, chain, gamma, k);
          trace *= gamma * lambda * std::min(c_bar, ratio(row[k]));
        }
        const double next = s + 1 < row.size() ? target[row[s + 1]] : chain.bootstrap;
        advantage[row[s]] = std::min(rho_bar, ratio(row[s])) *
                            (static_cast<double>(c.reward[row[s]]) + gamma * next - static_cast<double>(c.value[row[s]]));
      }
    }
    const Result have = RunVTrace(c, stream, 1.5f, 1.0f);
    for (std::size_t r = 0; r < advantage.size(); ++r) {
      RC_ASSERT(Close(have.target[r], target[r]));
      RC_ASSERT(Close(have.advantage[r], advantage[r]));
    }
  }));
}

}  // namespace
}  // namespace rove
