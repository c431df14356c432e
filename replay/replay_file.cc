// The only file that sees HDF5.
#include "replay/replay_file.h"

#include <fmt/format.h>
#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "replay/replay_columns.h"

namespace rove {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr const char* kMark = "rove_replay";

// An HDF5 object of any kind.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() { Close(); }
  bool Close() { return id_ < 0 || close_(std::exchange(id_, H5I_INVALID_HID)) >= 0; }
  bool ok() const { return id_ >= 0; }
  operator hid_t() const { return id_; }  // NOLINT: it is one

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

// The innermost reason of the last failure.
std::string Why() {
  std::string why;
  const auto keep = [](unsigned depth, const H5E_error2_t* error, void* out) -> herr_t {
    if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(out) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep, &why);
  constexpr std::string_view kSystem = "error message = '";  // HDF5 wraps what the system says
  if (const auto at = why.find(kSystem); at != why.npos) {
    why = why.substr(at + kSystem.size());
    why = why.substr(0, why.find('\''));
  }
  return why.empty() ? "unknown reason" : OneLine(why);
}

hid_t TypeInFile(DType dtype) {
  return std::array{H5T_STD_U8LE, H5T_STD_I32LE, H5T_STD_I64LE, H5T_IEEE_F32LE, H5T_IEEE_F64LE}[static_cast<std::size_t>(dtype)];
}
hid_t TypeInMemory(DType dtype) {
  return std::array{H5T_NATIVE_UINT8, H5T_NATIVE_INT32, H5T_NATIVE_INT64, H5T_NATIVE_FLOAT,
                    H5T_NATIVE_DOUBLE}[static_cast<std::size_t>(dtype)];
}

// "f32", "u8" as Name(DType), in either byte order; else what it is.
std::string TypeName(hid_t type) {
  const std::size_t bits = 8 * H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER: return fmt::format("{}{}", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "i", bits);
    case H5T_FLOAT: return fmt::format("f{}", bits);
    case H5T_ENUM: return "bool or another enum";
    case H5T_STRING: return "text";
    default: return "another type";
  }
}

std::vector<hsize_t> Dims(const ReplayColumn& column, std::int64_t rows, int n) {
  std::vector<hsize_t> dims = {static_cast<hsize_t>(rows), static_cast<hsize_t>(n)};
  for (int k = 0; k < column.spec.shape.rank; ++k)
    dims.push_back(static_cast<hsize_t>(column.spec.shape.dim[static_cast<std::size_t>(k)]));
  return dims;
}
std::string Show(std::span<const hsize_t> dims) { return fmt::format("[{}]", fmt::join(dims, ", ")); }

int Period(const ReplayDeps& columns) { return columns.state.empty() ? 0 : columns.sequence_length; }
RolloutSlot MakeSlot(const ReplayDeps& columns, int T) {
  return {{.T = T, .n = columns.num_envs, .sequence_length = Period(columns)},
          columns.obs,
          columns.action,
          columns.extra,
          columns.state};
}

using Transfer = std::function<herr_t(hid_t memory_type, hid_t memory_space, hid_t file_space)>;

// Hands rows [first, first + rows) of a dataset to `transfer`; why that failed, or "".
std::string ForRows(hid_t dataset, const ReplayColumn& column, std::int64_t first, std::int64_t rows, int n,
                    const Transfer& transfer) {
  const std::vector<hsize_t> count = Dims(column, rows, n);
  std::vector<hsize_t> start(count.size());
  start[0] = static_cast<hsize_t>(first);
  const Handle file_space(H5Dget_space(dataset), H5Sclose);
  const Handle memory_space(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
  const bool done = H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) >= 0 &&
                    transfer(TypeInMemory(column.spec.dtype), memory_space, file_space) >= 0;
  return done ? "" : Why();  // before other calls clear the reason
}

// ---- Writing. Calls that fail throw; the caller removes the file. ----

class Writer {
 public:
  Writer(const std::string& path, std::string place) : place_(std::move(place)), file_(Create(path)) {}

  void Finish() {
    for (Handle& dataset : datasets_) Check(dataset.Close());
    Check(H5Fflush(file_, H5F_SCOPE_GLOBAL) >= 0 && file_.Close());
  }

  void Attributes(const ReplayFileNotes& notes) {
    Integer(file_, kMark, kFormat);
    Text(file_, "rove_version", notes.rove_version);
    Text(file_, "env", notes.env);
    Text(file_, "agent", notes.agent);
    Text(file_, "config", notes.config);
    Integer(file_, "frames", notes.frames);
  }

  void Datasets(std::span<const ReplayColumn> columns, std::int64_t rows, int n, int sequence_length) {
    for (const ReplayColumn& column : columns) {
      const std::vector<hsize_t> dims = Dims(column, column.count(rows, sequence_length), n);
      const Handle space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose);
      const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose), links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
      const std::vector<hsize_t> chunk = ChunkOf(column, dims);
      Check(H5Pset_create_intermediate_group(links, 1) >= 0);  // obs/ of obs/position
      Check(H5Pset_obj_track_times(creation, false) >= 0);     // equal replays, equal files
      Check(H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data()) >= 0);
      Check(H5Pset_shuffle(creation) >= 0 && H5Pset_deflate(creation, kDeflate) >= 0 && H5Pset_fletcher32(creation) >= 0);
      const hid_t type = TypeInFile(column.spec.dtype);
      const Handle& dataset =
          datasets_.emplace_back(H5Dcreate2(file_, column.name.c_str(), type, space, links, creation, H5P_DEFAULT), H5Dclose);
      Check(dataset.ok());
      if (!column.spec.low.empty()) Numbers(dataset, "low", column.spec.low);
      if (!column.spec.high.empty()) Numbers(dataset, "high", column.spec.high);
      if (column.name.starts_with("obs/")) Text(dataset, "role", column.spec.role == Role::kPrivileged ? "privileged" : "policy");
      if (column.name == "step_type")
        Text(dataset, "codes", "0 first of an episode, 1 mid, 2 last: a dead row, its action is ignored");
      if (column.name == "end") Text(dataset, "codes", "bit 0 (1) terminated, bit 1 (2) truncated");
      if (column.rows != ReplayColumn::kStates || sequence_length_written_) continue;
      const Handle group(H5Gopen2(file_, "state", H5P_DEFAULT), H5Gclose);
      Integer(group, "sequence_length", sequence_length);
      sequence_length_written_ = true;
    }
  }

  // The slot's T rows after those written so far; `last`: and its frame T.
  void Append(const RolloutView& slot, const ReplayDeps& columns, bool last) {
    const std::vector<ReplayColumn> parts = ColumnsOf(slot, columns);
    for (std::size_t k = 0; k < parts.size(); ++k) {
      const ReplayColumn& column = parts[k];
      const bool frames = column.rows == ReplayColumn::kFrames;
      const std::int64_t first = frames ? rows_ : column.count(rows_, columns.sequence_length);
      const std::int64_t rows = frames ? slot.T + last : column.count(slot.T, columns.sequence_length);
      if (rows == 0) continue;
      if (FailPoint("replay.write") != Fault::kNone) Fail("No space left on device");
      const std::string why = ForRows(datasets_[k], column, first, rows, slot.n, [&](hid_t type, hid_t memory, hid_t file) {
        return H5Dwrite(datasets_[k], type, memory, file, H5P_DEFAULT, column.data);
      });
      if (!why.empty()) Fail(why);
    }
    rows_ += slot.T;
  }

 private:
  static constexpr unsigned kDeflate = 1;               // see docs/replay.md for what more would cost
  static constexpr std::int64_t kChunkBytes = 1 << 18;  // a quarter of what HDF5 caches of a dataset

  Handle Create(const std::string& path) const {
    Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    Check(file.ok());
    return file;
  }
  [[noreturn]] void Fail(const std::string& why) const { throw SystemError(place_ + ": cannot be written: " + why); }
  void Check(bool done) const {
    if (!done) Fail(Why());
  }

  // Whole rows while a chunk holds one, else some environments of one.
  static std::vector<hsize_t> ChunkOf(const ReplayColumn& column, std::vector<hsize_t> dims) {
    const auto cells = static_cast<hsize_t>(
        std::max<std::int64_t>(1, kChunkBytes / std::max<std::int64_t>(1, static_cast<std::int64_t>(column.spec.row_bytes()))));
    dims[0] = std::clamp<hsize_t>(cells / dims[1], 1, dims[0]);
    dims[1] = std::min(dims[1], cells);
    return dims;
  }

  void Attribute(hid_t object, const char* name, hid_t type, std::optional<std::size_t> count, const void* values) const {
    const hsize_t dim = count.value_or(1);
    const Handle space(count ? H5Screate_simple(1, &dim, nullptr) : H5Screate(H5S_SCALAR), H5Sclose);
    const Handle attribute(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    Check(attribute.ok() && H5Awrite(attribute, type, values) >= 0);
  }
  void Integer(hid_t object, const char* name, std::int64_t value) const { Attribute(object, name, H5T_STD_I64LE, {}, &value); }
  void Numbers(hid_t object, const char* name, std::span<const double> values) const {
    Attribute(object, name, H5T_IEEE_F64LE, values.size(), values.data());
  }
  void Text(hid_t object, const char* name, const std::string& text) const {
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    Check(H5Tset_size(type, H5T_VARIABLE) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0);
    const char* const data = text.c_str();
    Attribute(object, name, type, {}, &data);
  }

  std::string place_;  // of the file in errors: its final name
  Handle file_;
  std::vector<Handle> datasets_;  // in the order of ColumnsOf
  std::int64_t rows_ = 0;
  bool sequence_length_written_ = false;
};

// ---- Reading. ----

class Reader {
 public:
  Reader(const std::string& path, const ReplayDeps& columns) : path_(path), columns_(columns), file_(Open(path)) {
    if (Integer(file_, kMark) == std::nullopt)
      Refuse("is no replay (it has no attribute rove_replay); docs/replay.md shows how to make one of other data");
    if (const std::int64_t format = *Integer(file_, kMark); format != kFormat)
      Refuse(fmt::format("has format {}, this program reads {}; export it with this version of rove", format, kFormat));
    RolloutSlot none = MakeSlot(columns, 0);
    for (const ReplayColumn& column : ColumnsOf(none.view(), columns)) OpenDataset(column);
  }

  std::int64_t rows() const { return rows_; }

  // Rows [first, first + slot.T) of every column, and the frames after them.
  void Read(std::int64_t first, const RolloutView& slot) {
    const std::vector<ReplayColumn> parts = ColumnsOf(slot, columns_);
    for (std::size_t k = 0; k < parts.size(); ++k) {
      const ReplayColumn& column = parts[k];
      const std::int64_t from = column.rows == ReplayColumn::kFrames ? first : column.count(first, columns_.sequence_length);
      const std::int64_t rows = column.count(slot.T, columns_.sequence_length);
      const std::string why = ForRows(datasets_[k], column, from, rows, slot.n, [&](hid_t type, hid_t memory, hid_t file) {
        return H5Dread(datasets_[k], type, memory, file, H5P_DEFAULT, column.data);
      });
      if (!why.empty()) throw SystemError(fmt::format("{}: {}: is damaged ({}); export it again", path_, column.name, why));
    }
    const std::string wrong = WrongRows(slot, columns_, first);
    if (!wrong.empty()) Refuse(wrong);
  }

 private:
  [[noreturn]] void Refuse(const std::string& what) const { throw UserError(path_ + ": " + what); }

  Handle Open(const std::string& path) const {
    if (H5Fis_hdf5(path.c_str()) == 0) Refuse("is no HDF5 file; `rove export-replay` writes one");
    Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    if (!file.ok()) throw SystemError(fmt::format("{}: cannot be read ({}); if it is damaged, export it again", path, Why()));
    return file;
  }

  // A whole number, if the object has it.
  static std::optional<std::int64_t> Integer(hid_t object, const char* name) {
    if (H5Aexists(object, name) <= 0) return {};
    const Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
    const Handle type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
    std::int64_t value = 0;
    const bool read = H5Tget_class(type) == H5T_INTEGER && H5Sget_simple_extent_npoints(space) == 1 &&
                      H5Aread(attribute, H5T_NATIVE_INT64, &value) >= 0;
    return read ? std::optional(value) : std::nullopt;
  }

  // Names of what lies beside a column in the file.
  std::string Beside(const std::string& name) const {
    const std::string group = name.find('/') == name.npos ? "" : name.substr(0, name.find('/') + 1);
    std::vector<std::string> found;
    const auto keep = [](hid_t, const char* link, const H5L_info_t*, void* out) -> herr_t {
      static_cast<std::vector<std::string>*>(out)->push_back(OneLine(link));
      return 0;
    };
    hsize_t at = 0;
    H5Literate_by_name(file_, group.empty() ? "/" : group.c_str(), H5_INDEX_NAME, H5_ITER_INC, &at, keep, &found, H5P_DEFAULT);
    for (std::string& link : found) link.insert(0, group);
    return found.empty() ? "nothing" : fmt::format("{}", fmt::join(found, ", "));
  }

  void OpenDataset(const ReplayColumn& column) {
    const Handle& dataset = datasets_.emplace_back(H5Dopen2(file_, column.name.c_str(), H5P_DEFAULT), H5Dclose);
    const std::string name = column.name + ": ";
    if (!dataset.ok()) Refuse(name + "is missing or no dataset; the file has " + Beside(column.name));
    const Handle type(H5Dget_type(dataset), H5Tclose), space(H5Dget_space(dataset), H5Sclose);
    if (TypeName(type) != Name(column.spec.dtype))
      Refuse(fmt::format("{}holds {}, this run needs {}; convert it", name, TypeName(type), Name(column.spec.dtype)));
    std::vector<hsize_t> dims(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
    if (!dims.empty()) H5Sget_simple_extent_dims(space, dims.data(), nullptr);
    if (datasets_.size() == 1) TakeSize(name, dims);
    const std::vector<hsize_t> expected = Dims(column, column.count(rows_, columns_.sequence_length), columns_.num_envs);
    if (dims != expected)
      Refuse(
          fmt::format("{}has shape {}, expected {} (rows, environments, ...); convert it, or set env to what it was collected in",
                      name, Show(dims), Show(expected)));
    if (column.rows != ReplayColumn::kStates) return;
    const Handle group(H5Gopen2(file_, "state", H5P_DEFAULT), H5Gclose);
    if (const auto length = Integer(group, "sequence_length"); length != columns_.sequence_length)
      Refuse(fmt::format(
          "state: has a state every {} rows (its attribute sequence_length), this run has one every {}; set the agent's "
          "sequence length to that",
          length ? std::to_string(*length) : "unknown", columns_.sequence_length));
  }

  // The first column, reward, says how many rows and environments there are.
  void TakeSize(const std::string& name, std::span<const hsize_t> dims) {
    if (dims.size() != 2) Refuse(fmt::format("{}has shape {}, expected [rows, environments]; convert it", name, Show(dims)));
    if (dims[0] == 0 || dims[0] > std::uint64_t{1} << 40) Refuse(fmt::format("{}has {} rows; export it again", name, dims[0]));
    if (dims[1] != static_cast<hsize_t>(columns_.num_envs))
      Refuse(fmt::format("{}has {} environments, this run {}; set env.count={}", name, dims[1], columns_.num_envs, dims[1]));
    rows_ = static_cast<std::int64_t>(dims[0]);
    if (const int period = Period(columns_); period > 1 && rows_ % period != 0)
      Refuse(fmt::format("{}has {} rows, no multiple of the sequence length {}; leave the last ones out", name, rows_, period));
  }

  std::string path_;
  ReplayDeps columns_;
  Handle file_;
  std::vector<Handle> datasets_;  // in the order of ColumnsOf
  std::int64_t rows_ = 0;
};

// Before any other call. HDF5 would print stacks (Why() says the reason), and would tidy up at exit: all is closed by then, but
// for a file that could not be written, and there it crashes (1.10.8).
void PrepareHdf5() {
  H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

}  // namespace

void WriteReplayFile(const std::string& path, const ReplayFileNotes& notes, const ReplayDeps& columns, Replay& replay,
                     const std::function<std::span<std::byte>(const ReplayChunk&)>& load) {
  PrepareHdf5();
  const std::string final_path = OutputPath(path), temporary = final_path + ".tmp";
  try {
    Writer writer(temporary, path);
    writer.Attributes(notes);
    RolloutSlot none = MakeSlot(columns, 0);
    writer.Datasets(ColumnsOf(none.view(), columns), replay.rows(), columns.num_envs, columns.sequence_length);
    const auto append = [&](const ReplayChunk& chunk, bool last) {
      RolloutSlot slot = replay.Unpack(chunk);
      writer.Append(slot.view(), columns, last);
    };
    for (ReplayChunk chunk : replay.chunks()) {
      chunk.memory = load(chunk);
      append(chunk, false);
    }
    append(replay.newest(), true);
    writer.Finish();
    SyncFile(temporary);
    Rename(temporary, final_path);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  SyncFolder(std::filesystem::path(final_path).parent_path().string());
}

std::int64_t ReadReplayFile(const std::string& path, const ReplayDeps& columns, Replay* replay) {
  PrepareHdf5();
  Reader reader(path, columns);
  constexpr std::int64_t kBlockBytes = 4 << 20;
  const std::int64_t period = std::max(1, Period(columns)), kept = replay->capacity() / columns.num_envs;
  const auto round_down = [&](std::int64_t rows) { return rows / period * period; };
  const std::int64_t first = reader.rows() - round_down(std::min(reader.rows(), kept));
  std::size_t row_bytes = 1;
  for (const TensorSpec& spec : columns.obs) row_bytes += spec.row_bytes();
  const std::int64_t fit = kBlockBytes / static_cast<std::int64_t>(row_bytes) / columns.num_envs;
  const std::int64_t block = std::min(std::max(period, round_down(fit)), round_down(kept));
  for (std::int64_t at = first; at < reader.rows(); at += block) {
    const auto T = static_cast<int>(std::min(block, reader.rows() - at));
    RolloutSlot slot = MakeSlot(columns, T);
    const RolloutView view = slot.view();
    reader.Read(at, view);
    replay->Insert(view);
  }
  return reader.rows() - first;
}

std::string Hdf5Version() {
  PrepareHdf5();
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

}  // namespace rove
