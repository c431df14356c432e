#include "nn/vae.h"

#include <catch2/catch.hpp>
#include <numbers>

#include "core/archive.h"
#include "core/parallel.h"
#include "tests/nn/plain_net.h"

namespace rove::nn::testing {
namespace {

constexpr std::size_t kInputs = 3, kLatent = 2, kHidden = 5;
constexpr double kWeight = 1.7;
constexpr Seed kSeed = 7;

Vae MakeVae(Seed seed = kSeed) {
  return {{.hidden = {kHidden}, .latent = kLatent, .learning_rate = 0.01f}, static_cast<float>(kWeight), {kInputs, {}}, seed};
}

// KL(N(mu, sigma^2) | N(0, 1)) by the trapezoidal rule over mu +- 12 sigma.
double NumericKl(double mu, double log_variance) {
  const double sigma = std::exp(log_variance / 2), step = sigma / 200;
  double sum = 0;
  for (int k = -2400; k <= 2400; ++k) {
    const double z = mu + k * step, log_q = -0.5 * (z - mu) * (z - mu) / (sigma * sigma) - std::log(sigma), log_p = -0.5 * z * z;
    sum += std::exp(log_q) / std::sqrt(2 * std::numbers::pi) * (log_q - log_p) * step;
  }
  return sum;
}

struct Terms {
  double kl, recon;
  double square = 0;  // of a mean over rows: that of (kl + kWeight recon)^2
};

// kl is in closed form for speed; the first test holds it against NumericKl.
Terms PlainTerms(const Doubles& params, const Doubles& x, const Doubles& noise, bool numeric_kl = false) {
  const PlainStack encoder{{kInputs, kHidden, 2 * kLatent}}, decoder{{kLatent, kHidden, kInputs}};
  const Doubles posterior = encoder(std::span(params).first(encoder.size()), x);
  Doubles z;
  Terms terms{0, 0};
  for (std::size_t j = 0; j < kLatent; ++j) {
    const double mu = posterior[j], s = posterior[kLatent + j];
    z.push_back(mu + std::exp(s / 2) * noise[j]);
    terms.kl += numeric_kl ? NumericKl(mu, s) : (mu * mu + std::exp(s) - 1 - s) / 2;
  }
  const Doubles guess = decoder(std::span(params).subspan(encoder.size()), z);
  for (std::size_t e = 0; e < kInputs; ++e) terms.recon += (guess[e] - x[e]) * (guess[e] - x[e]) / kInputs;
  return terms;
}

Doubles Initial(Seed seed) {
  return InitialParams({{kInputs, kHidden}, {kHidden, 2 * kLatent, 0.1f}, {kLatent, kHidden}, {kHidden, kInputs}},
                       DeriveSeed(seed, "vae", 0));
}

struct Scores {
  std::vector<float> kl, recon;
  bool operator==(const Scores&) const = default;
};
Scores Score(const Vae& vae, const std::vector<float>& x, const std::vector<float>& noise) {
  Scores out{std::vector<float>(x.size() / kInputs), std::vector<float>(x.size() / kInputs)};
  vae.Score(x, noise, out.kl, out.recon);
  return out;
}

TEST_CASE("vae: KL is the integral of q log(q / p), MSE that of a plain decoder", "[nn][unit]") {
  const Vae vae = MakeVae();
  const std::vector<float> x = NormalRows(70 * kInputs, 0), noise = NormalRows(70 * kLatent, 1);
  const Scores scores = Score(vae, x, noise);
  for (std::size_t row = 0; row < 70; ++row) {
    const Terms terms = PlainTerms(Initial(kSeed), Row(x, row, kInputs), Row(noise, row, kLatent), /*numeric_kl=*/true);
    CHECK(scores.kl[row] == Approx(terms.kl).margin(1e-5));  // float rounding through some 20 additions of order 1
    CHECK(scores.recon[row] == Approx(terms.recon).margin(1e-5));
  }
}

// As for random distillation: numeric gradients, through the sample z, and textbook Adam; 130 rows are two shards of two tiles.
TEST_CASE("vae: scores after three steps are those of numeric gradients of w MSE + KL", "[nn][unit]") {
  Vae vae = MakeVae();
  Doubles params = Initial(kSeed);
  PlainAdam adam(params.size(), 0.01);
  for (std::uint64_t step = 0; step < 3; ++step) {
    const std::vector<float> x = NormalRows(130 * kInputs, 2 * step), noise = NormalRows(130 * kLatent, 2 * step + 1);
    const auto mean = [&](const Doubles& at) {
      Terms sum{0, 0};
      for (std::size_t row = 0; row < 130; ++row) {
        const Terms terms = PlainTerms(at, Row(x, row, kInputs), Row(noise, row, kLatent));
        sum.kl += terms.kl / 130;
        sum.recon += terms.recon / 130;
        sum.square += std::pow(terms.kl + kWeight * terms.recon, 2) / 130;
      }
      return sum;
    };
    const Terms before = mean(params);
    const Vae::Loss loss = vae.Train(x, noise);
    CHECK(loss.square == Approx(before.square).epsilon(1e-5));
    CHECK(loss.kl == Approx(before.kl).epsilon(1e-5));
    CHECK(loss.recon == Approx(before.recon).epsilon(1e-5));
    const auto total = [&](const Doubles& at) {
      const Terms terms = mean(at);
      return kWeight * terms.recon + terms.kl;
    };
    adam.Step(Gradient(total, params), &params);
  }
  const std::vector<float> x = NormalRows(70 * kInputs, 50), noise = NormalRows(70 * kLatent, 51);
  const Scores scores = Score(vae, x, noise);
  for (std::size_t row = 0; row < 70; ++row) {
    const Terms terms = PlainTerms(params, Row(x, row, kInputs), Row(noise, row, kLatent));
    CHECK(scores.kl[row] == Approx(terms.kl).margin(2e-5));
    CHECK(scores.recon[row] == Approx(terms.recon).margin(2e-5));
  }
}

// Rows of two one-hot groups, of 3 and of 2; every seventh row has no code in the second.
std::vector<float> OneHotRows(std::size_t rows, std::uint64_t number) {
  NoiseStream stream = Noise(1, "one-hot").At(number, 0);
  std::vector<float> x(rows * 5);
  for (std::size_t row = 0; row < rows; ++row) {
    x[row * 5 + stream.Below(3)] = 1;
    if (row % 7 != 0) x[row * 5 + 3 + stream.Below(2)] = 1;
  }
  return x;
}

TEST_CASE("vae: on one-hot groups it is trained on cross-entropy + kl_weight KL by numeric gradients", "[nn][unit]") {
  constexpr double kKlWeight = 0.3;
  Vae vae({.hidden = {4}, .latent = 2, .learning_rate = 0.01f, .kl_weight = kKlWeight}, 1, {5, {3, 2}}, kSeed);
  Doubles params = InitialParams({{5, 4}, {4, 4, 0.1f}, {2, 4}, {4, 5}}, DeriveSeed(kSeed, "vae", 0));
  const auto plain = [](const Doubles& at, const Doubles& x, const Doubles& noise) {
    const PlainStack encoder{{5, 4, 4}}, decoder{{2, 4, 5}};
    const Doubles p = encoder(std::span(at).first(encoder.size()), x);
    Terms terms{0, 0};
    for (std::size_t j : {0, 1}) terms.kl += (p[j] * p[j] + std::exp(p[2 + j]) - 1 - p[2 + j]) / 2;
    const Doubles g = decoder(std::span(at).subspan(encoder.size()),
                              {p[0] + std::exp(p[2] / 2) * noise[0], p[1] + std::exp(p[3] / 2) * noise[1]});
    const double a = std::exp(g[0]) + std::exp(g[1]) + std::exp(g[2]), b = std::exp(g[3]) + std::exp(g[4]);
    for (std::size_t e = 0; e < 5; ++e) terms.recon -= x[e] * (g[e] - std::log(e < 3 ? a : b));
    return terms;
  };
  PlainAdam adam(params.size(), 0.01);
  for (std::uint64_t step = 0; step < 3; ++step) {
    const std::vector<float> x = OneHotRows(130, step), noise = NormalRows(130 * 2, step);
    std::vector<float> kl(130), recon(130);
    vae.Score(x, noise, kl, recon);
    for (std::size_t row = 0; row < 130; ++row) {
      const Terms terms = plain(params, Row(x, row, 5), Row(noise, row, 2));
      CHECK(kl[row] == Approx(terms.kl).margin(2e-5));
      CHECK(recon[row] == Approx(terms.recon).margin(2e-5));
    }
    vae.Train(x, noise);
    const auto loss = [&](const Doubles& at) {
      double sum = 0;
      for (std::size_t row = 0; row < 130; ++row) {
        const Terms terms = plain(at, Row(x, row, 5), Row(noise, row, 2));
        sum += (terms.recon + kKlWeight * terms.kl) / 130;
      }
      return sum;
    };
    adam.Step(Gradient(loss, params), &params);
  }
}

TEST_CASE("vae: 1, 2 and 3 threads and a restore give the same scores", "[nn][threads]") {
  const auto train = [](int threads, bool restore) {
    SetThreads(threads);
    Vae vae = MakeVae(), other = MakeVae(8);
    const auto step = [](Vae& v, std::uint64_t k) { v.Train(NormalRows(200 * kInputs, k), NormalRows(200 * kLatent, k + 1)); };
    step(vae, 0);
    if (restore) {
      Archive written;
      vae.Serialize(written);
      Archive read(written.bytes(), "test");
      other.Serialize(read);
      read.ExpectEnd();
    }
    Vae& rest = restore ? other : vae;
    step(rest, 2);
    const Scores scores = Score(rest, NormalRows(200 * kInputs, 4), NormalRows(200 * kLatent, 5));
    SetThreads(2);
    return scores;
  };
  const Scores one = train(1, false);
  CHECK(train(2, false) == one);
  CHECK(train(3, false) == one);
  CHECK(train(2, true) == one);
}

}  // namespace
}  // namespace rove::nn::testing
