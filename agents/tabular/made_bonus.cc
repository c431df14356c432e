// made.tabular: MADE (Zhang et al. 2021, section 4) with exact counts: b = c / sqrt(max(N, 1) max(B, 1)), N over all visits (the
// policy cover), B over the FIFO of the last `buffer` visits (the recent occupancy). tau_k / 2 sqrt(T |buffer|) is c.
#include <cmath>

#include "agents/tabular/bonus.h"
#include "core/archive.h"

namespace rove::tabular {
namespace {

class Made final : public Bonus {
 public:
  Made(const Config& config, const BonusDeps& deps)
      : counts_(deps), recent_(static_cast<std::size_t>(deps.states * deps.actions)) {
    std::int64_t buffer = 500;
    config.Get("c", &c_, AtLeast(0));
    config.Get("buffer", &buffer, InRange(1, 1 << 30));
    config.GetEnum("factors", &factors_, {"cover", "recency", "product"});
    fifo_.assign(static_cast<std::size_t>(buffer), kEmpty);
  }

  void Visit(int s, int a) override {
    const std::size_t pair = counts_.Pair(s, a);
    counts_.Add(s, a);
    if (fifo_[oldest_] != kEmpty) --recent_[fifo_[oldest_]];
    fifo_[oldest_] = static_cast<std::uint32_t>(pair);
    ++recent_[pair];
    oldest_ = (oldest_ + 1) % fifo_.size();
  }

  double At(int s, int a, double) const override {
    const std::uint32_t recent = recent_[counts_.Pair(s, a)];
    const double cover = factors_ == Factors::kRecency ? 1 : counts_.AtLeastOne(s, a);
    const double recency = factors_ == Factors::kCover || recent == 0 ? 1 : recent;
    return c_ / std::sqrt(cover * recency);
  }

  void Serialize(Archive& ar) override {
    ar("counts", counts_);
    ar("recent", recent_);
    ar("fifo", fifo_);
    ar("oldest", oldest_);
  }

 private:
  static constexpr std::uint32_t kEmpty = 0xffffffff;
  enum class Factors { kCover, kRecency, kProduct } factors_ = Factors::kProduct;
  double c_ = 1;
  VisitCounts counts_;
  std::vector<std::uint32_t> recent_, fifo_;  // B, [S, A]; the last `buffer` pairs, a ring
  std::size_t oldest_ = 0;
};

const BonusRegistrar kMade("made.tabular", "MADE: c / sqrt(visits * recent visits)",
                           [](const Config& config, const BonusDeps& deps) { return std::make_unique<Made>(config, deps); });

}  // namespace
}  // namespace rove::tabular
