#include "envs/tabular/tabular_env.h"

#include <vector>

#include "core/archive.h"
#include "envs/snapshots.h"

namespace rove::tabular {
namespace {

class TabularEnv final : public VectorEnv, public RowSnapshots, public FiniteModel {
 public:
  TabularEnv(const std::string& name, Model model, int n)
      : name_(name),
        mdp_(std::move(model.mdp)),
        players_(static_cast<std::size_t>(n), MdpPlayer(mdp_)),
        ended_(static_cast<std::size_t>(n)) {
    const auto count = [](const char* column, DType dtype, double most, Role role) {
      return TensorSpec{.name = column, .dtype = dtype, .shape = {}, .low = {0}, .high = {most}, .role = role};
    };
    spec_.obs = {count("state", DType::kI32, mdp_.states() - 1, Role::kPolicy),
                 count("step", DType::kI32, mdp_.horizon(), Role::kPolicy),
                 count("state_key", DType::kI64, mdp_.states() - 1, Role::kPrivileged)};
    spec_.action = count("action", DType::kI32, mdp_.actions() - 1, Role::kPolicy);
    spec_.max_steps = mdp_.horizon();
    spec_.success_return = model.success_return;
  }

  const EnvSpec& spec() const override { return spec_; }
  int size() const override { return static_cast<int>(players_.size()); }
  const Mdp& mdp() const override { return mdp_; }

  void Reset(std::span<const int> rows, std::span<const std::optional<Seed>> seeds, const StepColumns& out) override {
    ROVE_CHECK_EQ(rows.size(), seeds.size());
    for (std::size_t k = 0; k < rows.size(); ++k) Start(static_cast<std::size_t>(rows[k]), seeds[k], out);
  }

  void Step(ConstTensorView action, int begin, int end, const StepColumns& out) override {
    const auto actions = action.As<std::int32_t>();
    for (auto row = static_cast<std::size_t>(begin); row < static_cast<std::size_t>(end); ++row) {
      if (ended_[row]) {
        Start(row, std::nullopt, out);
        continue;
      }
      if (actions[row] < 0 || actions[row] >= mdp_.actions())
        throw SystemError(name_ + ": row " + std::to_string(row) + ": no action " + std::to_string(actions[row]));
      const MdpPlayer::Result result = players_[row].Step(actions[row]);
      Write(row, result.reward, result.end, result.end != 0 ? StepType::kLast : StepType::kMid, out);
    }
  }

  void Serialize(Archive& ar) override {
    ar("ended", ended_);
    if (ended_.size() != players_.size())
      throw SystemError(name_ + ": the archive holds " + std::to_string(ended_.size()) + " rows, this batch has " +
                        std::to_string(players_.size()));
    for (MdpPlayer& player : players_) player.Serialize(ar);
  }
  void SerializeRow(Archive& ar, int row) override {
    ar("ended", ended_[static_cast<std::size_t>(row)]);
    players_[static_cast<std::size_t>(row)].Serialize(ar);
  }

 private:
  void Start(std::size_t row, std::optional<Seed> seed, const StepColumns& out) {
    players_[row].Reset(seed);
    Write(row, 0, 0, StepType::kFirst, out);
  }

  void Write(std::size_t row, double reward, std::uint8_t end, StepType step_type, const StepColumns& out) {
    out.obs[0].As<std::int32_t>()[row] = players_[row].state();
    out.obs[1].As<std::int32_t>()[row] = players_[row].step();
    out.obs[2].As<std::int64_t>()[row] = players_[row].state();
    out.reward[row] = reward;
    out.discount[row] = (end & kTerminated) != 0 ? 0.0f : 1.0f;
    out.end[row] = end;
    out.step_type[row] = step_type;
    ended_[row] = end != 0;
  }

  std::string name_;
  Mdp mdp_;
  EnvSpec spec_;
  std::vector<MdpPlayer> players_;   // one a row
  std::vector<std::uint8_t> ended_;  // [n]; bytes, so that rows may be stepped concurrently
};

}  // namespace

Registrar::Registrar(const std::string& name, const std::string& doc, std::function<Model(const Config&)> make) {
  Envs().Add(name, doc, [name, make](const Config& config, const EnvDeps& deps) {
    return std::make_unique<TabularEnv>(name, make(config), deps.num_envs);
  });
}

}  // namespace rove::tabular
