#include "envs/dm_control/task.h"

#include <cmath>
#include <numbers>

#include "envs/dm_control/dm_control_env.h"

namespace rove::dm_control {

int Task::Id(mjtObj kind, const char* name) const {
  const int id = mj_name2id(&model(), kind, name);
  ROVE_CHECK_GE(id, 0);
  return id;
}

TaskRegistrar::TaskRegistrar(const std::string& id, const std::string& doc, std::function<std::unique_ptr<Task>()> make) {
  Envs().Add("dm_control/" + id, doc, [make = std::move(make)](const Config& config, const EnvDeps& deps) {
    std::unique_ptr<Task> task = make();
    const Options options = ReadOptions(config, task->info());
    return std::make_unique<DmControl>(std::move(task), options, deps.num_envs);
  });
}

void RandomizeJoints(Physics& physics, LegacyRandom& random) {
  const mjModel& m = physics.model();
  for (int joint = 0; joint < m.njnt; ++joint) {
    mjtNum& q = physics.data().qpos[m.jnt_qposadr[joint]];
    if (m.jnt_limited[joint]) {
      q = random.Uniform(m.jnt_range[2 * joint], m.jnt_range[2 * joint + 1]);
    } else if (m.jnt_type[joint] == mjJNT_HINGE) {
      q = random.Uniform(-std::numbers::pi, std::numbers::pi);
    }
  }
}

double Distance(const mjtNum* a, const mjtNum* b, int size) {
  double squares[3] = {};
  for (int i = 0; i < size; ++i) squares[i] = (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(squares[0] + squares[2] + squares[1]);
}

double SmallControl(const Physics& physics) {
  const int count = physics.model().nu;
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += Tolerance(physics.data().ctrl[i], {0, 0}, 1, Sigmoid::kQuadratic, 0);
  return sum / count;
}

}  // namespace rove::dm_control
