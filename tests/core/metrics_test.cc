#include "core/metrics.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "tests/core/test_folder.h"

namespace rove {
namespace {

Metrics Of(std::initializer_list<std::pair<const char*, double>> items) {
  Metrics metrics;
  for (const auto& [name, value] : items) metrics.Set(name, value);
  return metrics;
}

TEST_CASE("metrics: set replaces in place, merge sets each, find sees the last", "[core][unit]") {
  Metrics metrics = Of({{"a", 1}, {"b", 2}, {"a", 3}});
  metrics.Merge(Of({{"c", 4}, {"b", 5}}));
  using Items = std::vector<std::pair<std::string, double>>;
  CHECK(metrics.items() == Items{{"a", 3}, {"b", 5}, {"c", 4}});
  CHECK(*metrics.Find("b") == 5);
  CHECK(metrics.Find("d") == nullptr);
}

TEST_CASE("json line: shortest numbers, null for what JSON cannot hold, names escaped", "[core][unit]") {
  const double inf = std::numeric_limits<double>::infinity();
  const auto line =
      JsonLine(2048, Of({{"loss/value", 0.1}, {"n", 3}, {"tiny", 5e-324}, {"nan", inf - inf}, {"inf", -inf}, {"a\"b\n", 1e22}}));
  CHECK(line == R"({"env_steps": 2048, "loss/value": 0.1, "n": 3, "tiny": 5e-324, "nan": null, "inf": null, "a\"b\n": 1e+22})");
  CHECK(nlohmann::json::parse(line).at("loss/value") == 0.1);
  const double third = 1.0 / 3;
  CHECK(nlohmann::json::parse(JsonLine(1, Of({{"x", third}}))).at("x").get<double>() == third);
}

TEST_CASE("jsonl sink: metrics and timing never mix, and both files name their schema", "[core][unit]") {
  const TestFolder folder;
  {
    const auto sink = MakeJsonlSink(folder.path(), 0);
    sink->Write(10, Of({{"return", 0.5}}), Of({{"wall_s", 1.25}}));
    sink->Write(20, Of({{"return", 1}}), {});
    sink->Flush(false);
    CHECK(sink->Offset() == ReadFile(folder / "metrics.jsonl").size());
  }
  CHECK(ReadFile(folder / "metrics.jsonl") ==
        "{\"schema\": 1, \"kind\": \"metrics\"}\n{\"env_steps\": 10, \"return\": 0.5}\n{\"env_steps\": 20, \"return\": 1}\n");
  CHECK(ReadFile(folder / "timing.jsonl") == "{\"schema\": 1, \"kind\": \"timing\"}\n{\"env_steps\": 10, \"wall_s\": 1.25}\n");
}

TEST_CASE("jsonl sink: reopened at its offset it drops what came later; timing goes on after its last whole line",
          "[core][unit]") {
  const TestFolder folder;
  std::uint64_t offset = 0;
  {
    const auto sink = MakeJsonlSink(folder.path(), 0);
    sink->Write(10, Of({{"a", 1}}), Of({{"s", 1}}));
    offset = sink->Offset();
    sink->Write(20, Of({{"a", 2}}), Of({{"s", 2}}));
  }
  AppendFile(folder / "timing.jsonl", ReadFile(folder / "timing.jsonl").size()).AppendRaw("{\"torn");
  MakeJsonlSink(folder.path(), offset)->Write(21, Of({{"a", 3}}), Of({{"s", 3}}));
  CHECK(ReadFile(folder / "metrics.jsonl") ==
        "{\"schema\": 1, \"kind\": \"metrics\"}\n{\"env_steps\": 10, \"a\": 1}\n{\"env_steps\": 21, \"a\": 3}\n");
  CHECK(ReadFile(folder / "timing.jsonl") ==
        "{\"schema\": 1, \"kind\": \"timing\"}\n{\"env_steps\": 10, \"s\": 1}\n{\"env_steps\": 20, \"s\": 2}\n{\"env_steps\": "
        "21, \"s\": 3}\n");
}

// ---- TensorBoard: read back with a reader of our own, bit by bit. ----

std::uint32_t Crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78U : 0);
  }
  return ~crc;
}

// Records of a TFRecord file; checks every CRC.
std::vector<std::string> Records(const std::string& file) {
  const auto crc_at = [&](std::size_t at) {
    std::uint32_t masked = 0;
    std::memcpy(&masked, file.data() + at, 4);
    const std::uint32_t rotated = masked - 0xA282EAD8U;
    return (rotated >> 17) | (rotated << 15);
  };
  std::vector<std::string> records;
  for (std::size_t at = 0; at < file.size();) {
    std::uint64_t length = 0;
    REQUIRE(at + 16 <= file.size());
    std::memcpy(&length, file.data() + at, 8);
    REQUIRE(crc_at(at + 8) == Crc32c(file.substr(at, 8)));
    REQUIRE(at + 16 + length <= file.size());
    records.push_back(file.substr(at + 12, length));
    REQUIRE(crc_at(at + 12 + length) == Crc32c(records.back()));
    at += 16 + length;
  }
  return records;
}

TEST_CASE("crc32c: the check value of the Castagnoli polynomial", "[core][unit]") { CHECK(Crc32c("123456789") == 0xE3069283); }

TEST_CASE("tensorboard sink: framed and summed records with step, tag and value in protobuf's wire format", "[core][unit]") {
  const TestFolder folder;
  std::uint64_t offset = 0;
  {
    const auto sink = MakeTensorBoardSink(folder.path(), 0);
    sink->Write(300, Of({{"a/b", 0.5}}), Of({{"s", 2}}));
    offset = sink->Offset();
    sink->Write(400, Of({{"a/b", 1}}), {});
  }
  const auto path = folder / "events.out.tfevents.rove";
  auto records = Records(ReadFile(path));
  REQUIRE(records.size() == 3);
  // Every record starts with field 1 (wall_time), 8 bytes: tag byte 0x09.
  for (const auto& record : records) CHECK(record[0] == 0x09);
  CHECK(records[0].substr(9) ==
        "\x1a\x0d"
        "brain.Event:2");  // field 3, 13 bytes
  // step: field 2, varint 300 = ac 02. summary: field 5, 24 bytes: two values (field 1) of tag (field 1), float (field 2).
  const std::string summary(
      "\x10\xac\x02\x2a\x16\x0a\x0a\x0a\x03"
      "a/b\x15\x00\x00\x00\x3f\x0a\x08\x0a\x01s\x15\x00\x00\x00\x40",
      27);
  CHECK(records[1].substr(9) == summary);

  MakeTensorBoardSink(folder.path(), offset)->Write(301, {}, Of({{"t", 1}}));
  records = Records(ReadFile(path));
  REQUIRE(records.size() == 3);
  CHECK(records[2].substr(9, 3) == "\x10\xad\x02");
}

}  // namespace
}  // namespace rove
