// Every file that is no replay, or not one of the run's columns, is refused in one line that names dataset and remedy; the files
// are made with HDF5 itself.
#include <hdf5.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <limits>

#include "core/error.h"
#include "core/file.h"
#include "tests/core/test_folder.h"
#include "tests/replay/file_columns.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

// A good file of 6 rows of 2 environments: all live but row 3 of environment 1, which follows a termination.
class GoodFile {
 public:
  explicit GoodFile(int period = 0) : columns_(Columns(2, period)) {
    RolloutSlot slot({.T = 6, .n = 2, .sequence_length = period}, columns_.obs, columns_.action, columns_.extra, columns_.state);
    const RolloutView v = slot.view();
    std::ranges::fill(v.step_type, StepType::kMid);
    std::ranges::fill(v.discount, 1.0f);
    v.end[v.index(2, 1)] = kTerminated;
    v.discount[v.index(2, 1)] = 0;
    v.step_type[v.index(3, 1)] = StepType::kLast;
    v.step_type[v.index(4, 1)] = StepType::kFirst;
    auto replay = MakeReplay(columns_, 6);
    replay->Insert(v);
    Write(path(), columns_, *replay);
  }
  std::string path() const { return folder_ / "data.h5"; }

  // What is said when the file is read, after the path; "" if it is taken. The replay has `columns`, if given.
  std::string Said(const ReplayDeps* columns = nullptr, ErrorKind kind = ErrorKind::kUser) const {
    const ReplayDeps& mine = columns != nullptr ? *columns : columns_;
    auto replay = MakeReplay(mine, 6);
    try {
      ReadReplayFile(path(), mine, replay.get());
      return "";
    } catch (const Error& error) {
      CHECK(error.kind() == kind);
      const std::string what = error.what(), start = path() + ": ";
      CHECK(what.find('\n') == what.npos);
      REQUIRE_THAT(what, StartsWith(start));
      return what.substr(start.size());
    }
  }

  void Alter(const std::function<void(hid_t file)>& change) const {
    const hid_t file = H5Fopen(path().c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    REQUIRE(file >= 0);
    change(file);
    REQUIRE(H5Fclose(file) >= 0);
  }
  // Element `at` of a dataset becomes `value`.
  void Poke(const char* name, std::size_t at, double value) const {
    Alter([&](hid_t file) {
      const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(dataset);
      std::vector<double> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
      REQUIRE(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
      values.at(at) = value;
      REQUIRE(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
      H5Sclose(space);
      H5Dclose(dataset);
    });
  }
  // A dataset of zeros takes another's place.
  void Replace(const char* name, hid_t type, std::vector<hsize_t> dims) const {
    Alter([&](hid_t file) {
      REQUIRE(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
      const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
      const hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
      REQUIRE(dataset >= 0);
      H5Sclose(space);
      H5Dclose(dataset);
    });
  }

 private:
  TestFolder folder_;
  ReplayDeps columns_;
};

TEST_CASE("replay file: values that no replay can hold are refused with row, environment and reason", "[replay][unit]") {
  struct Case {
    const char* dataset;
    std::size_t at;  // row * 2 + environment, times elements
    double value;
    const char* says;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const auto [dataset, at, value, says] = GENERATE_COPY(
      Case{"obs/x", 3 * 7 + 1, nan, "obs/x: row 3, environment 1: nan is no finite number; leave such rows out"},
      Case{"action", 2, inf, "action: row 0, environment 1: inf is no finite number"},
      Case{"reward", 10, nan, "reward: row 5, environment 0: nan is no finite number"},
      Case{"obs/image", 6 * 13, 221, "obs/image: row 6, environment 1: 221 is not in 0 to 220; correct"},
      Case{"step_type", 0, 3, "step_type: row 0, environment 0: 3 is not in 0 to 2"},
      Case{"end", 3, 4, "end: row 1, environment 1: 4 is not in 0 to 3"},
      Case{"end", 3, 2, "step_type: row 1, environment 1: end 2 is followed by step_type 1; a row with an end"},
      Case{"end", 5, 0, "step_type: row 2, environment 1: end 0 is followed by step_type 2"},
      Case{"step_type", 4, 0, "step_type: row 1, environment 0: the next row has step_type 0"},
      Case{"step_type", 9, 1, "step_type: row 3, environment 1: a dead row (step_type 2) is followed by step_type 1"},
      Case{"reward", 7, 1, "step_type: row 3, environment 1: reward 1, discount 1, end 0 of a dead row"},
      Case{"discount", 7, 0, "step_type: row 3, environment 1: reward 0, discount 0, end 0 of a dead row"},
      Case{"discount", 5, 1, "step_type: row 2, environment 1: discount 1 with end 1; it is 0 after"},
      Case{"discount", 4, 0, "step_type: row 2, environment 0: discount 0 with end 0"},
      Case{"discount", 4, 1.5, "step_type: row 2, environment 0: discount 1.5 with end 0"});
  const GoodFile file;
  REQUIRE(file.Said() == "");
  file.Poke(dataset, at, value);
  CHECK_THAT(file.Said(), StartsWith(says));
}

TEST_CASE("replay file: other columns are refused with the dataset and what would do", "[replay][unit]") {
  const GoodFile file;
  const auto says = [&](const char* what) { CHECK_THAT(file.Said(), StartsWith(what)); };
  SECTION("dtype") {
    file.Replace("obs/x", H5T_IEEE_F32LE, {7, 2, 3});
    says("obs/x: holds f32, this run needs f64; convert it");
  }
  SECTION("sign") {
    file.Replace("obs/image", H5T_STD_I8LE, {7, 2, 2, 3});
    says("obs/image: holds i8, this run needs u8");
  }
  SECTION("text") {
    file.Replace("reward", H5T_C_S1, {6, 2});
    says("reward: holds text, this run needs f32");
  }
  SECTION("element shape") {
    file.Replace("action", H5T_IEEE_F32LE, {6, 2, 3});
    says("action: has shape [6, 2, 3], expected [6, 2, 2]");
  }
  SECTION("rows") {
    file.Replace("step_type", H5T_STD_U8LE, {6, 2});
    says("step_type: has shape [6, 2], expected [7, 2]");
  }
  SECTION("rank") {
    file.Replace("reward", H5T_IEEE_F32LE, {12});
    says("reward: has shape [12], expected [rows, environments]");
  }
  SECTION("no rows") {
    file.Replace("reward", H5T_IEEE_F32LE, {0, 2});
    says("reward: has 0 rows");
  }
  SECTION("missing") {
    file.Alter([](hid_t h5) { H5Ldelete(h5, "obs/image", H5P_DEFAULT); });
    says("obs/image: is missing or no dataset; the file has obs/x");
  }
  SECTION("missing group") {
    file.Alter([](hid_t h5) { H5Ldelete(h5, "extra", H5P_DEFAULT); });
    says("extra/note: is missing or no dataset; the file has nothing");
  }
  SECTION("a group of that name") {
    file.Alter([](hid_t h5) {
      H5Ldelete(h5, "end", H5P_DEFAULT);
      H5Gclose(H5Gcreate2(h5, "end", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    });
    says("end: is missing or no dataset; the file has action, discount, end, extra");
  }
  SECTION("newer format") {
    file.Alter([](hid_t h5) {
      const std::int64_t format = 2;
      const hid_t attribute = H5Aopen(h5, "rove_replay", H5P_DEFAULT);
      H5Awrite(attribute, H5T_NATIVE_INT64, &format);
      H5Aclose(attribute);
    });
    says("has format 2, this program reads 1");
  }
  SECTION("no replay") {
    file.Alter([](hid_t h5) { H5Adelete(h5, "rove_replay"); });
    says("is no replay (it has no attribute rove_replay); docs/replay.md");
  }
  SECTION("environments") {
    const ReplayDeps columns = Columns(3, 0);
    CHECK(file.Said(&columns) == "reward: has 2 environments, this run 3; set env.count=2");
  }
  SECTION("a state that the file lacks") {
    const ReplayDeps columns = Columns(2, 3);
    CHECK_THAT(file.Said(&columns), StartsWith("state/h: is missing"));
  }
  SECTION("columns that nobody asks for are passed over") {
    ReplayDeps columns = Columns(2, 0);
    columns.extra = {};
    CHECK(file.Said(&columns) == "");
  }
}

TEST_CASE("replay file: states at other distances are refused", "[replay][unit]") {
  const GoodFile file(/*period=*/2);
  CHECK(file.Said() == "");
  const ReplayDeps columns = Columns(2, 4);
  CHECK(file.Said(&columns) == "reward: has 6 rows, no multiple of the sequence length 4; leave the last ones out");
  file.Alter([](hid_t h5) {
    const std::int64_t length = 3;
    const hid_t group = H5Gopen2(h5, "state", H5P_DEFAULT), attribute = H5Aopen(group, "sequence_length", H5P_DEFAULT);
    REQUIRE(H5Awrite(attribute, H5T_NATIVE_INT64, &length) >= 0);
    H5Aclose(attribute);
    H5Gclose(group);
  });
  CHECK_THAT(file.Said(), StartsWith("state: has a state every 3 rows"));
}

TEST_CASE("replay file: damaged and foreign files are refused, whatever byte is hit", "[replay][unit]") {
  const GoodFile file;
  const std::string whole = ReadFile(file.path());
  const auto put = [&](const std::string& bytes) { std::ofstream(file.path(), std::ios::binary) << bytes; };
  SECTION("text") {
    put("observations,actions\n1,2\n");
    CHECK(file.Said() == "is no HDF5 file; `rove export-replay` writes one");
  }
  SECTION("empty") {
    put("");
    CHECK_THAT(file.Said(), StartsWith("is no HDF5 file"));
  }
  SECTION("cut at any length") {
    for (std::size_t length = 512; length < whole.size(); length += 997) {
      put(whole.substr(0, length));
      CHECK_THAT(file.Said(nullptr, ErrorKind::kSystem),
                 StartsWith("cannot be read (truncated file") && Contains("if it is damaged, export it again"));
    }
  }
  SECTION("a byte of the data") {
    // The stored (compressed) bytes of reward.
    haddr_t address = 0;
    hsize_t size = 0;
    file.Alter([&](hid_t h5) {
      const hid_t dataset = H5Dopen2(h5, "reward", H5P_DEFAULT), space = H5Dget_space(dataset);
      unsigned filters = 0;
      hsize_t offset[2];
      REQUIRE(H5Dget_chunk_info(dataset, space, 0, offset, &filters, &address, &size) >= 0);
      H5Sclose(space);
      H5Dclose(dataset);
    });
    REQUIRE(size > 4);
    for (hsize_t k = 0; k < size; ++k) {
      std::string bytes = whole;
      bytes[address + k] = static_cast<char>(bytes[address + k] ^ 0x10);
      put(bytes);
      CHECK_THAT(file.Said(nullptr, ErrorKind::kSystem),
                 StartsWith("reward: is damaged (") && Contains("); export it again") && !Contains("unknown reason"));
    }
  }
}

}  // namespace
}  // namespace rove
