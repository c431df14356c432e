// The Python module rove._core: one batch of environments over buffers that Python owns. What users see is python/rove/.
// Arrays come in through the buffer protocol, so that one build serves every numpy.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/parallel.h"
#include "envs/inspectable.h"
#include "envs/registry.h"
#include "envs/renderable.h"

namespace py = pybind11;

namespace rove {
namespace {

const char* NumpyName(DType dtype) {
  constexpr const char* kNames[] = {"uint8", "int32", "int64", "float32", "float64"};
  return kNames[static_cast<int>(dtype)];
}

// Whether a buffer's format character means `dtype`; two of them mean 64-bit integers.
bool HasDType(const py::buffer_info& info, DType dtype) {
  constexpr const char* kFormats[] = {"B", "i", "lq", "f", "d"};
  return info.format.size() == 1 &&
         std::string_view(kFormats[static_cast<int>(dtype)]).find(info.format[0]) != std::string::npos &&
         static_cast<std::size_t>(info.itemsize) == SizeOf(dtype);
}

bool IsContiguous(const py::buffer_info& info) {
  py::ssize_t stride = info.itemsize;
  for (py::ssize_t i = info.ndim; i-- > 0;) {
    const auto at = static_cast<std::size_t>(i);
    if (info.shape[at] > 1 && info.strides[at] != stride) return false;
    stride *= info.shape[at];
  }
  return true;
}

bool HasShape(const py::buffer_info& info, const Shape& shape) {
  return info.ndim == shape.rank && std::equal(info.shape.begin(), info.shape.end(), shape.dim.begin());
}

// Borrows the memory of an array of this type and shape. Throws Error(kUser) that names it.
py::buffer_info Borrow(const py::buffer& array, const std::string& name, DType dtype, const Shape& shape, bool writable) {
  py::buffer_info info = array.request(false);
  if (!HasDType(info, dtype) || !HasShape(info, shape) || !IsContiguous(info) || (writable && info.readonly)) {
    throw UserError(name + ": expected a " + (writable ? "writable, " : "") + "contiguous array of type " + NumpyName(dtype) +
                    " and shape " + ToString(shape));
  }
  return info;
}

py::int_ Wide(unsigned long long high, unsigned long long low) {
  return py::int_((py::int_(high) << py::int_(64)) | py::int_(low));
}

__extension__ using U128 = unsigned __int128;

// As numpy gives and takes it: np.random.PCG64().state.
py::dict RngState(const Pcg64::State& s) {
  const auto wide = [](U128 v) { return Wide(static_cast<std::uint64_t>(v >> 64), static_cast<std::uint64_t>(v)); };
  py::dict inner, out;
  inner["state"] = wide(s.state);
  inner["inc"] = wide(s.inc);
  out["bit_generator"] = "PCG64";
  out["state"] = inner;
  out["has_uint32"] = s.has_half;
  out["uinteger"] = s.half;
  return out;
}

// One call at a time: Python threads that share a batch get an error instead of a race, for the GIL is released inside.
class Batch {
 public:
  // `config`: YAML with the environment's `type` and keys; `origin` stands for the file name in errors.
  Batch(const std::string& config, const std::string& origin, int n, int threads)
      : env_(Envs().Create(Config::Parse(config, origin), {.num_envs = n})),
        n_(static_cast<std::size_t>(n)),
        threads_(threads),
        scratch_reward_(n_),
        discount_(n_, 1.0f),
        scratch_end_(n_),
        end_(n_),
        step_type_(n_, StepType::kFirst) {}

  const EnvSpec& spec() const { return env_->spec(); }

  // The arrays that Reset and Step write: obs[k] [n, spec.obs[k].shape], reward f64 [n], terminated and truncated u8 [n].
  void Bind(const std::vector<py::buffer>& obs, const py::buffer& reward, const py::buffer& terminated,
            const py::buffer& truncated) {
    const Shape rows{static_cast<std::int64_t>(n_)};
    if (obs.size() != spec().obs.size()) throw UserError("expected " + std::to_string(spec().obs.size()) + " observation arrays");
    held_.clear();
    views_.clear();
    const auto add = [&](const py::buffer& array, const std::string& name, DType dtype, const Shape& shape) {
      held_.push_back(Borrow(array, name, dtype, shape, true));
      return held_.back().ptr;
    };
    for (std::size_t k = 0; k < obs.size(); ++k) {
      const TensorSpec& column = spec().obs[k];
      const Shape shape = column.shape.Prepend(rows.dim[0]);
      views_.push_back({add(obs[k], column.name, column.dtype, shape), column.dtype, shape});
    }
    reward_ = static_cast<double*>(add(reward, "reward", DType::kF64, rows));
    terminated_ = static_cast<std::uint8_t*>(add(terminated, "terminated", DType::kU8, rows));
    truncated_ = static_cast<std::uint8_t*>(add(truncated, "truncated", DType::kU8, rows));
  }

  // Starts an episode in each of `rows`; seeds[k] as VectorEnv::Reset has it. Writes observations only: reward and ends keep what
  // the last step wrote, as SAME_STEP autoreset wants.
  void Reset(const std::vector<int>& rows, const std::vector<std::optional<Seed>>& seeds) {
    const auto guard = Enter();
    if (rows.size() != seeds.size()) throw UserError("rows and seeds differ in length");
    for (const int row : rows) CheckRow(row);
    const py::gil_scoped_release release;
    // Parts of any size: rows of a list are disjoint.
    ParallelFor(threads_, [&](int part) {
      const auto [begin, end] = Part(part, rows.size());
      env_->Reset(std::span(rows).subspan(begin, end - begin), std::span(seeds).subspan(begin, end - begin),
                  {views_, scratch_reward_, discount_, scratch_end_, step_type_});
    });
  }

  // Steps all rows; a row whose last step ended its episode starts the next one. Returns {rows that ended, rows that began}.
  std::pair<int, int> Step(const py::buffer& action) {
    const auto guard = Enter();
    const TensorSpec& column = spec().action;
    const Shape shape = column.shape.Prepend(static_cast<std::int64_t>(n_));
    const py::buffer_info info = Borrow(action, "actions", column.dtype, shape, false);
    const ConstTensorView view(info.ptr, column.dtype, shape);
    CheckActions(view);
    const py::gil_scoped_release release;
    ParallelFor(threads_, [&](int part) {
      const auto [begin, end] = Part(part, n_);
      env_->Step(view, static_cast<int>(begin), static_cast<int>(end), {views_, {reward_, n_}, discount_, end_, step_type_});
    });
    std::pair<int, int> count;
    for (std::size_t i = 0; i < n_; ++i) {
      terminated_[i] = end_[i] & kTerminated;
      truncated_[i] = (end_[i] & kTruncated) / kTruncated;
      count.first += end_[i] != 0;
      count.second += step_type_[i] == StepType::kFirst;
    }
    return count;
  }

  // Puts the mission text of every row that is at an episode's start into a list of n.
  void FillMissions(py::list texts) const {
    const auto guard = Enter();
    const auto* grid = dynamic_cast<const GridInspectable*>(env_.get());
    for (std::size_t i = 0; grid != nullptr && i < n_; ++i) {
      if (step_type_[i] == StepType::kFirst) texts[i] = py::str(grid->Mission(static_cast<int>(i)));
    }
  }
  bool can_render() const { return dynamic_cast<const Renderable*>(env_.get()) != nullptr; }
  bool has_missions() const { return dynamic_cast<const GridInspectable*>(env_.get()) != nullptr; }

  // Height, width and the bytes of [height, width, 3].
  py::tuple Render(int row, bool agent_view, bool highlight, int scale) const {
    const auto guard = Enter();
    CheckRow(row);
    const auto* renderable = dynamic_cast<const Renderable*>(env_.get());
    if (renderable == nullptr) throw UserError("this environment cannot be drawn");
    if (scale < 1 || scale > RenderOptions::kMaxScale)
      throw UserError("tile_size: expected in [1, " + std::to_string(RenderOptions::kMaxScale) + "], got " +
                      std::to_string(scale));
    Picture picture;
    renderable->Render(row, {agent_view ? RenderOptions::kAgent : RenderOptions::kWorld, highlight, scale}, &picture);
    return py::make_tuple(picture.height, picture.width,
                          py::bytes(reinterpret_cast<const char*>(picture.rgb.data()), picture.rgb.size()));
  }

  py::dict Rng(int row) const {
    const auto guard = Enter();
    CheckRow(row);
    const auto* grid = dynamic_cast<const GridInspectable*>(env_.get());
    if (grid == nullptr) throw UserError("this environment shows no random state");
    return RngState(grid->Inspect(row).rng);
  }

  // The row's exact state in upstream's terms, or None where there is no such view of it.
  py::object Inspect(int row) const {
    const auto guard = Enter();
    CheckRow(row);
    py::dict out;
    if (const auto* grid = dynamic_cast<const GridInspectable*>(env_.get())) {
      const GridState s = grid->Inspect(row);
      out["width"] = s.width;
      out["height"] = s.height;
      out["grid"] = py::bytes(reinterpret_cast<const char*>(s.grid.data()), s.grid.size());
      out["box"] = s.box;
      out["agent"] = py::make_tuple(s.agent[0], s.agent[1], s.agent[2]);
      out["mission"] = s.mission;
      out["max_steps"] = s.max_steps;
      out["carrying"] = s.carrying;
      out["rng"] = RngState(s.rng);
    } else if (const auto* physics = dynamic_cast<const PhysicsInspectable*>(env_.get())) {
      const PhysicsState s = physics->InspectPhysics(row);
      out["qpos"] = s.qpos;
      out["qvel"] = s.qvel;
      out["substeps"] = s.substeps;
    } else {
      return py::none();
    }
    return out;
  }

 private:
  std::unique_lock<std::mutex> Enter() const {
    if (views_.empty()) throw UserError("bind arrays first");
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) throw UserError("another thread is inside this environment; give each thread its own");
    return lock;
  }
  void CheckRow(int row) const {
    if (row < 0 || static_cast<std::size_t>(row) >= n_)
      throw UserError("row " + std::to_string(row) + " is not in 0.." + std::to_string(n_ - 1));
  }
  // Before anything is stepped, so that an illegal action leaves every row as it was.
  void CheckActions(const ConstTensorView& action) const {
    const std::int64_t choices = spec().action.num_choices();
    if (choices == 0) {
      const std::size_t size = action.bytes() / SizeOf(action.dtype) / n_;
      for (std::size_t i = 0; i < n_ * size; ++i) {
        const double value = action.dtype == DType::kF32 ? static_cast<double>(action.As<float>()[i]) : action.As<double>()[i];
        if (step_type_[i / size] != StepType::kLast && !std::isfinite(value))
          throw UserError("environment " + std::to_string(i / size) + ": action[" + std::to_string(i % size) + "] is " +
                          std::to_string(value));
      }
      return;
    }
    const auto low = static_cast<std::int64_t>(spec().action.low_of(0));
    const std::span<const std::int32_t> actions = action.As<std::int32_t>();
    for (std::size_t i = 0; i < n_; ++i) {
      if (step_type_[i] == StepType::kLast || (actions[i] >= low && actions[i] < low + choices)) continue;
      throw UserError("environment " + std::to_string(i) + ": action " + std::to_string(actions[i]) + " is not in " +
                      std::to_string(low) + ".." + std::to_string(low + choices - 1));
    }
  }
  std::pair<std::size_t, std::size_t> Part(int part, std::size_t rows) const {
    const auto p = static_cast<std::size_t>(part), parts = static_cast<std::size_t>(threads_);
    return {rows * p / parts, rows * (p + 1) / parts};
  }

  std::unique_ptr<VectorEnv> env_;
  std::size_t n_;
  int threads_;
  mutable std::mutex mutex_;
  std::vector<py::buffer_info> held_;  // keeps the arrays alive and in place
  std::vector<TensorView> views_;
  double* reward_ = nullptr;
  std::uint8_t *terminated_ = nullptr, *truncated_ = nullptr;
  std::vector<double> scratch_reward_;
  std::vector<float> discount_;
  std::vector<std::uint8_t> scratch_end_, end_;
  std::vector<StepType> step_type_;
};

py::dict ColumnDict(const TensorSpec& spec) {
  py::dict out;
  py::list shape;
  for (int i = 0; i < spec.shape.rank; ++i) shape.append(spec.shape.dim[static_cast<std::size_t>(i)]);
  out["name"] = spec.name;
  out["dtype"] = NumpyName(spec.dtype);
  out["shape"] = py::tuple(shape);
  out["low"] = spec.low;
  out["high"] = spec.high;
  out["choices"] = spec.num_choices();
  out["privileged"] = spec.role == Role::kPrivileged;
  return out;
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  m.doc() = "Batches of rove's environments over NumPy buffers; use the package rove.";
  m.attr("__version__") = ROVE_VERSION;
  py::register_exception<Error>(m, "Error", PyExc_ValueError);
  m.def("envs", [] { return Envs().Names(); });
  m.def("doc", [](const std::string& id) { return Envs().Doc(id); });
  py::class_<Batch>(m, "Batch")
      .def(py::init<const std::string&, const std::string&, int, int>())
      .def("observations",
           [](const Batch& batch) {
             py::list out;
             for (const TensorSpec& column : batch.spec().obs) out.append(ColumnDict(column));
             return out;
           })
      .def("action", [](const Batch& batch) { return ColumnDict(batch.spec().action); })
      .def_property_readonly("max_steps", [](const Batch& batch) { return batch.spec().max_steps; })
      .def_property_readonly("has_missions", &Batch::has_missions)
      .def_property_readonly("can_render", &Batch::can_render)
      .def("bind", &Batch::Bind)
      .def("reset", &Batch::Reset)
      .def("step", &Batch::Step)
      .def("fill_missions", &Batch::FillMissions)
      .def("render", &Batch::Render)
      .def("inspect", &Batch::Inspect)
      .def("rng_state", &Batch::Rng);
}

}  // namespace rove
