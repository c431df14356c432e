#include "nn/encoder.h"

#include <ATen/core/Tensor.h>

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "nn/actor_critic.h"
#include "nn/inputs.h"
#include "tests/nn/bridge.h"

namespace rove::nn {
namespace {

TensorSpec Column(const char* name, DType dtype, Shape shape, std::vector<double> low, std::vector<double> high,
                  Role role = Role::kPolicy) {
  return {.name = name, .dtype = dtype, .shape = shape, .low = std::move(low), .high = std::move(high), .role = role};
}

// What MiniGrid gives, small.
EnvSpec Grid(std::int64_t size) {
  EnvSpec spec;
  spec.obs = {Column("image", DType::kU8, {size, size, 3}, {0}, {10}), Column("direction", DType::kI32, {}, {0}, {3}),
              Column("speed", DType::kF32, {2}, {}, {}), Column("carrying", DType::kI32, {2}, {0, 1}, {1, 2}, Role::kPrivileged),
              Column("state_key", DType::kI64, {}, {}, {})};
  spec.action = Column("action", DType::kI32, {}, {0}, {6});
  return spec;
}

std::string ErrorOf(const std::string& yaml, const EnvSpec& spec = Grid(7)) {
  try {
    const Config config = Config::Parse(yaml, "x.yaml");
    const ActorCritic net(config, spec, 7, 1);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUser);
    return error.what();
  }
  return "no error";
}

// Rows as an encoder sees them, of one row of each column.
std::vector<float> Filled(const std::string& encoder, const EnvSpec& spec, std::span<const ConstTensorView> obs) {
  const Config config = Config::Parse("encoder: " + encoder);
  const ActorCritic net(config, spec, 7, 1);
  std::vector<float> out(static_cast<std::size_t>(net.encoder().input_size()), -1.0f);
  const std::int32_t row = 0;
  net.encoder().Fill(obs, {&row, 1}, out.data());
  return out;
}

TEST_CASE("The network of the comparison has 19,384 parameters, the wider one 60,456", "[nn][unit]") {
  const auto parameters = [](const std::string& yaml) {
    const Config config = Config::Parse(yaml);
    const ActorCritic net(config, Grid(7), 7, 1);
    config.RefuseUnread();
    return net.layout().size();
  };
  CHECK(parameters("{encoder: {type: minigrid_cnn, channels: [16, 32, 64], kernel: 2, pool: true}, head: 64}") == 19384);
  CHECK(parameters("{encoder: {type: minigrid_cnn, channels: [32, 64, 64]}, head: 256}") == 60456);
}

TEST_CASE("The reference networks of RIDE and NovelD have the layers of their code", "[nn][unit]") {
  const auto parameters = [](const std::string& name) {
    const Config config = Config::Load(std::string(ROVE_SOURCE_DIR "/configs/base/") + name);
    const ActorCritic net(config.At("agent"), Grid(7), 7, 1);
    return net.layout().size();
  };
  // Convolutions 7x7 -> 4x4 -> 2x2 -> 1x1; fc 32 -> 1024 -> 1024; an LSTM layer has 2 x 1024 x 4096 weights and 4096 biases;
  // heads 1024 -> 7 and 1.
  constexpr std::int64_t kLstm = 2 * (2 * 1024 * 4096 + 4096), kTop = 1024 * 1024 + 1024 + kLstm + 1024 * 8 + 8;
  CHECK(parameters("impala_ride.yaml") == (27 * 32 + 32) + 2 * (288 * 32 + 32) + (32 * 1024 + 1024) + kTop);
  // 7x7 -> 7x7 -> 4x4 -> 2x2 of 512.
  CHECK(parameters("impala_noveld.yaml") ==
        (27 * 32 + 32) + (288 * 128 + 128) + (1152 * 512 + 512) + (2048 * 1024 + 1024) + kTop);
  CHECK(parameters("impala_ride.yaml") == 17896392);
  CHECK(parameters("impala_noveld.yaml") == 20569608);
}

// As their released code has them; what differs is named in configs/base/impala_ride.yaml.
TEST_CASE("The reference agents of RIDE and NovelD have the constants of their code", "[nn][unit]") {
  const std::map<std::string, std::string> of_both{{"agent.encoder.kernel", "3"},
                                                   {"agent.encoder.padding", "1"},
                                                   {"agent.encoder.activation", "elu"},
                                                   {"agent.encoder.pool", "false"},
                                                   {"agent.memory.type", "lstm"},
                                                   {"agent.memory.layers", "2"},
                                                   {"agent.timeout", "terminal"},
                                                   {"agent.loss", "sum_over_time"},
                                                   {"agent.optimizer", "rmsprop"},
                                                   {"agent.learning_rate", "1e-4"},
                                                   {"agent.anneal", "true"},
                                                   {"agent.decay", "0.99"},
                                                   {"agent.epsilon", "1e-5"},
                                                   {"agent.max_grad_norm", "40"},
                                                   {"agent.gamma", "0.99"},
                                                   {"agent.entropy_coef", "5e-4"},
                                                   {"agent.value_coef", "0.5"},
                                                   {"mix.clip[0]", "-1"},
                                                   {"mix.clip[1]", "1"},
                                                   {"run.rollout", "100"},
                                                   {"env.count", "32"}};
  const std::map<std::string, std::map<std::string, std::string>> own{
      {"impala_ride.yaml", {{"agent.encoder.strides[0]", "2"}, {"agent.encoder.channels[2]", "32"}}},
      {"impala_noveld.yaml", {{"agent.encoder.strides[0]", "1"}, {"agent.encoder.channels[2]", "512"}}}};
  for (auto [name, expected] : own) {
    INFO(name);
    expected.insert(of_both.begin(), of_both.end());
    const Config config = Config::Load(std::string(ROVE_SOURCE_DIR "/configs/base/") + name);
    const std::map<std::string, std::string> leaves = config.Leaves();
    for (const auto& [key, value] : expected) {
      INFO(key);
      REQUIRE(leaves.contains(key));
      CHECK(leaves.at(key) == value);
    }
  }
}

TEST_CASE("Inputs: one-hot for discrete columns, plain numbers for others, in the order of the config", "[nn][unit]") {
  std::uint8_t image[12] = {2, 5, 0, 10, 1, 2, 11, 6, 4, 0, 0, 3};
  std::int32_t direction = 2, carrying[2] = {1, 1};
  float speed[2] = {0.5f, -3.0f};
  std::int64_t key = 9;
  const ConstTensorView obs[] = {{image, DType::kU8, {1, 2, 2, 3}},
                                 {&direction, DType::kI32, {1}},
                                 {speed, DType::kF32, {1, 2}},
                                 {carrying, DType::kI32, {1, 2}},
                                 {&key, DType::kI64, {1}}};
  const EnvSpec spec = Grid(2);
  using Floats = std::vector<float>;
  CHECK(Filled("{type: mlp, inputs: [speed, direction]}", spec, obs) == Floats{0.5f, -3, 0, 0, 1, 0});
  CHECK(Filled("{type: mlp, inputs: [carrying]}", spec, obs) == Floats{0, 1, 1, 0});  // bounds 0..1 and 1..2
  CHECK(Filled("{type: mlp}", spec, obs).size() == 12 + 4 + 2);                       // no key, nothing privileged
  CHECK(Filled("{type: minigrid_cnn, channels: [4], pool: false, inputs: [direction, image]}", spec, obs) ==
        Floats{2, 5, 0, 10, 1, 2, 11, 6, 4, 0, 0, 3, 0, 0, 1, 0});
  // One-hot: object of 11, colour of 6, state of 4 a cell; the third cell's codes do not exist upstream.
  Floats expected(4 * 21, 0.0f);
  for (const int at : {2, 11 + 5, 17 + 0, 21 + 10, 21 + 11 + 1, 21 + 17 + 2, 63 + 0, 63 + 11 + 0, 63 + 17 + 3})
    expected[static_cast<std::size_t>(at)] = 1;
  CHECK(Filled("{type: minigrid_cnn, channels: [4], pool: false, image: one_hot}", spec, obs) == expected);
}

TEST_CASE("Inputs beside the image reach the features", "[nn][unit]") {
  const Config config = Config::Parse("encoder: {type: minigrid_cnn, inputs: [image, direction], hidden: [5]}");
  const ActorCritic net(config, Grid(7), 7, 1);
  std::vector<float> values = net.layout().Initial(1), x(2 * (147 + 4), 0.0f);
  x[147] = 1;            // row 0 faces right,
  x[151 + 147 + 2] = 1;  // row 1 left
  const auto out = net.Forward(Params(net.layout(), values), AsTensor({x.data(), DType::kF32, {2, 151}}));
  CHECK(out.values.size(0) == 2);
  const std::span<const float> value = AsView(out.values).As<float>();
  CHECK(value[0] != value[1]);
}

TEST_CASE("What a config gets wrong is named with its place", "[nn][unit]") {
  CHECK(ErrorOf("encoder: {type: minigrid_cn}") ==
        "x.yaml:1: encoder.type: unknown encoder \"minigrid_cn\"; did you mean \"minigrid_cnn\"? (docs/agents.md)");
  CHECK(
      ErrorOf("encoder: {type: mlp, inputs: [imag]}") ==
      "x.yaml:1: encoder.inputs: the environment has no observation \"imag\"; did you mean \"image\"? (it has image, direction, "
      "speed, carrying, state_key)");
  CHECK_THAT(ErrorOf("encoder: {type: mlp, inputs: [state_key]}"), Catch::Contains("\"state_key\" is a 64-bit key"));
  CHECK_THAT(ErrorOf("encoder: {type: mlp, inputs: []}"), Catch::Contains("encoder.inputs: is empty"));
  CHECK_THAT(ErrorOf("encoder: {type: minigrid_cnn, inputs: [direction]}"), Catch::Contains("exactly one image of codes"));
  CHECK_THAT(ErrorOf("encoder: {type: minigrid_cnn, kernel: 3, channels: [8, 8, 8]}"),
             Catch::Contains("encoder.channels: convolution 2 of kernel 3 has nothing left of the 7x7 image"));
  CHECK_THAT(ErrorOf("encoder: {type: minigrid_cnn, strides: [2]}"),
             Catch::Contains("encoder.strides: expected as many as channels, 3"));
  CHECK_THAT(ErrorOf("encoder: {type: minigrid_cnn, padding: 2}"),
             Catch::Contains("encoder.padding: expected less than the kernel, 2"));
  CHECK_THAT(ErrorOf("encoder: {type: minigrid_cnn, activation: elu}"), Catch::Contains("set pool: false"));
  CHECK_THAT(ErrorOf("{encoder: {type: mlp}, memory: {type: gru}}"), Catch::Contains("memory.type"));
}

}  // namespace
}  // namespace rove::nn
