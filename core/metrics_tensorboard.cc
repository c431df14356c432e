#include <algorithm>
#include <boost/crc.hpp>
#include <chrono>
#include <filesystem>

#include "core/file.h"
#include "core/metrics.h"
#include "core/tensorboard_event.pb.h"

namespace rove {
namespace {

// CRC32C (Castagnoli), rotated and shifted as the TFRecord format asks.
std::uint32_t MaskedCrc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const auto sum = static_cast<std::uint32_t>(crc.checksum());
  return ((sum >> 15) | (sum << 17)) + 0xA282EAD8U;
}

template <class T>
std::string_view BytesOf(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

double SecondsSince1970() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

class TensorBoardSink final : public MetricSink {
 public:
  TensorBoardSink(const std::string& path, std::uint64_t offset) : file_(path, offset) {
    if (file_.length() > 0) return;
    tensorboard::Event event;
    event.set_file_version("brain.Event:2");
    Append(event);
  }
  void Write(std::int64_t env_steps, const Metrics& metrics, const Metrics& timing) override {
    tensorboard::Event event;
    event.set_step(env_steps);
    for (const Metrics* part : {&metrics, &timing}) {
      for (const auto& [name, value] : part->items()) {
        auto* scalar = event.mutable_summary()->add_value();
        scalar->set_tag(name);
        scalar->set_simple_value(static_cast<float>(value));
      }
    }
    if (event.has_summary()) Append(event);
  }
  void Flush(bool sync) override { file_.Flush(sync); }
  std::uint64_t Offset() const override { return file_.length(); }

 private:
  // One TFRecord: length, its CRC, the record, its CRC; little-endian.
  void Append(tensorboard::Event& event) {
    event.set_wall_time(SecondsSince1970());
    const std::string record = event.SerializeAsString();
    const std::uint64_t length = record.size();
    file_.AppendRaw(BytesOf(length));
    file_.AppendRaw(BytesOf(MaskedCrc(BytesOf(length))));
    file_.AppendRaw(record);
    file_.AppendRaw(BytesOf(MaskedCrc(record)));
  }

  AppendFile file_;
};

}  // namespace

std::unique_ptr<MetricSink> MakeTensorBoardSink(const std::string& folder, std::uint64_t offset) {
  const auto path = std::filesystem::path(folder) / "events.out.tfevents.rove";
  std::error_code missing;
  const std::uint64_t size = std::filesystem::file_size(path, missing);
  return std::make_unique<TensorBoardSink>(path.string(), missing ? 0 : std::min(offset, size));
}

}  // namespace rove
