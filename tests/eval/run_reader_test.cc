#include "eval/run_reader.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "core/error.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;

class Folder {
 public:
  explicit Folder(const std::string& metrics) {
    std::filesystem::create_directories(path_);
    std::ofstream(path_ + "/metrics.jsonl") << metrics;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "rove_run_reader_test").string();
};

constexpr const char* kRows =
    "{\"schema\": 1, \"kind\": \"metrics\"}\n"
    "{\"env_steps\": 100, \"eval/return_mean\": 0.25, \"eval/nothing\": null}\n"
    "{\"env_steps\": 200, \"episode/count\": 3}\n"
    "{\"env_steps\": 300, \"eval/return_mean\": 0.5}\n";

TEST_CASE("a curve is the rows that have the metric; a torn last line is passed over", "[eval][unit]") {
  const Folder folder(std::string(kRows) + "{\"env_steps\": 400, \"eval/retu");
  const Curve curve = ReadCurve(folder.path(), "eval/return_mean");
  CHECK(curve.x == std::vector<double>{100, 300});
  CHECK(curve.y == std::vector<double>{0.25, 0.5});
  CHECK(ReadCurve(folder.path(), "eval/nothing").x.empty());  // logged, never finite
}

TEST_CASE("a damaged line, an unknown metric and a missing file are named", "[eval][unit]") {
  const Folder folder(std::string(kRows) + "{\"env_steps\": 4\n{\"env_steps\": 500}\n");
  CHECK_THROWS_WITH(ReadCurve(folder.path(), "eval/return_mean"), Contains("metrics.jsonl:5: not a row"));
  const Folder whole(kRows);
  CHECK_THROWS_WITH(ReadCurve(whole.path(), "eval/return_maen"), Contains("did you mean \"eval/return_mean\"?"));
  CHECK_THROWS_AS(ReadCurve(whole.path() + "/none", "eval/return_mean"), Error);
}

}  // namespace
}  // namespace rove
