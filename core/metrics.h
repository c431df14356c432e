// Metrics: named numbers, and the sinks they go to.
// Names are "group/name", each with unit and formula in docs/metrics.md (a test fails on an undocumented one).
// Two kinds of row: `metrics` holds only functions of config and seed; `timing` holds clock values. They never mix.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rove {

class Archive;

// Ordered as added; names are unique (Set replaces).
class Metrics {
 public:
  void Set(std::string_view name, double value);
  const double* Find(std::string_view name) const;
  void Merge(const Metrics& other);  // Set of each
  const std::vector<std::pair<std::string, double>>& items() const { return items_; }
  bool empty() const { return items_.empty(); }

 private:
  std::vector<std::pair<std::string, double>> items_;
};

// Where rows go. Called from the learner thread only.
class MetricSink {
 public:
  virtual ~MetricSink() = default;
  virtual void Write(std::int64_t env_steps, const Metrics& metrics, const Metrics& timing) = 0;
  virtual void Flush(bool sync) = 0;
  // Length of what was written so far, recorded in checkpoints; a resumed run opens the sink at that length.
  virtual std::uint64_t Offset() const = 0;
};

// `path`: metrics.jsonl; its timing goes to timing.jsonl beside it. One JSON object a line, {"env_steps": 2048, "name": value,
// ...}; the first line is {"schema": 1, "kind": "metrics"}. Numbers print shortest-round-trip; NaN and infinities as null.
// Offset() is metrics.jsonl's; timing.jsonl is only appended to, after its last whole line. An empty set of metrics writes no
// row.
std::unique_ptr<MetricSink> MakeJsonlSink(const std::string& folder, std::uint64_t offset);

// TensorBoard event file `folder`/events.out.tfevents.rove (TFRecord framing, masked CRC32C), metrics and timing together.
// Cut to `offset`; one that is shorter or missing goes on as it is: a picture of the run, never in the way of a resume.
std::unique_ptr<MetricSink> MakeTensorBoardSink(const std::string& folder, std::uint64_t offset);

// Keeps rows: for tests.
struct MemorySink final : MetricSink {
  struct Row {
    std::int64_t env_steps;
    Metrics metrics, timing;
  };
  std::vector<Row> rows;
  void Write(std::int64_t env_steps, const Metrics& metrics, const Metrics& timing) override {
    rows.push_back({env_steps, metrics, timing});
  }
  void Flush(bool) override {}
  std::uint64_t Offset() const override { return rows.size(); }
};

// The line as the JSONL sink writes it, without '\n'.
std::string JsonLine(std::int64_t env_steps, const Metrics& metrics);

}  // namespace rove
