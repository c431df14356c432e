// The one file that includes MuJoCo's header, and with its .cc the one place that knows versions apart: 2.2.2 (Debian 12) up to
// 3.17.0 (PyPI). Models are loaded from text; buffers sized; warnings counted instead of printed.
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <memory>
#include <string>

namespace rove::dm_control {

struct DeleteMujoco {
  void operator()(mjModel* model) const { mj_deleteModel(model); }
  void operator()(mjData* data) const { mj_deleteData(data); }
};
using ModelPtr = std::unique_ptr<mjModel, DeleteMujoco>;
using DataPtr = std::unique_ptr<mjData, DeleteMujoco>;

// Compiles MJCF text. Throws Error(kSystem) with MuJoCo's message, or if the library is another version than the header.
ModelPtr LoadModel(const std::string& mjcf);
ModelPtr CopyModel(const mjModel& model);
DataPtr MakeData(const mjModel& model);

// The MJCF element that bounds one simulation's memory. Engines before 2.3 hold arrays of constraint_rows^2 numbers and clear
// them at each reset: 3 MB and 10 MB of stack at the default of 500 rows. Later ones have one arena, sized to hold as much. A
// full buffer is a PhysicsError, so models ask for at least twice what random play was seen to need (docs/dm_control.md).
std::string SizeElement(int contacts, int constraint_rows);

// How often each kind of warning was raised so far; an increase during a step is what dm_control calls a PhysicsError.
using WarningCounts = std::array<int, mjNWARNING>;
WarningCounts Warnings(const mjData& data);
std::string NewWarnings(const WarningCounts& before, const mjData& data);  // "mjWARN_BADQACC, mjWARN_BADCTRL"; "" if none

}  // namespace rove::dm_control
