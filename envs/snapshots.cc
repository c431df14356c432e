#include "envs/snapshots.h"

#include "core/archive.h"

namespace rove {
namespace {

RowSnapshots& Snapshots(VectorEnv& env) {
  auto* const snapshots = dynamic_cast<RowSnapshots*>(&env);
  if (snapshots == nullptr) throw UserError("this environment takes no snapshots of single rows");
  return *snapshots;
}

void SerializeColumns(Archive& ar, const StepColumns& columns, int row) {
  const auto r = static_cast<std::size_t>(row);
  for (const TensorView& column : columns.obs) ar.Block("obs", column.Rows(row, 1).data, column.row_bytes());
  ar("reward", columns.reward[r]);
  ar("discount", columns.discount[r]);
  ar("end", columns.end[r]);
  ar("step_type", columns.step_type[r]);
}

}  // namespace

RowSnapshot SaveRow(VectorEnv& env, const StepColumns& columns, int row) {
  Archive state, shown;
  Snapshots(env).SerializeRow(state, row);
  SerializeColumns(shown, columns, row);
  return {state.bytes(), shown.bytes()};
}

void RestoreRow(VectorEnv& env, const RowSnapshot& snapshot, const StepColumns& columns, int row) {
  Archive state(snapshot.state, "snapshot"), shown(snapshot.columns, "snapshot");
  Snapshots(env).SerializeRow(state, row);
  state.ExpectEnd();
  SerializeColumns(shown, columns, row);
  shown.ExpectEnd();
}

}  // namespace rove
