// Bonuses of visit counts alone.
//   none       0
//   count      c / sqrt(N)
//   hoeffding  c sqrt(iota / N), iota = log(S A T)
//   bernstein  c (sqrt(Var iota / N) + lower_order V_max iota / N), Var of the learner's next value
// Sources: Strehl & Littman 2008; Azar et al. 2017 and Jin et al. 2018, whose powers of H are in c.
#include <cmath>

#include "agents/tabular/bonus.h"
#include "core/archive.h"

namespace rove::tabular {
namespace {

struct None final : Bonus {
  void Visit(int, int) override {}
  double At(int, int, double) const override { return 0; }
  void Serialize(Archive&) override {}
};

class Counting : public Bonus {
 public:
  Counting(const Config& config, const BonusDeps& deps) : counts_(deps) { config.Get("c", &c_, AtLeast(0)); }
  void Visit(int s, int a) override { counts_.Add(s, a); }
  void Serialize(Archive& ar) override { ar("counts", counts_); }

 protected:
  double c_ = 1;
  VisitCounts counts_;
};

struct Count final : Counting {
  using Counting::Counting;
  double At(int s, int a, double) const override { return c_ / std::sqrt(counts_.AtLeastOne(s, a)); }
};

struct Hoeffding final : Counting {
  using Counting::Counting;
  double At(int s, int a, double) const override { return c_ * std::sqrt(counts_.log_confidence() / counts_.AtLeastOne(s, a)); }
};

class Bernstein final : public Counting {
 public:
  Bernstein(const Config& config, const BonusDeps& deps) : Counting(config, deps), value_max_(deps.value_max) {
    config.Get("lower_order", &lower_order_, AtLeast(0));
  }
  bool uses_variance() const override { return true; }
  double At(int s, int a, double next_variance) const override {
    const double rate = counts_.log_confidence() / counts_.AtLeastOne(s, a);
    return c_ * (std::sqrt(next_variance * rate) + lower_order_ * value_max_ * rate);
  }

 private:
  double value_max_, lower_order_ = 0.1;
};

template <class B>
std::unique_ptr<Bonus> Make(const Config& config, const BonusDeps& deps) {
  return std::make_unique<B>(config, deps);
}

const BonusRegistrar kNone("none", "no bonus", [](const Config&, const BonusDeps&) { return std::make_unique<None>(); });
const BonusRegistrar kCount("count", "c / sqrt(visits)", Make<Count>);
const BonusRegistrar kHoeffding("hoeffding", "c sqrt(log(S A T) / visits)", Make<Hoeffding>);
const BonusRegistrar kBernstein("bernstein", "variance of the next value, plus a term in 1 / visits", Make<Bernstein>);

}  // namespace
}  // namespace rove::tabular
