#include <charconv>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/metrics.h"

namespace rove {
namespace {

constexpr const char* kMetricsHeader = R"({"schema": 1, "kind": "metrics"})";
constexpr const char* kTimingHeader = R"({"schema": 1, "kind": "timing"})";

std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Bytes of `path` up to its last line end; 0 if there is no such file. A killed process leaves a torn last line.
std::uint64_t WholeLines(const std::string& path) {
  if (!std::filesystem::exists(path)) return 0;
  return ReadFile(path).rfind('\n') + 1;  // npos + 1 is 0
}

class JsonlSink final : public MetricSink {
 public:
  JsonlSink(const std::filesystem::path& folder, std::uint64_t offset)
      : metrics_((folder / "metrics.jsonl").string(), offset),
        timing_((folder / "timing.jsonl").string(), WholeLines((folder / "timing.jsonl").string())) {
    if (metrics_.length() == 0) metrics_.Append(kMetricsHeader);
    if (timing_.length() == 0) timing_.Append(kTimingHeader);
  }
  void Write(std::int64_t env_steps, const Metrics& metrics, const Metrics& timing) override {
    if (!metrics.empty()) metrics_.Append(JsonLine(env_steps, metrics));
    if (!timing.empty()) timing_.Append(JsonLine(env_steps, timing));
  }
  void Flush(bool sync) override {
    metrics_.Flush(sync);
    timing_.Flush(sync);
  }
  std::uint64_t Offset() const override { return metrics_.length(); }

 private:
  AppendFile metrics_, timing_;
};

}  // namespace

std::string JsonLine(std::int64_t env_steps, const Metrics& metrics) {
  std::string line = "{\"env_steps\": " + std::to_string(env_steps);
  for (const auto& [name, value] : metrics.items()) {
    line += ", " + Quoted(name) + ": ";
    char text[32];
    line += std::isfinite(value) ? std::string(text, std::to_chars(text, text + sizeof text, value).ptr) : "null";
  }
  return line + "}";
}

std::unique_ptr<MetricSink> MakeJsonlSink(const std::string& folder, std::uint64_t offset) {
  return std::make_unique<JsonlSink>(folder, offset);
}

}  // namespace rove
