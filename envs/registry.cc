#include "envs/registry.h"

#include <vector>

#include "core/archive.h"
#include "envs/snapshots.h"

namespace rove {
namespace {

class ScalarVectorEnv final : public VectorEnv, public RowSnapshots {
 public:
  explicit ScalarVectorEnv(std::vector<std::unique_ptr<Env>> envs) : envs_(std::move(envs)), last_(envs_.size()) {}
  const EnvSpec& spec() const override { return envs_[0]->spec(); }
  int size() const override { return static_cast<int>(envs_.size()); }

  void Reset(std::span<const int> rows, std::span<const std::optional<Seed>> seeds, const StepColumns& out) override {
    ROVE_CHECK_EQ(rows.size(), seeds.size());
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const auto row = static_cast<std::size_t>(rows[k]);
      envs_[row]->Reset(seeds[k], out, rows[k]);
      last_[row] = 0;
    }
  }

  void Step(ConstTensorView action, int begin, int end, const StepColumns& out) override {
    for (int i = begin; i < end; ++i) {
      const auto row = static_cast<std::size_t>(i);
      if (last_[row]) {
        envs_[row]->Reset(std::nullopt, out, i);
      } else {
        ConstTensorView one = action.Rows(i, 1);
        one.shape = spec().action.shape;
        envs_[row]->Step(one, out, i);
      }
      last_[row] = out.step_type[row] == StepType::kLast;
    }
  }

  void Serialize(Archive& ar) override {
    ar("last", last_);
    for (const auto& env : envs_) env->Serialize(ar);
  }

  void SerializeRow(Archive& ar, int row) override {
    ar("last", last_[static_cast<std::size_t>(row)]);
    envs_[static_cast<std::size_t>(row)]->Serialize(ar);
  }

 private:
  std::vector<std::unique_ptr<Env>> envs_;
  std::vector<std::uint8_t> last_;  // the row's last step was kLast; bytes, so that rows may be stepped concurrently
};

}  // namespace

EnvRegistry& Envs() {
  static EnvRegistry registry("environment", "rove list envs");
  return registry;
}

std::unique_ptr<VectorEnv> MakeVectorEnv(int n, const std::function<std::unique_ptr<Env>()>& make) {
  ROVE_CHECK_GT(n, 0);
  std::vector<std::unique_ptr<Env>> envs;
  for (int i = 0; i < n; ++i) envs.push_back(make());
  return std::make_unique<ScalarVectorEnv>(std::move(envs));
}

}  // namespace rove
